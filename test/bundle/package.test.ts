import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

const run = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'bundle/package.ts'), ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], NODE_OPTIONS: '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON' },
  });
  return { status, stdout, stderr };
};

describe('npm run package', () => {
  it('says what it takes, within 80 columns', () => {
    const { status, stdout, stderr } = run('--help');

    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/--stage .*--out .*BREAKAWAY_CONFIG=/s);
    expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  it.each([
    [['--stag', 'prod'], /^Unknown option '--stag'[^\n]*\n$/],
    [['--stage'], /^Option '--stage <value>' argument missing\n$/],
    [['prod'], /^Unexpected argument 'prod'[^\n]*\n$/],
  ])('refuses %j in one line', (args, message) => {
    const { status, stdout, stderr } = run(...args);

    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(message);
  });
});
