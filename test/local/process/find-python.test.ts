import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findPython } from '../../../local/process/find-python.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakaway-python-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a program that answers like a Python of some version. */
const aPython = (name: string, version: string, venv: string): void => {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\necho ${version}\necho ${venv}\n`);
  chmodSync(file, 0o755);
};

describe('findPython', () => {
  const find = (more: Record<string, string> = {}) => findPython({ PATH: folder, ...more });

  it('says how to install a Python when there is none', async () => {
    await expect(find()).rejects.toThrow(
      /needs Python 3\.10 or newer; the PATH has no Python\.\nInstall it .*apt install python3.*BREAKAWAY_PYTHON=/s,
    );
  });

  it('names the versions that are too old', async () => {
    aPython('python3', '3.8.18', 'venv');
    aPython('python', '2.7.18', 'none');

    await expect(find()).rejects.toThrow('python3 is 3.8.18, python is 2.7.18');
  });

  it('chooses a newer Python when python3 is too old', async () => {
    aPython('python3', '3.9.2', 'venv');
    aPython('python3.12', '3.12.1', 'venv');

    expect(await find()).toMatchObject({ program: 'python3.12', version: '3.12.1' });
  });

  it('names the package that has venv when only that is missing', async () => {
    aPython('python3', '3.11.2', 'none');

    await expect(find()).rejects.toThrow(/lacks venv or ensurepip.*apt install python3\.11-venv/s);
  });

  it('uses only the Python that BREAKAWAY_PYTHON names', async () => {
    aPython('python3', '3.11.2', 'venv');

    await expect(find({ BREAKAWAY_PYTHON: '/nowhere/python3' })).rejects.toThrow(
      "BREAKAWAY_PYTHON is '/nowhere/python3', which does not run as a Python",
    );
  });
});
