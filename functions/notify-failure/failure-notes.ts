/** What the function remembers between its invocations, so that a flood of failures makes few messages. The adapter is `shared/aws/failure-notes.ts`. */
import type { BurstCount, BurstFailure } from './burst-notice.ts';

/** Every note may be taken again: a repeat changes nothing. */
export type FailureNotes = {
  /**
   * Gives a failure one of the places of a queue's window; one that has a place keeps it.
   *
   * @returns how many places are taken now; `undefined` when none is free
   */
  takePlace(queue: string, window: Date, id: string, places: number, signal: AbortSignal): Promise<number | undefined>;
  /** Counts failures that got no place. */
  addToBurst(
    queue: string,
    window: Date,
    failures: readonly BurstFailure[],
    samples: number,
    signal: AbortSignal,
  ): Promise<BurstCount>;
  /** Tells which failures were counted in a window, and which had a place in it. */
  notedAmong(
    queue: string,
    window: Date,
    ids: readonly string[],
    signal: AbortSignal,
  ): Promise<{ readonly counted: ReadonlySet<string>; readonly placed: ReadonlySet<string> }>;
  /** Notes jobs that never started because another one had failed. */
  addCascaded(dependency: string, jobs: readonly string[], signal: AbortSignal): Promise<void>;
  /** Names the jobs that fell with a job, and notes that a message tells of them. */
  takeCascaded(dependency: string, signal: AbortSignal): Promise<ReadonlySet<string>>;
  /** Reads the jobs that fell with a job, and those of them that a message told of. */
  readCascaded(
    dependency: string,
    signal: AbortSignal,
  ): Promise<{ readonly jobs: ReadonlySet<string>; readonly told: ReadonlySet<string> }>;
};
