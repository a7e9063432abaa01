import { describe, expect, it } from 'vitest';
import type { CheckedFeeds } from '../../../functions/count-stuck-jobs/check-placement.ts';
import {
  allPlacements,
  countedQueues,
  isFullyChecked,
  outOfTimeQueues,
  type QueueResult,
  queueFailures,
} from '../../../functions/count-stuck-jobs/tick-result.ts';
import { aCount, aPlacement } from './builders.ts';

const error = new Error('denied');

const counted = (queue: string, result: Partial<Extract<QueueResult, { kind: 'counted' }>> = {}): QueueResult => ({
  kind: 'counted',
  queue,
  count: aCount({ queue }),
  placements: [],
  failures: [],
  ...result,
});
const outOfTime = (queue: string, wasStarted: boolean): QueueResult => ({ kind: 'outOfTime', queue, wasStarted });
const failed = (queue: string): QueueResult => ({ kind: 'failed', queue, error });

const FEEDS: CheckedFeeds = { placements: [aPlacement({ queue: 'feeds' })], failed: [] };

describe('countedQueues', () => {
  it('has the number of unplaceable jobs only where placement was checked', () => {
    const results = [
      counted('a', { placements: [aPlacement({ jobs: 3 })] }),
      counted('b', { placements: undefined }),
      outOfTime('c', true),
      failed('d'),
    ];

    expect(countedQueues(results)).toEqual([{ ...aCount({ queue: 'a' }), unplaceable: 3 }, aCount({ queue: 'b' })]);
  });
});

describe('outOfTimeQueues', () => {
  it('puts queues that were not started before those that were', () => {
    const results = [counted('a'), outOfTime('b', true), failed('c'), outOfTime('d', false), outOfTime('e', true)];

    expect(outOfTimeQueues(results)).toEqual(['d', 'b', 'e']);
  });
});

describe('queueFailures', () => {
  it('names failures, and not a lack of time', () => {
    const failure = { part: 'placement', queue: 'a', error } as const;

    expect(queueFailures([counted('a', { failures: [failure] }), failed('b'), outOfTime('c', true)])).toEqual([
      failure,
      { part: 'count', queue: 'b', error },
    ]);
  });
});

describe('allPlacements', () => {
  it('puts the placements of feeds before those of queues', () => {
    const results = [counted('a', { placements: [aPlacement({ queue: 'a' })] }), failed('b')];

    expect(allPlacements(results, FEEDS).map(({ queue }) => queue)).toEqual(['feeds', 'a']);
    expect(allPlacements(results, undefined).map(({ queue }) => queue)).toEqual(['a']);
  });
});

describe('isFullyChecked', () => {
  const results = [counted('a'), counted('b', { placements: undefined }), outOfTime('c', true), failed('d')];

  it.each<[string, string, CheckedFeeds | undefined, boolean]>([
    ['a queue whose jobs and feeds were checked', 'a', FEEDS, true],
    ['a queue that is not counted, which only feeds concern', 'other', FEEDS, true],
    ['no queue whose placement could not be checked', 'b', FEEDS, false],
    ['no queue that time ran out for', 'c', FEEDS, false],
    ['no queue that failed', 'd', FEEDS, false],
    ['no queue of a feed that failed', 'a', { placements: [], failed: [{ feed: 'odd', queue: 'a', error }] }, false],
    ['the queue of other feeds', 'a', { placements: [], failed: [{ feed: 'odd', queue: 'b', error }] }, true],
    ['no queue where the feeds could not be checked', 'a', undefined, false],
  ])('holds for %s', (_, queue, feeds, expected) => {
    expect(isFullyChecked(queue, results, feeds)).toBe(expected);
  });
});
