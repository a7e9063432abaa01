import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type PackagedService, packageAnew, packageService } from '../../bundle/packaging.ts';
import { packagedService } from './packaged.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'breakaway-packaging-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const foldersOf = ({ functions }: PackagedService): string[] => functions.map((packaged) => packaged.folder);

const zipsOf = async ({ functions }: PackagedService): Promise<Map<string, string>> =>
  new Map(
    await Promise.all(functions.map(async ({ folder: name, zip }) => [name, await readFile(zip, 'base64')] as const)),
  );

/** Packages what cannot be packaged, and gives what it says. */
const failureOf = (packaging: Partial<Parameters<typeof packageService>[0]>): Promise<string> =>
  packageService({ stage: 'local', directory: join(folder, 'wrong'), ...packaging }).then(
    () => expect.unreachable('it was packaged'),
    String,
  );

describe('packageAnew', () => {
  it('makes the same packages to the last bit, and leaves no temporary files', async () => {
    vi.stubEnv('TMPDIR', folder);

    const again = await packageAnew({ stage: 'local', directory: join(folder, 'packaged') });

    expect(await zipsOf(again)).toEqual(await zipsOf(await packagedService()));
    expect(await readdir(folder)).toEqual(['packaged']);
  });

  it('ends when it takes too long', async () => {
    const packaging = packageAnew({ stage: 'local', directory: join(folder, 'late'), timeLimitMs: 300 });

    await expect(packaging).rejects.toThrow('did not end in time');
  });
});

describe('packageService', () => {
  it('names once what is wrong with the configuration, and not where in the code it was found', async () => {
    const configurationFile = join(folder, 'wrong.config.ts');
    await writeFile(configurationFile, "export default { timeZone: 'Nowhere', feeds: [], strange: 1 };");

    const failure = await failureOf({ configurationFile });

    expect(failure).toMatch(/serverless package .* ended with 1:/);
    expect(failure.split('"Nowhere" is no')).toHaveLength(2);
    expect(failure).toContain('unknown key strange');
    expect(failure).not.toMatch(/^ +at /m);
  });

  it('names once what is wrong with the stage', async () => {
    const failure = await failureOf({ stage: 'Prod', params: { account: '210987654321' } });

    expect(failure.split('Stage "Prod" has a problem:')).toHaveLength(2);
    expect(failure).not.toMatch(/^ +at /m);
  });

  it('waits for another packaging, but not for a dead one whose number another process got', async () => {
    // The owner of this lock has died, and this process has got its number.
    await mkdir('.build', { recursive: true });
    await writeFile('.build/packaging.lock', JSON.stringify({ pid: process.pid, startedAt: '1' }));

    const packages = await Promise.all(
      ['one', 'two'].map((name) => packageService({ stage: 'local', directory: join(folder, name) })),
    );

    const folders = foldersOf(await packagedService());
    expect(packages.map(foldersOf)).toEqual([folders, folders]);
  });
});
