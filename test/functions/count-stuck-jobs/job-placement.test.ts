import { describe, expect, it } from 'vitest';
import {
  type Capacity,
  feedPlacement,
  queuePlacements,
  type RequestedJob,
  takesJobs,
} from '../../../functions/count-stuck-jobs/job-placement.ts';
import type { Feed } from '../../../shared/feeds/feed.ts';
import { anEnvironment, asking, TYPES } from '../../shared/placement/builders.ts';
import { aFeed } from '../../support/builders.ts';
import { aQueue, aShape } from './builders.ts';

const CAPACITY: Capacity = { environments: new Map([['etl-machines', anEnvironment()]]), types: TYPES };
const ARN = 'arn:aws:batch:ap-northeast-1:123456789012';

describe('queuePlacements', () => {
  const requested = new Map<string, RequestedJob>([
    ['small', { definition: 'import-sales:7', requirement: asking(1, 1024) }],
    ['large', { definition: 'import-sales:7', requirement: asking(4, 32_000) }],
    ['pods', { definition: 'pods:1', requirement: { kind: 'unmodelled', reason: 'the job runs on EKS' } }],
  ]);
  const runnable = [
    { jobId: 'small', jobs: 1 },
    { jobId: 'gone', jobs: 1 },
    { jobId: 'large', jobs: 300 },
    { jobId: 'pods', jobs: 1 },
  ];

  it('answers for each job that Batch describes', () => {
    const placements = queuePlacements(aQueue('etl'), runnable, requested, CAPACITY);

    expect(placements.map(({ placement, jobs }) => [placement.kind, jobs])).toEqual([
      ['fits', 1],
      ['never', 300],
      ['unknown', 1],
    ]);
    expect(placements[1]).toMatchObject({
      queue: 'etl',
      definition: 'import-sales:7',
      resources: { vcpus: 4, memoryMiB: 32_000 },
      placement: { fix: 'request at most 31,400 MiB' },
      feeds: [],
    });
    expect(placements[2]).not.toHaveProperty('resources');
  });

  it.each([
    ['by its ARN', `${ARN}:compute-environment/etl-machines`, 'never', /^requests 32,000 MiB/],
    ['by its name', 'etl-machines', 'never', /^requests 32,000 MiB/],
    ['not yet, so nothing is certain', `${ARN}:compute-environment/new`, 'unknown', /^new is not described yet$/],
  ])('knows an environment %s', (_, environment, kind, reason) => {
    const queue = aQueue('etl', { environments: [environment] });

    expect(queuePlacements(queue, runnable.slice(2, 3), requested, CAPACITY)[0]?.placement).toMatchObject({
      kind,
      reason: expect.stringMatching(reason),
    });
  });
});

describe('feedPlacement', () => {
  const defined = { definition: 'import-sales:7', shape: aShape(1, 1024) };
  const etl = aQueue('etl');
  type Batch = Partial<Feed['job']['batch']>;

  it.each<[string, Batch, Parameters<typeof feedPlacement>[1], Parameters<typeof feedPlacement>[2], object]>([
    ['fits', {}, etl, defined, { definition: 'import-sales:7', placement: { kind: 'fits' } }],
    [
      'can never run with the overrides of its feed',
      { resources: { vcpus: 4, memoryMiB: 32_000 } },
      etl,
      defined,
      { resources: { vcpus: 4, memoryMiB: 32_000 }, placement: { kind: 'never', fix: 'request at most 31,400 MiB' } },
    ],
    [
      'has no queue',
      { queue: 'elt' },
      undefined,
      undefined,
      { queue: 'elt', placement: { kind: 'never', reason: 'there is no queue elt', byEnvironment: [] } },
    ],
    [
      'has a disabled queue',
      {},
      aQueue('etl', { isEnabled: false }),
      undefined,
      { placement: { kind: 'never', reason: 'the queue etl is disabled' } },
    ],
    [
      'has no definition',
      { definition: 'gone' },
      etl,
      undefined,
      { definition: 'gone', placement: { kind: 'never', reason: 'there is no active job definition gone' } },
    ],
    [
      'names queue and definition by ARN',
      { queue: `${ARN}:job-queue/etl`, definition: `${ARN}:job-definition/import-sales:7` },
      etl,
      defined,
      { queue: 'etl', placement: { kind: 'fits' } },
    ],
  ])('answers for a job that %s', (_, batch, queue, definition, expected) => {
    expect(feedPlacement(aFeed({ batch }), queue, definition, CAPACITY)).toMatchObject({
      jobs: 0,
      feeds: ['sales'],
      ...expected,
    });
  });
});

describe('takesJobs', () => {
  it.each([
    [aQueue('etl'), true],
    [aQueue('etl', { isEnabled: false }), false],
    [undefined, false],
  ])('of %j is %s', (queue, expected) => {
    expect(takesJobs(queue)).toBe(expected);
  });
});
