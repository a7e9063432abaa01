import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { packageService } from '../../bundle/packaging.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakaway-temporary-'));
  vi.stubEnv('TMPDIR', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

describe('packageService', () => {
  it('leaves no temporary files', async () => {
    await packageService({ stage: 'local', directory: join(folder, 'packaged') });

    expect(readdirSync(folder)).toEqual(['packaged']);
  });
});
