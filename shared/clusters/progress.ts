/** The state that one tick leaves to the next. The adapter is `shared/aws/cluster-progress.ts`. */
import type { Cluster } from './cluster.ts';

/**
 * The live clusters, and the ended clusters that are not published up to their end.
 *
 * EMR lists clusters by their creation, not by their end, and keeps ended clusters for two months.
 * The roster finds an ended cluster of any age by its id, also after an outage.
 */
export type Roster = {
  /** When EMR listed the clusters; clusters that were created later may be missing. */
  readonly listedAt: Date;
  readonly clusters: readonly Cluster[];
};

export type ClusterProgress = {
  /** Reads the watermark of each name: until when it is published. A missing name has none. */
  readWatermarks(names: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Date>>;
  /** Moves a watermark forward. It never moves back, so a late call changes nothing. */
  advance(name: string, to: Date, signal: AbortSignal): Promise<void>;
  /** Reads the roster; `undefined` on the first tick. */
  readRoster(signal: AbortSignal): Promise<Roster | undefined>;
  /**
   * Writes the roster. When two ticks overlap, the last one wins: an older roster makes the next
   * look back longer, and misses nothing.
   */
  saveRoster(roster: Roster, signal: AbortSignal): Promise<void>;
};
