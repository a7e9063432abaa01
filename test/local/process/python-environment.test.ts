import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { preparePython } from '../../../local/process/python-environment.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakaway-python-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('preparePython', () => {
  const prepare = (requirements: string, more: Record<string, string> = {}) => {
    const file = join(folder, 'requirements.txt');
    writeFileSync(file, requirements);
    const said: string[] = [];
    const venv = join(folder, 'venv');
    const python = preparePython({
      folder: venv,
      requirements: file,
      environment: { ...process.env, ...more },
      say: (line) => said.push(line),
    });
    return { python, said, venv };
  };

  it('makes the environment once, and anew when the requirements have changed', async () => {
    const first = prepare('# nothing\n');
    const python = await first.python;
    const second = prepare('# nothing\n');
    await second.python;
    const third = prepare('# nothing, in other words\n');
    await third.python;

    expect(existsSync(python)).toBe(true);
    expect(first.said[0]).toMatch(/^Installing the emulators for Python 3\.\d+\.\d+ /);
    expect(second.said).toEqual([]);
    expect(third.said).toHaveLength(2);
  });

  it('does an interrupted installation anew', async () => {
    mkdirSync(join(folder, 'venv', 'bin'), { recursive: true });
    writeFileSync(join(folder, 'venv', 'bin', 'python'), 'half a file');

    const { python, said } = prepare('# nothing\n');

    expect(existsSync(await python)).toBe(true);
    expect(said).toHaveLength(2);
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

    const { python, venv } = prepare(requirements.join('\n'), unreachable);

    const { message }: Error = await python.then(
      () => expect.unreachable('it was installed'),
      (error) => error,
    );
    expect(message).toMatch(
      /^The emulators could not be installed \(exit code 1\)\. Check that the package index can be reached .*start again: .* anew\.\nThe log, \S*venv\.log, ends with:\n/,
    );
    expect(message).not.toContain('Ignoring');
    expect(readFileSync(`${venv}.log`, 'utf8')).toMatch(/^Ignoring pywin32: markers .*six/ms);
    expect(existsSync(join(venv, 'installed.txt'))).toBe(false);
  });

  it('refuses a package that is not the one that was pinned', async () => {
    const packages = join(folder, 'packages');
    mkdirSync(packages);
    writeFileSync(join(packages, 'six-1.17.0-py2.py3-none-any.whl'), 'another package');

    const { python } = prepare(`six==1.17.0 --hash=sha256:${'0'.repeat(64)}\n`, {
      PIP_NO_INDEX: '1',
      PIP_FIND_LINKS: packages,
    });

    await expect(python).rejects.toThrow(/HASH|hash/);
  });
});
