import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

type Row = { readonly fault: string; readonly tests: readonly { readonly file: string; readonly name: string }[] };

/** Reads the tables: the last cell of a row names tests, `file`: name, several of them with semicolons between. */
const rowsOf = (page: string): Row[] =>
  page
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (?:---|fault \|)/.test(line))
    .map((line) => line.slice(2, -2).split(' | '))
    .map((cells) => ({
      fault: cells[0] ?? '',
      tests: [...(cells.at(-1) ?? '').matchAll(/`(test\/[^`]+)`: (.+?)(?=; `test\/|$)/g)].map(
        ([, file = '', name = '']) => ({ file, name }),
      ),
    }));

describe('docs/faults.md', () => {
  it('names for every fault a test that there is', async () => {
    const rows = rowsOf(await readFile(resolve(ROOT, 'docs/faults.md'), 'utf8'));
    const missing: string[] = [];

    for (const { fault, tests } of rows) {
      if (tests.length === 0) missing.push(`${fault}: names no test`);
      for (const { file, name } of tests) {
        const source = await readFile(resolve(ROOT, file), 'utf8').catch(() => '');
        if (!source.includes(`'${name}'`)) missing.push(`${fault}: ${file} has no test "${name}"`);
      }
    }

    expect(rows.length).toBeGreaterThan(40);
    expect(missing).toEqual([]);
  });
});
