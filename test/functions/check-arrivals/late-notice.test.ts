import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { feedArrived, feedLate, feedNeverCame, type LateRun } from '../../../functions/check-arrivals/late-notice.ts';
import { opened } from '../../../shared/alerts/alert.ts';
import { messageOf } from '../../../shared/alerts/message.ts';
import type { Run } from '../../../shared/runs/run.ts';
import { aClaim, aFeed, aFeedSlot, aFileSlot, anArrival, aRun, aTimeSlot } from '../../support/builders.ts';

const NOW = new Date('2026-11-22T03:00:00.000Z');
const KEY = { feed: 'sales', date: '2026-11-22', values: { shop: 'tokyo' } };
const catalogSlot = aFeedSlot({ min: 2 });
const feed = aFeed({
  slots: [
    aFileSlot({ min: 3, minBytes: 1_000, uri: 's3://landing/{shop}/{date:yyyy}/{date:MMdd}/orders_*.tsv.gz' }),
    aFileSlot({ name: 'complete', uri: 's3://landing/{shop}/{date:yyyyMMdd}/_SUCCESS' }),
    catalogSlot,
    aTimeSlot('12:30', 'after lunch'),
  ],
});

const late = (differences: Partial<LateRun> = {}): LateRun => ({
  feed,
  key: KEY,
  dueAt: new Date('2026-11-22T00:00:00.000Z'),
  read: { run: aRun({ key: KEY, filled: new Map() }) },
  sources: [],
  now: NOW,
  ...differences,
});

const source = (shop: string, run?: Partial<Run>) => ({
  slot: catalogSlot,
  key: { feed: 'catalog', date: '2026-11-22', values: { shop } },
  ...(run === undefined ? {} : { found: aRun(run) }),
});

describe('feedLate', () => {
  it('names each missing slot, the run that failed before it, and what has come', () => {
    const run = aRun({
      key: KEY,
      filled: new Map([
        ['orders', 1],
        ['catalog', 1],
      ]),
    });

    const alert = feedLate(
      late({
        read: {
          run,
          arrivals: [anArrival({ key: 'tokyo/2026/1122/orders_1.tsv.gz', sizeBytes: 2_345_678 })],
          tooSmall: [anArrival({ key: 'tokyo/2026/1122/orders_2.tsv.gz', sizeBytes: 0, fills: false })],
        },
        sources: [
          source('osaka', { state: 'succeeded' }),
          source('tokyo', {
            state: 'failed',
            job: { id: 'job-1', submittedAt: NOW, exitCode: 137, reason: 'Host EC2 (instance i-1) terminated.' },
          }),
        ],
      }),
    );

    expect(alert).toMatchObject({
      kind: 'feed-late',
      subject: 'sales@2026-11-22,shop=tokyo',
      feed: 'sales',
      title: 'sales 2026-11-22 shop=tokyo is late: orders, complete, catalog, after lunch missing',
      remindEveryMs: feed.remindEveryMs,
    });
    expect(`${alert.body}\n`).toMatchInlineSnapshot(`
      "Run sales@2026-11-22,shop=tokyo was due at 2026-11-22 09:00 (Asia/Tokyo).

      Missing:
      - orders (1 of 3): files like
        s3://landing/tokyo/2026/1122/orders_*.tsv.gz, at least 1,000 bytes
      - complete: a file like
        s3://landing/tokyo/20261122/_SUCCESS
      - catalog (1 of 2): the success of feed catalog
        catalog@2026-11-22,shop=tokyo failed: exit code 137, Host EC2 (instance i-1) terminated.
      - after lunch: comes at 2026-11-22 12:30 (Asia/Tokyo)

      What has come:
      - catalog: 1 run succeeded
      - orders: s3://landing/tokyo/2026/1122/orders_1.tsv.gz, 2,345,678 bytes
      - orders: s3://landing/tokyo/2026/1122/orders_2.tsv.gz, 0 bytes, which is too small
      "
    `);
  });

  it('reads as the documentation shows it', async () => {
    const inventory = aFeedSlot({ name: 'inventory', feed: 'northwind-inventory' });
    const feedOfDocs = aFeed({
      name: 'sales-report',
      slots: [
        aFileSlot({ name: 'targets', minBytes: 100, uri: 's3://northwind-landing/targets/{date:yyyyMMdd}.csv' }),
        aFileSlot({ min: 3, uri: 's3://northwind-landing/sales/{date:yyyyMMdd}/orders_*.tsv.gz' }),
        aFeedSlot(),
        inventory,
      ],
    });
    const key = { feed: 'sales-report', date: '2026-11-22', values: {} };
    const bucket = 'northwind-landing';
    const run = aRun({
      key,
      filled: new Map([
        ['orders', 1],
        ['catalog', 1],
      ]),
    });
    const failed = aRun({
      state: 'failed',
      job: { id: 'job-1', submittedAt: NOW, exitCode: 3, reason: 'Essential container in task exited' },
    });

    const alert = feedLate({
      feed: feedOfDocs,
      key,
      dueAt: new Date('2026-11-22T00:00:00.000Z'),
      read: {
        run,
        arrivals: [anArrival({ bucket, key: 'sales/20261122/orders_tokyo.tsv.gz', sizeBytes: 2_345_678 })],
        tooSmall: [anArrival({ slot: 'targets', bucket, key: 'targets/20261122.csv', sizeBytes: 0, fills: false })],
      },
      sources: [{ slot: inventory, key: { ...key, feed: 'northwind-inventory' }, found: failed }],
      now: NOW,
    });
    const settings = { stage: 'prod', timeZone: 'Asia/Tokyo' };
    const at = new Date('2026-11-22T00:00:00.000Z');
    const { subject, body } = messageOf(opened(alert, at), 'notify', at, settings);

    expect(await readFile('docs/workflow.md', 'utf8')).toContain(`${subject}\n\n${body}\n`);
  });

  it('counts the runs of other feeds that have succeeded', () => {
    const run = aRun({ key: KEY, filled: new Map([['catalog', 2]]) });

    const { body } = feedLate(late({ read: { run } }));

    expect(body).toContain('- catalog: 2 runs succeeded');
    expect(body).not.toContain('the success of feed catalog');
  });

  it('tells no time of a run that has no date', () => {
    const { title, body } = feedLate(
      late({ key: { feed: 'sales', values: {} }, read: { run: aRun({ key: { feed: 'sales', values: {} } }) } }),
    );

    expect(title).toMatch(/^sales is late: /);
    expect(body).toContain('- after lunch: comes\n');
  });

  it('says that nothing has come of a run of which nothing has come', () => {
    expect(feedLate(late()).body).toMatch(/Nothing has come\.$/);
  });

  it('says that a run is about to be submitted that misses nothing', () => {
    const alert = feedLate(late({ feed: aFeed(), read: { run: aRun(), arrivals: [anArrival()] } }));

    expect(alert.title).toBe('sales 2026-11-22 shop=tokyo is late');
    expect(alert.body).toContain('Nothing is missing: its job is about to be submitted.');
  });

  it.each<[string, Partial<Run> | undefined]>([
    ['nothing of it has come', undefined],
    ['still waits itself', { state: 'waiting' }],
    ['is left to others by its shadow feed', { state: 'waiting', wouldSubmitAt: NOW }],
    ['has been submitted', { state: 'claimed', claim: aClaim() }],
    ['has been submitted', { state: 'submitted' }],
    ['is running', { state: 'running' }],
    ['failed', { state: 'failed' }],
    [
      'was refused by AWS Batch: ClientException: no such queue',
      { state: 'refused', refusal: 'ClientException: no such queue' },
    ],
  ])('says of a run that it waits for: %s', (text, run) => {
    expect(feedLate(late({ sources: [source('tokyo', run)] })).body).toContain(
      `  catalog@2026-11-22,shop=tokyo ${text}\n`,
    );
  });

  it('names ten of very many', () => {
    const arrivals = Array.from({ length: 1_234 }, (_, index) => anArrival({ key: `orders_${index}` }));

    const { body } = feedLate(late({ read: { run: aRun({ filled: new Map() }), arrivals } }));

    expect(body.split('\n').filter((line) => line.startsWith('- orders: s3://'))).toHaveLength(10);
    expect(body).toContain('and 1,224 more');
  });

  it('keeps a secret out of a reason, and everything in one line', () => {
    const failed = {
      state: 'failed' as const,
      job: { id: 'job-1', submittedAt: NOW, reason: 'no\npassword=hunter2hunter2' },
    };

    const { body } = feedLate(late({ sources: [source('tokyo', failed)] }));

    expect(body).not.toContain('hunter2');
    expect(body).toMatch(/shop=tokyo failed: no password=/);
  });
});

describe('feedArrived', () => {
  it('says how late it was, when that is known', () => {
    expect(feedArrived(late(), new Date('2026-11-22T00:43:10.000Z'))).toEqual({
      title: 'sales 2026-11-22 shop=tokyo arrived 43 min late',
      body: 'Run sales@2026-11-22,shop=tokyo was due at 2026-11-22 09:00 (Asia/Tokyo),\nand had all that it waits for at 2026-11-22 09:43 (Asia/Tokyo).',
    });
    expect(feedArrived(late(), undefined)).toEqual({
      title: 'sales 2026-11-22 shop=tokyo arrived',
      body: 'Run sales@2026-11-22,shop=tokyo was due at 2026-11-22 09:00 (Asia/Tokyo), and has all that it waits for.',
    });
    expect(feedArrived(late(), new Date('2026-11-21T23:00:00.000Z')).title).toBe('sales 2026-11-22 shop=tokyo arrived');
  });
});

describe('feedNeverCame', () => {
  it('says that nobody waits any longer', () => {
    expect(feedNeverCame(late())).toMatchObject({ title: 'sales 2026-11-22 shop=tokyo never came' });
  });
});
