import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { identify } from '../../bundle/process-identity.ts';
import { aClone, type Clone } from './a-clone.ts';
import { eventually, jobsIn } from './deployed.ts';

const { environment } = inject('localAws');

let clone: Clone;

beforeAll(() => {
  clone = aClone();
  // As if this process were the `npm start` of the clone.
  writeFileSync(join(clone.local, 'running.json'), JSON.stringify({ ...identify(process.pid), environment }));
});
afterAll(() => clone.remove());

/** Runs `npm run put`, as npm does. */
const put = (content: string, uri: string) => {
  writeFileSync(join(clone.root, 'mine.csv'), content);
  const { status, stdout, stderr } = spawnSync(process.execPath, ['local/put.ts', 'mine.csv', uri], {
    cwd: clone.root,
    encoding: 'utf8',
    env: { ...process.env, INIT_CWD: clone.root },
  });
  return { status, stderr, lines: stdout.trimEnd().split('\n') };
};

const BUCKET = 's3://clickstream-landing';

describe('npm run put', () => {
  it('puts a file, names its slot and run, and a job starts', async () => {
    const uri = `${BUCKET}/segments/put-once.csv`;

    expect(put('a', uri)).toEqual({
      status: 0,
      stderr: '',
      lines: [`Put ${uri} (1 bytes)`, `It fills slot segment of run segment-upload,object=${uri}`],
    });

    await eventually(async () => {
      const jobs = await jobsIn('recommendation-adhoc', (job) => JSON.stringify(job).includes('put-once.csv'));
      expect(jobs).toHaveLength(1);
    });
  });

  it('says why no new job starts when a file is put again', () => {
    // Its run goes on waiting for the other shops.
    const uri = 's3://northwind-landing/sales/20330104/orders_put.tsv.gz';
    put('a', uri);

    const same = put('a', uri);
    const other = put('b', uri);

    expect(same.lines.slice(2)).toEqual(['S3 had the same content under this name already, so no new job starts.']);
    expect(other.lines.slice(2)).toEqual([
      'It replaces other content. Before its run has a job, the new content counts.',
      'Afterwards, onOverwrite of the feed decides:',
      "  northwind-sales: 'ignore', nothing happens",
    ]);
  });

  it('shows control characters of a key, and does not execute them', () => {
    const { lines } = put('a', `${BUCKET}/segments/put\u001B[2J\n.csv`);

    expect(lines).toEqual([
      `Put ${BUCKET}/segments/put\\x1b[2J\\x0a.csv (1 bytes)`,
      `It fills slot segment of run segment-upload,object=${BUCKET}/segments/put\\x1b[2J\\x0a.csv`,
    ]);
  });

  it.each([
    [
      'a bucket that is not there',
      's3://no-such-bucket/a.csv',
      /^The bucket no-such-bucket does not exist\. The buckets are /,
    ],
    ['what is no URI', 'segments/mine.csv', /^'segments\/mine\.csv' is not an S3 URI\. Usage:\n/],
  ])('refuses %s', (_, uri, message) => {
    const { status, stderr } = put('a', uri);

    expect(status).toBe(1);
    expect(stderr).toMatch(message);
  });

  it('lists the templates of all feeds when no feed waits for the file', () => {
    const { status, lines } = put('a', `${BUCKET}/nobody/put.csv`);

    expect(status).toBe(0);
    expect(lines[1]).toMatch(/^No feed waits for a file with this name/);
    expect(lines.slice(2)).toContain(`  ${BUCKET}/segments/*.csv`);
  });
});
