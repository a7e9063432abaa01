/** Values for tests; each call returns a fresh one. */

import { parseTemplate } from '../../configuration/parse-template.ts';
import { readSchedule } from '../../configuration/schedules.ts';
import type { Feed, FeedSlot, FileSlot, TimeSlot } from '../../shared/feeds/feed.ts';
import type { Arrival, Claim, JobRequest, Run } from '../../shared/runs/run.ts';

export const aFileSlot = ({ uri, ...slot }: Partial<FileSlot> & { uri?: string } = {}): FileSlot => ({
  kind: 'files',
  name: 'orders',
  template: parseTemplate(uri ?? 's3://landing/sales/{date:yyyyMMdd}/orders_*.tsv.gz'),
  min: 1,
  optional: false,
  minBytes: 0,
  ...slot,
});

export const aFeedSlot = (slot: Partial<FeedSlot> = {}): FeedSlot => ({
  kind: 'feed',
  name: 'catalog',
  feed: 'catalog',
  min: 1,
  optional: false,
  ...slot,
});

/** @param at - as a user writes it: `06:30`, or a crontab expression */
export const aTimeSlot = (at = '06:30', name = 'time'): TimeSlot => {
  const reading = readSchedule(at);
  if (reading.kind !== 'schedule') {
    throw new Error(`${at} is no schedule`);
  }
  return { kind: 'time', name, at: reading.schedule, min: 1, optional: false };
};

export const aFeed = (feed: Partial<Feed> & { batch?: Partial<Feed['job']['batch']> } = {}): Feed => {
  const { batch, ...rest } = feed;
  return {
    name: 'sales',
    slots: [aFileSlot()],
    job: {
      batch: {
        queue: 'etl',
        definition: 'import-sales',
        parameters: { date: '{date:yyyy-MM-dd}' },
        environment: {},
        resources: {},
        tags: {},
        propagateTags: false,
        ...batch,
      },
    },
    onOverwrite: 'ignore',
    outputs: [],
    tell: [],
    timeZone: 'Asia/Tokyo',
    captures: [],
    dateUnit: 'dd',
    values: {},
    lookback: 3,
    remindEveryMs: 4 * 3_600_000,
    catchUp: 'latest',
    shadow: false,
    ...rest,
  };
};

export const aRequest = (request: Partial<JobRequest> = {}): JobRequest => ({
  jobName: 'breakaway-test-sales-20261122-0123456789ab',
  jobQueue: 'etl',
  jobDefinition: 'import-sales',
  ...request,
});

export const aClaim = (claim: Partial<Claim> = {}): Claim => ({
  owner: 'owner-1',
  claimedAt: new Date('2026-11-22T03:00:00.000Z'),
  leaseUntil: new Date('2026-11-22T03:05:00.000Z'),
  request: aRequest(),
  ...claim,
});

export const aRun = (run: Partial<Run> = {}): Run => ({
  key: { feed: 'sales', date: '2026-11-22', values: {} },
  generation: 1,
  revision: 1,
  state: 'waiting',
  filled: new Map([['orders', 1]]),
  openedAt: new Date('2026-11-22T02:59:00.000Z'),
  ...run,
});

export const anArrival = (arrival: Partial<Arrival> = {}): Arrival => ({
  slot: 'orders',
  bucket: 'landing',
  key: 'sales/20261122/orders_tokyo.tsv.gz',
  etag: 'etag-1',
  sizeBytes: 1_000,
  fills: true,
  ...arrival,
});
