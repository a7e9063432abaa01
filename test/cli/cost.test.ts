import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../support/run-cli.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'breakaway-cost-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('breakaway cost', () => {
  it.each([
    ['{}', 'date is missing'],
    [
      '{"date":"2026-01-01","region":"x","currency":"EUR","remark":"","usd":{"alarm":0.1,"lambdaRequest":"0.1"}}',
      'usd.lambdaRequest is not a number',
    ],
    ['no list', 'is not JSON'],
  ])('names the problem of the price list %s, and ends with 2', async (text, message) => {
    const path = join(folder, 'prices.json');
    await writeFile(path, text);

    const { code, stdout, stderr } = await runCli(['cost', '--prices', path]);

    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });
});

describe('breakaway', () => {
  it('ends with 2 for a command that does not exist', async () => {
    const { code, stderr } = await runCli(['nosuch']);

    expect(code).toBe(2);
    expect(stderr).toContain("unknown command 'nosuch'");
  });

  it('names no failed call to AWS in the help of a command that does not call AWS', async () => {
    const { stdout } = await runCli(['match', '--help']);

    expect(stdout).toContain('none: the command does not call AWS');
    expect(stdout).not.toContain('a call to AWS failed');
  });
});
