/** What is remembered from one tick to the next. The adapter is `shared/aws/cluster-progress.ts`. */
import type { Cluster } from './cluster.ts';

/**
 * The clusters that are not done with: those that live, and those that have ended and are not published up to their end.
 *
 * EMR lists clusters by when they were created, not by when they ended, and keeps those that have ended for two months. With this, a cluster
 * that ended is found by its id, however old it was, also after an outage.
 */
export type Roster = {
  /** When EMR was asked: what was created after this may not be in it. */
  readonly listedAt: Date;
  readonly clusters: readonly Cluster[];
};

export type ClusterProgress = {
  /** Reads until when each name is published; a name that is not in the answer has no watermark. */
  readWatermarks(names: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Date>>;
  /** Moves a watermark on. It never moves back, so whoever is late changes nothing. */
  advance(name: string, to: Date, signal: AbortSignal): Promise<void>;
  /** Reads the roster; `undefined` on the very first tick. */
  readRoster(signal: AbortSignal): Promise<Roster | undefined>;
  /**
   * Writes the roster. Of two ticks that overlap, whichever is last wins: an older roster leads to a longer look back, and to nothing that is missed.
   */
  saveRoster(roster: Roster, signal: AbortSignal): Promise<void>;
};
