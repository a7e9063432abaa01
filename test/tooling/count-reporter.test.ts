import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

const CONFIG = `
  import { defineConfig } from 'vitest/config';
  import { CountReporter } from '${ROOT}/test/support/count-reporter.ts';
  export default defineConfig({ test: { reporters: ['default', new CountReporter()] } });
`;

/** Runs tests in a project of their own, and gives all that was printed. */
const run = async (files: Readonly<Record<string, string>>): Promise<string> => {
  await mkdir(join(ROOT, '.build'), { recursive: true });
  const folder = await mkdtemp(join(ROOT, '.build/count-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'vitest.config.mts'), CONFIG);
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
  return new Promise((done) => {
    const args = [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--configLoader', 'native', '--root', folder];
    execFile(process.execPath, args, (_, stdout) => done(stdout));
  });
};

describe('CountReporter', () => {
  it('counts on the last line, files that could not be loaded among the failures', async () => {
    const printed = await run({
      'a.test.mjs':
        "import { it } from 'vitest'; it('a', () => {}); it('b', () => {}); it.skip('c', () => {}); it('d', () => { throw new Error('e'); });",
      'b.test.mjs': "import './nothing.mjs';",
    });

    expect(printed.split('\n').slice(-2)).toEqual(['tests: 2 passed, 2 failed, 1 skipped', '']);
  }, 30_000);

  it('counts none where there is none', async () => {
    const printed = await run({});

    expect(printed.split('\n').slice(-2)).toEqual(['tests: 0 passed, 0 failed, 0 skipped', '']);
  }, 30_000);
});
