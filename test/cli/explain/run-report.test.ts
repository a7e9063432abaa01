import { describe, expect, it } from 'vitest';
import { type RunReport, reportJson, reportLines } from '../../../cli/explain/run-report.ts';
import { parseConfiguration } from '../../../configuration/load.ts';
import type { FeedSlot } from '../../../shared/feeds/feed.ts';
import { readJob } from '../../../shared/jobs/read-job.ts';
import type { Run } from '../../../shared/runs/run.ts';
import { aClaim, anArrival } from '../../support/builders.ts';

const NOW = new Date('2026-11-22T03:00:00.000Z');
const job = { batch: { queue: 'q', definition: 'd' } };
const { feeds } = parseConfiguration({
  timeZone: 'Asia/Tokyo',
  feeds: [
    { name: 'stock', slots: { file: { files: 's3://landing/stock/{date:yyyyMMdd}' } }, job },
    {
      name: 'sales',
      slots: {
        orders: { files: 's3://landing/{date:yyyyMMdd}/orders_*', min: 2 },
        extra: { files: 's3://landing/{date:yyyyMMdd}/extra', optional: true },
        stock: { feed: 'stock' },
        evening: { at: '18:00' },
      },
      job,
    },
  ],
}).configuration;
const sales = feeds.find(({ name }) => name === 'sales')!;

const aRun = (more: Partial<Run> = {}): Run => ({
  key: { feed: 'sales', date: '2026-11-22', values: {} },
  generation: 1,
  revision: 1,
  state: 'waiting',
  filled: new Map([['orders', 1]]),
  openedAt: NOW,
  ...more,
});

const aStory = (more: Partial<RunReport> = {}): RunReport => ({
  run: aRun(),
  feed: sales,
  arrivals: [],
  tooSmall: [],
  sources: [],
  earlier: [],
  held: [],
  now: NOW,
  timeZone: 'Asia/Tokyo',
  ...more,
});

const textOf = (more: Partial<RunReport> = {}): string => reportLines(aStory(more)).join('\n');

/** A job that runs its second attempt, as `DescribeJobs` tells of it. */
const RUNNING = readJob({
  jobId: 'job-1',
  jobName: 'breakaway-test-sales',
  jobQueue: 'arn:aws:batch:ap-northeast-1:123456789012:job-queue/q',
  jobArn: 'arn:aws:batch:ap-northeast-1:123456789012:job/job-1',
  status: 'RUNNING',
  startedAt: NOW.getTime(),
  retryStrategy: { attempts: 3 },
  attempts: [{ startedAt: 1, stoppedAt: 2, container: { exitCode: 1, logStreamName: 'd/default/one' } }],
  container: { logStreamName: 'd/default/two' },
});

describe('reportLines', () => {
  it('says of each slot what it has, and what it waits for', () => {
    const slot = sales.slots.find((one): one is FeedSlot => one.kind === 'feed')!;
    const source = { slot, key: { feed: 'stock', date: '2026-11-22', values: {} } };

    const text = textOf({
      arrivals: [anArrival()],
      tooSmall: [anArrival({ key: 'empty', sizeBytes: 0, fills: false })],
      sources: [source],
    });

    expect(text).toContain('orders: 1 of 2 - MISSING');
    expect(text).toContain('waits for s3://landing/20261122/orders_*');
    expect(text).toContain('s3://landing/empty (0 bytes, too small to count)');
    expect(text).toContain('extra: 0 of 1, optional');
    expect(text).not.toContain('extra: 0 of 1, optional - MISSING');
    expect(text).toContain('waits for stock@2026-11-22, which is not there yet');
    expect(text).toContain('evening: 18:00 - MISSING');
    expect(text).toContain('waits until 2026-11-22 18:00 (Asia/Tokyo)');
  });

  it('names ten files of many, and says how many more there are', () => {
    const arrivals = Array.from({ length: 1_500 }, (_, index) => anArrival({ key: `orders_${index}` }));

    expect(textOf({ arrivals })).toContain('and 1,490 more');
  });

  it('tells of a running job which attempt it is at, how far it is, and where its log is', () => {
    const run = aRun({
      state: 'running',
      claim: aClaim(),
      job: {
        id: 'job-1',
        submittedAt: NOW,
        attempts: 2,
        startedAt: NOW,
        progress: { percent: 40, text: 'joins', at: NOW },
      },
    });

    const text = textOf({ run, job: RUNNING });

    expect(text).toMatch(/in Batch +RUNNING/);
    expect(text).toMatch(/attempt +2 of 3$/m);
    expect(text).toMatch(/progress +40 % joins/);
    expect(text).toContain(
      'aws logs get-log-events --region ap-northeast-1 --log-group-name /aws/batch/job --log-stream-name d/default/two',
    );
    expect(text).not.toContain('MISSING');
  });

  it('says whether a lease is over, and what nobody knows any more', () => {
    const claim = aClaim({ leaseUntil: new Date(NOW.getTime() + 60_000), problem: 'the command is empty' });
    const held = textOf({ run: aRun({ state: 'claimed', claim }) });
    const over = textOf({ run: aRun({ state: 'claimed', claim: aClaim({ leaseUntil: NOW }) }) });
    const gone = textOf({ run: aRun({ state: 'running', job: { id: 'j', submittedAt: NOW, unknownSince: NOW } }) });

    expect(held).toContain('lease until');
    expect(held).toContain('the command is empty');
    expect(over).toContain('lease over since');
    expect(gone).toContain('to AWS Batch since');
    expect(gone).toContain('not known there');
  });

  it('tells what was before, what comes after, and what is not configured any more', () => {
    const run = aRun({
      state: 'failed',
      generation: 2,
      rerunRequestedAt: NOW,
      job: { id: 'j', submittedAt: NOW, exitCode: 3 },
    });
    const { feed: _, ...rest } = aStory({ run, earlier: [aRun({ state: 'succeeded' })], held: ['one', 'two'] });

    const text = reportLines(rest).join('\n');

    expect(text).toMatch(/reason +exit code 3/);
    expect(text).toMatch(/rerun +asked for at/);
    expect(text).toMatch(/before +generation 1: succeeded/);
    expect(text).toMatch(/held +one\n +two/);
    expect(text).toMatch(/feed +is not configured/);
  });

  it('says what is next for a run that is complete, but not of one that a shadow feed leaves to others', () => {
    const filled = new Map([
      ['orders', 2],
      ['stock', 1],
    ]);
    const later = new Date('2026-11-22T12:00:00.000Z');

    expect(textOf({ run: aRun({ filled }), now: later })).toContain('it is complete');
    expect(textOf({ run: aRun({ filled, wouldSubmitAt: NOW }), now: later })).toMatch(/shadow +complete at/);
    expect(textOf({ run: aRun({ filled, wouldSubmitAt: NOW }), now: later })).not.toContain('it is complete');
  });
});

describe('reportJson', () => {
  it('tells programs what it tells people', () => {
    const run = aRun({ state: 'running', claim: aClaim(), job: { id: 'job-1', submittedAt: NOW } });

    expect(reportJson(aStory({ run, job: RUNNING, held: ['x'] }))).toMatchObject({
      run: 'sales@2026-11-22',
      state: 'running',
      claim: { queue: 'etl' },
      batch: { status: 'RUNNING', attempts: 2, logs: [{ stream: 'd/default/two' }] },
      held: ['x'],
      missing: [],
    });
    expect(reportJson(aStory()).missing).toEqual(['orders', 'stock', 'evening']);
  });
});
