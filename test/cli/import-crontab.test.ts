import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliResult, runCli } from '../support/run-cli.ts';

const breakaway = (...words: string[]): Promise<CliResult> => runCli(words);

let folder: string;
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'breakaway-cli-'));
  await writeFile(at('crontab'), '0 1 * * * /opt/a.py\n*/5 * * * * /opt/check.sh\n');
  await writeFile(at('system'), '0 1 * * * root /opt/a.py\n');
  await writeFile(at('check.sh'), '#!/bin/sh\n[ -f /data/in/$(date +%F) ] && /opt/b.py\n');
  await writeFile(at('program'), '\u007fELF\0\0');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('breakaway import-crontab', () => {
  it('prints report and configuration, and ends with 1 when a line was not understood', async () => {
    const { code, stdout } = await breakaway('import-crontab', at('crontab'));

    expect(code).toBe(1);
    expect(stdout).toContain('2: not understood');
    expect(stdout).toContain('export default defineConfig({');
  });

  it('writes a configuration that the other commands load, and not over one that is there', async () => {
    const words = [
      'import-crontab',
      at('crontab'),
      '--scripts',
      folder,
      '--map',
      '/data/in=s3://landing',
      '--out',
      at('c.config.ts'),
    ];

    const first = await breakaway(...words);
    const second = await breakaway(...words);
    const forced = await breakaway(...words, '--force', '--queue', 'etl');

    expect([first.code, second.code, forced.code]).toEqual([0, 2, 0]);
    expect(second.stderr).toContain('is there already: take another name, or --force');
    expect(await readFile(at('c.config.ts'), 'utf8')).toContain("files: 's3://landing/{date:yyyy-MM-dd}'");
    expect(await readFile(at('c.config.ts'), 'utf8')).toContain("queue: 'etl'");
  });

  it('prints JSON for programs, and reads system crontabs', async () => {
    const { code, stdout } = await breakaway('import-crontab', at('system'), '--system', '--json');

    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      lines: [{ line: 1, kind: 'time-driven', feeds: ['a'] }],
      configuration: { feeds: [{ name: 'a', slots: { time: { at: '0 1 * * *' } }, shadow: true }] },
    });
  });

  it.each([
    [3, ['import-crontab', '/dev/null/crontab'], 'ENOTDIR'],
    [2, ['import-crontab'], "missing required argument 'file'"],
    [2, ['import-crontab', 'x', '--map', '/data'], 'write FOLDER=s3://BUCKET/PREFIX'],
    [2, ['import-crontab', 'x', '--map', '/data=s3://b/d'], 'write FOLDER=s3://BUCKET/PREFIX'],
  ])('ends with %d for %j', async (code, words, message) => {
    const result = await breakaway(...words);

    expect(result.code).toBe(code);
    expect(result.stderr).toContain(message);
  });

  it('refuses what is not a crontab by its name', async () => {
    const { code, stderr } = await breakaway('import-crontab', at('program'));

    expect(code).toBe(2);
    expect(stderr).toContain('it is a program (ELF), not a crontab');
  });

  it('names a zone that does not exist', async () => {
    const { code, stderr } = await breakaway('import-crontab', at('crontab'), '--time-zone', 'Asia/Tokio');

    expect(code).toBe(2);
    expect(stderr).toContain('"Asia/Tokio" is not an IANA time zone (did you mean Asia/Tokyo?)');
  });
});

describe('breakaway workflow', () => {
  it('prints a table, or writes a page', async () => {
    const table = await breakaway('workflow');
    const page = await breakaway('workflow', '--html', at('workflow.html'), '--date', '2026-11-24');

    expect([table.code, page.code]).toEqual([0, 0]);
    expect(table.stdout).toContain('WAITS FOR');
    expect(await readFile(at('workflow.html'), 'utf8')).toContain('The day 2026-11-24');
  });

  it('ends with 2 for a date that does not exist, and with 3 for a file that cannot be written', async () => {
    const date = await breakaway('workflow', '--date', '2026-02-30');
    const file = await breakaway('workflow', '--html', at('crontab/workflow.html'));

    expect([date.code, file.code]).toEqual([2, 3]);
    expect(date.stderr).toContain('write a date such as 2026-11-22');
    expect(file.stderr).toContain('ENOTDIR');
  });
});
