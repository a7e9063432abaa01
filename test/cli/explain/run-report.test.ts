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

const aReport = (more: Partial<RunReport> = {}): RunReport => ({
  run: aRun(),
  feed: sales,
  arrivals: [],
  tooSmall: [],
  sources: [],
  earlier: [],
  dependents: [],
  now: NOW,
  timeZone: 'Asia/Tokyo',
  ...more,
});

const textOf = (more: Partial<RunReport> = {}): string => reportLines(aReport(more)).join('\n');

/** A job in its second attempt, as `DescribeJobs` returns it. */
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
  it('shows the files of each slot, and what the slot waits for', () => {
    const slot = sales.slots.find((one): one is FeedSlot => one.kind === 'feed')!;
    const source = { slot, key: { feed: 'stock', date: '2026-11-22', values: {} } };

    const text = textOf({
      arrivals: [anArrival()],
      tooSmall: [anArrival({ key: 'empty', sizeBytes: 0, fills: false })],
      sources: [source],
    });

    expect(text).toContain('orders: 1 of 2 - MISSING');
    expect(text).toContain('waits for s3://landing/20261122/orders_*');
    expect(text).toContain('s3://landing/empty (0 bytes, smaller than minBytes)');
    expect(text).toContain('extra: 0 of 1, optional');
    expect(text).not.toContain('extra: 0 of 1, optional - MISSING');
    expect(text).toContain('waits for stock@2026-11-22, which does not exist yet');
    expect(text).toContain('evening: 18:00 - MISSING');
    expect(text).toContain('waits until 2026-11-22 18:00 (Asia/Tokyo)');
  });

  it('lists ten files, and says how many more there are', () => {
    const arrivals = Array.from({ length: 1_500 }, (_, index) => anArrival({ key: `orders_${index}` }));

    expect(textOf({ arrivals })).toContain('and 1,490 more');
  });

  it('shows the attempt, the progress and the log of a running job', () => {
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

  it('shows whether a lease has expired, and a job that AWS Batch has forgotten', () => {
    const claim = aClaim({ leaseUntil: new Date(NOW.getTime() + 60_000), problem: 'the command is empty' });
    const valid = textOf({ run: aRun({ state: 'claimed', claim }) });
    const expired = textOf({ run: aRun({ state: 'claimed', claim: aClaim({ leaseUntil: NOW }) }) });
    const forgotten = textOf({
      run: aRun({ state: 'running', job: { id: 'j', submittedAt: NOW, unknownSince: NOW } }),
    });

    expect(valid).toContain('lease until');
    expect(valid).toContain('the command is empty');
    expect(expired).toContain('lease expired at');
    expect(forgotten).toContain('to AWS Batch since');
    expect(forgotten).toContain('not found: AWS Batch keeps ended jobs');
  });

  it('shows earlier generations, a requested rerun, dependents, and a feed that is no longer configured', () => {
    const run = aRun({
      state: 'failed',
      generation: 2,
      rerunRequestedAt: NOW,
      job: { id: 'j', submittedAt: NOW, exitCode: 3 },
    });
    const { feed: _, ...rest } = aReport({ run, earlier: [aRun({ state: 'succeeded' })], dependents: ['one', 'two'] });

    const text = reportLines(rest).join('\n');

    expect(text).toMatch(/reason +exit code 3/);
    expect(text).toMatch(/rerun +requested at/);
    expect(text).toMatch(/earlier +generation 1: succeeded/);
    expect(text).toMatch(/needed by +one\n +two/);
    expect(text).toMatch(/feed +no longer in the configuration/);
  });

  it('says what is next for a complete run, but not for one of a shadow feed', () => {
    const filled = new Map([
      ['orders', 2],
      ['stock', 1],
    ]);
    const later = new Date('2026-11-22T12:00:00.000Z');

    expect(textOf({ run: aRun({ filled }), now: later })).toContain('check-arrivals submits it');
    expect(textOf({ run: aRun({ filled, wouldSubmitAt: NOW }), now: later })).toMatch(/shadow +complete at/);
    expect(textOf({ run: aRun({ filled, wouldSubmitAt: NOW }), now: later })).not.toContain(
      'check-arrivals submits it',
    );
  });
});

describe('reportJson', () => {
  it('has the same facts as the text', () => {
    const run = aRun({ state: 'running', claim: aClaim(), job: { id: 'job-1', submittedAt: NOW } });

    expect(reportJson(aReport({ run, job: RUNNING, dependents: ['x'] }))).toMatchObject({
      run: 'sales@2026-11-22',
      state: 'running',
      claim: { queue: 'etl' },
      batch: { status: 'RUNNING', attempts: 2, logs: [{ stream: 'd/default/two' }] },
      held: ['x'],
      missing: [],
    });
    expect(reportJson(aReport()).missing).toEqual(['orders', 'stock', 'evening']);
  });
});
