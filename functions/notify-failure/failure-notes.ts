/**
 * The notes that the function keeps between invocations, so that a flood of failures makes few
 * notifications. The adapter is `shared/aws/failure-notes.ts`.
 */
import type { BurstCount, BurstFailure } from './burst-notice.ts';

/** Every note can be repeated: a repeat changes nothing. */
export type FailureNotes = {
  /**
   * Gives a failure one of the places in the window of a queue. A failure with a place keeps it.
   *
   * @returns the number of places taken now; `undefined` when none is free
   */
  takePlace(queue: string, window: Date, id: string, places: number, signal: AbortSignal): Promise<number | undefined>;
  /** Counts failures without a place. */
  addToBurst(
    queue: string,
    window: Date,
    failures: readonly BurstFailure[],
    samples: number,
    signal: AbortSignal,
  ): Promise<BurstCount>;
  /** Finds which failures were counted in a window, and which had a place in it. */
  notedAmong(
    queue: string,
    window: Date,
    ids: readonly string[],
    signal: AbortSignal,
  ): Promise<{ readonly counted: ReadonlySet<string>; readonly placed: ReadonlySet<string> }>;
  /** Notes jobs that never started because a job had failed. */
  addCascaded(dependency: string, jobs: readonly string[], signal: AbortSignal): Promise<void>;
  /** Reads the jobs that failed because of a job, and notes that a notification counts them. */
  takeCascaded(dependency: string, signal: AbortSignal): Promise<ReadonlySet<string>>;
  /** Reads the jobs that failed because of a job, and those of them that a notification counts. */
  readCascaded(
    dependency: string,
    signal: AbortSignal,
  ): Promise<{ readonly jobs: ReadonlySet<string>; readonly notified: ReadonlySet<string> }>;
};
