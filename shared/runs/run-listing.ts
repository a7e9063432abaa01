/** The port that lists the runs of a feed. The adapter is `shared/aws/run-listing.ts`. */
import type { Run } from './run.ts';

/**
 * Lists the runs of a feed, each in its newest generation, in the order of their dates.
 *
 * Both ends belong to it, and what is finer than they are: `2026-11-21` to `2026-11-22` has `2026-11-22T05`, and all that was opened in these days of a feed whose runs have no
 * date. A run that is opened, or changes, meanwhile may be there or not.
 */
export type RunsOf = (feed: string, from: string, to: string, signal: AbortSignal) => AsyncIterable<Run>;

/** The last sign of what begins with an end: behind all that a date is made of. */
export const END_OF_RANGE = '~';
