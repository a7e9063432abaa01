/** The state of a feed as a whole. The adapter is `shared/aws/feed-states.ts`. */
import type { RunKey } from '../feeds/run-key.ts';

export type FeedState = {
  /** When the feed was first seen deployed: what is older is left alone. */
  readonly firstSeenAt: Date;
  /** Up to when the times of its schedule have been seen to; absent before the first. */
  readonly timesUntil?: Date;
  /** The runs that people were told are late. */
  readonly late: readonly RunKey[];
};

export type FeedStates = {
  /** Reads all that is remembered, by feed. */
  readAll(signal: AbortSignal): Promise<ReadonlyMap<string, FeedState>>;
  /** Notes that a feed is deployed, if that is new. */
  noteFirstSeen(feed: string, now: Date, signal: AbortSignal): Promise<void>;
  /** Notes up to when a feed's times have been seen to; never back. */
  noteTimesUntil(feed: string, until: Date, signal: AbortSignal): Promise<void>;
  /** Replaces the runs of a feed that were reported as late. */
  noteLate(feed: string, late: readonly RunKey[], signal: AbortSignal): Promise<void>;
};
