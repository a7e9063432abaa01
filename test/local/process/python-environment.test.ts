import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { preparePython } from '../../../local/process/python-environment.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakaway-python-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('preparePython', () => {
  let home: string;
  /** Made by the Python of this machine. */
  let made: Awaited<ReturnType<typeof prepareIn>>;
  /** A Python that copies an environment in place of making one, which takes seconds. */
  let quickPython: string;

  const prepareIn = async (place: string, requirements: string, more: Record<string, string> = {}) => {
    const file = join(place, 'requirements.txt');
    writeFileSync(file, requirements);
    const said: string[] = [];
    const venv = join(place, 'venv');
    const python = await preparePython({
      folder: venv,
      requirements: file,
      environment: { ...process.env, ...more },
      say: (line) => said.push(line),
    });
    return { python, said, venv };
  };

  const installations = ({ said }: { readonly said: readonly string[] }): number =>
    said.filter((line) => line.startsWith('Installing')).length;

  const prepare = (requirements: string, more: Record<string, string> = {}) =>
    prepareIn(folder, requirements, { BREAKAWAY_PYTHON: quickPython, ...more });

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'breakaway-python-'));
    made = await prepareIn(home, '# nothing\n');
    const template = join(home, 'template');
    cpSync(made.venv, template, { recursive: true, verbatimSymlinks: true });
    rmSync(join(template, 'installed.txt'));
    quickPython = join(home, 'python');
    writeFileSync(quickPython, `#!/bin/sh\n[ "$2" = venv ] && exec cp -a ${template} "$3"\nexec python3 "$@"\n`);
    chmodSync(quickPython, 0o755);
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it('makes the environment', () => {
    expect(existsSync(made.python)).toBe(true);
    expect(made.said[0]).toMatch(/^Installing the emulators for Python 3\.\d+\.\d+ /);
  });

  it('makes the environment once, and anew when the requirements have changed', async () => {
    const first = await prepare('# nothing, in other words\n');
    const second = await prepare('# nothing, in other words\n');
    const third = await prepare('# nothing at all\n');

    expect([first, second, third].map(installations)).toEqual([1, 0, 1]);
  });

  it('begins an interrupted installation anew', async () => {
    mkdirSync(join(folder, 'venv', 'bin'), { recursive: true });
    writeFileSync(join(folder, 'venv', 'bin', 'python'), 'half a file');

    const prepared = await prepare('# nothing\n');

    expect(existsSync(prepared.python)).toBe(true);
    expect(installations(prepared)).toBe(1);
  });

  it('says what to do about a failed download, and names the log', async () => {
    const unreachable = {
      PIP_INDEX_URL: 'http://127.0.0.1:1/simple',
      PIP_FIND_LINKS: '',
      PIP_RETRIES: '0',
      PIP_NO_CACHE_DIR: '1',
    };
    const hash = '0'.repeat(64);

    const requirements = [
      `six==1.17.0 --hash=sha256:${hash}`,
      `pywin32==311 ; sys_platform == 'win32' --hash=sha256:${hash}`,
      '',
    ];

    const { message }: Error = await prepare(requirements.join('\n'), unreachable).then(
      () => expect.unreachable('it was installed'),
      (error) => error,
    );
    expect(message).toMatch(
      /^The emulators could not be installed \(exit code 1\)\. Check that the package index can be reached .*start again: .* anew\.\nThe log, \S*venv\.log, ends with:\n/,
    );
    const venv = join(folder, 'venv');
    expect(message).not.toContain('Ignoring');
    expect(readFileSync(`${venv}.log`, 'utf8')).toMatch(/^Ignoring pywin32: markers .*six/ms);
    expect(existsSync(join(venv, 'installed.txt'))).toBe(false);
  });

  it('refuses a package with another hash than the pinned one', async () => {
    const packages = join(folder, 'packages');
    mkdirSync(packages);
    writeFileSync(join(packages, 'six-1.17.0-py2.py3-none-any.whl'), 'another package');

    const preparing = prepare(`six==1.17.0 --hash=sha256:${'0'.repeat(64)}\n`, {
      PIP_NO_INDEX: '1',
      PIP_FIND_LINKS: packages,
    });

    await expect(preparing).rejects.toThrow(/HASH|hash/);
  });
});
