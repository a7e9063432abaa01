/** The result of one tick. */
import type { CheckedFeeds } from './check-placement.ts';
import type { JobPlacement } from './job-placement.ts';
import type { QueueCount } from './job-tally.ts';
import type { AlertChange } from './reconcile-alerts.ts';
import { unplaceableJobs } from './unplaceable-jobs.ts';

/** A part of the tick that failed, and cost no other part. */
export type Failure = {
  readonly part: 'count' | 'placement' | 'first seen' | 'publish' | 'alert';
  readonly queue?: string;
  readonly feed?: string;
  readonly alert?: string;
  readonly error: unknown;
};

/** The result for one queue. */
export type QueueResult = { readonly queue: string } & (
  | {
      readonly kind: 'counted';
      readonly count: QueueCount;
      /** `undefined` where the placement of its jobs could not be checked. */
      readonly placements: readonly JobPlacement[] | undefined;
      readonly failures: readonly Failure[];
    }
  /** The time for counting ended before or during its turn. */
  | { readonly kind: 'outOfTime'; readonly wasStarted: boolean }
  | { readonly kind: 'failed'; readonly error: unknown }
);

/** A queue with its numbers. */
export type CountedQueue = QueueCount & { readonly unplaceable?: number };

export type Tick =
  /** Another tick was still running. */
  | { readonly kind: 'skipped'; readonly until: Date }
  | {
      readonly kind: 'counted';
      readonly queues: readonly CountedQueue[];
      /** Queues that time ran out for; the next tick begins with them. */
      readonly outOfTime: readonly string[];
      /** Queues that the configuration names and Batch does not have. */
      readonly missing: readonly string[];
      readonly unplaceable: readonly JobPlacement[];
      readonly alerts: readonly AlertChange[];
      readonly failures: readonly Failure[];
    };

/** Lists the queues that were counted, with their numbers. */
export const countedQueues = (results: readonly QueueResult[]): CountedQueue[] =>
  results.flatMap((result) =>
    result.kind === 'counted'
      ? [
          {
            ...result.count,
            ...(result.placements === undefined ? {} : { unplaceable: unplaceableJobs(result.placements) }),
          },
        ]
      : [],
  );

/**
 * Lists the queues that time ran out for.
 *
 * Queues that were not started come first, so that a queue that takes all the time does not take
 * the time of the others in the next tick too.
 */
export const outOfTimeQueues = (results: readonly QueueResult[]): string[] =>
  results
    .filter((result) => result.kind === 'outOfTime')
    .toSorted((one, other) => Number(one.wasStarted) - Number(other.wasStarted))
    .map(({ queue }) => queue);

/** Lists the failures of queues. */
export const queueFailures = (results: readonly QueueResult[]): Failure[] =>
  results.flatMap((result): readonly Failure[] => {
    if (result.kind === 'counted') {
      return result.failures;
    }
    return result.kind === 'failed' ? [{ part: 'count', queue: result.queue, error: result.error }] : [];
  });

/** Puts the placements of feeds and waiting jobs together. */
export const allPlacements = (results: readonly QueueResult[], feeds: CheckedFeeds | undefined): JobPlacement[] => [
  ...(feeds?.placements ?? []),
  ...results.flatMap((result) => (result.kind === 'counted' ? (result.placements ?? []) : [])),
];

/**
 * Returns whether every job that may concern a queue was checked, so that its alerts can be closed.
 *
 * Only feeds concern a queue that is not counted.
 *
 * @param feeds - `undefined` where the feeds could not be checked
 */
export const isFullyChecked = (
  queue: string,
  results: readonly QueueResult[],
  feeds: CheckedFeeds | undefined,
): boolean =>
  feeds?.failed.every((failed) => failed.queue !== queue) === true &&
  results.every((result) => result.queue !== queue || (result.kind === 'counted' && result.placements !== undefined));
