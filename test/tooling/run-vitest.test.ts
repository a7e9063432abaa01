import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Outcome, runVitest } from '../support/run-vitest.ts';

const ROOT = resolve(import.meta.dirname, '../..');

const CONFIG = `
  import { CountReporter } from '${ROOT}/test/support/count-reporter.ts';
  export default {
    test: { reporters: ['default', new CountReporter()], globalSetup: './global.mjs' },
  };
`;

const LIMITS = { endingMs: 2_000, fileMs: 60_000 };

const PASSES = "import { it } from 'vitest'; it('a', () => {}); it.skip('b', () => {});";
const FAILS = "import { it } from 'vitest'; it('c', () => { throw new Error('d'); });";
const NEVER_ENDS = "import { it } from 'vitest'; it('e', () => { for (;;); });";
/** The process holds the output of its worker open. */
const LEAVES_A_PROCESS = `
  import { spawn } from 'node:child_process';
  import { writeFileSync } from 'node:fs';
  import { it } from 'vitest';
  it('f', () => writeFileSync(import.meta.dirname + '/pid', String(spawn('sleep', ['600'], { stdio: 'inherit' }).pid)));
`;
const NEVER_TORN_DOWN = 'export const teardown = () => new Promise(() => setInterval(() => undefined, 1_000));';

/** Makes a folder with test files and a configuration for them. */
const aFolder = async (files: Readonly<Record<string, string>>): Promise<string> => {
  await mkdir(join(ROOT, '.build'), { recursive: true });
  const folder = await mkdtemp(join(ROOT, '.build/vitest-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const all = { 'vitest.config.mts': CONFIG, 'global.mjs': 'export const setup = () => undefined;', ...files };
  for (const [file, text] of Object.entries(all)) await writeFile(join(folder, file), text);
  return folder;
};

const run = async (folder: string, limits: Partial<typeof LIMITS> = {}): Promise<Outcome & { printed: string }> => {
  let printed = '';
  const write = (text: string) => {
    printed += text;
  };
  return { ...(await runVitest(['--root', folder], { write, ...LIMITS, ...limits })), printed };
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('runVitest', { timeout: 120_000 }, () => {
  it('counts, files that could not be loaded among the failures', async () => {
    const folder = await aFolder({
      'a.test.mjs': PASSES,
      'b.test.mjs': FAILS,
      'c.test.mjs': "import './nothing.mjs';",
    });

    expect(await run(folder)).toMatchObject({ counts: { passed: 1, failed: 2, skipped: 1 }, exitCode: 1 });
  });

  it('ends what a test has left behind, which holds the output of its worker open, and names it', async () => {
    const folder = await aFolder({ 'a.test.mjs': LEAVES_A_PROCESS });

    const { printed, ...outcome } = await run(folder);

    expect(outcome).toEqual({ counts: { passed: 1, failed: 0, skipped: 0 }, exitCode: 0 });
    expect(printed).toMatch(/Ended what did not end by itself:\n.* sleep 600\n/s);
    const pid = Number(await readFile(join(folder, 'pid'), 'utf8'));
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 10_000, interval: 20 });
  });

  it('ends a teardown that does not end, and keeps the result', async () => {
    const folder = await aFolder({ 'a.test.mjs': FAILS, 'global.mjs': NEVER_TORN_DOWN });

    expect(await run(folder)).toMatchObject({ counts: { passed: 0, failed: 1, skipped: 0 }, exitCode: 1 });
  });

  it('ends what is left on a machine without ps too', async () => {
    vi.stubEnv('PATH', '/nowhere');
    onTestFinished(() => void vi.unstubAllEnvs());
    const folder = await aFolder({ 'a.test.mjs': PASSES, 'global.mjs': NEVER_TORN_DOWN });

    const { printed, ...outcome } = await run(folder);

    expect(outcome).toEqual({ counts: { passed: 1, failed: 0, skipped: 1 }, exitCode: 0 });
    expect(printed).toContain('The processes could not be listed: spawnSync ps ENOENT');
  });

  it('ends a test that does not end, and counts it as failed', async () => {
    const folder = await aFolder({ 'a.test.mjs': NEVER_ENDS });

    expect(await run(folder, { fileMs: 5_000 })).toMatchObject({
      counts: { passed: 0, failed: 1, skipped: 0 },
      exitCode: 1,
    });
  });
});

describe('CountReporter', { timeout: 120_000 }, () => {
  it('writes the counts on the last line, where vitest was started by itself', async () => {
    const folder = await aFolder({ 'a.test.mjs': PASSES, 'b.test.mjs': FAILS });
    const args = [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--configLoader', 'native', '--root', folder];

    const printed = await new Promise<string>((done) => execFile(process.execPath, args, (_, stdout) => done(stdout)));

    expect(printed.split('\n').slice(-2)).toEqual(['tests: 1 passed, 1 failed, 1 skipped', '']);
  });
});
