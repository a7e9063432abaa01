/** Decides which clusters are remembered for the next tick. */
import { byText } from '../../shared/by-text.ts';
import type { Cluster } from '../../shared/clusters/cluster.ts';
import type { LogicalCluster } from '../../shared/clusters/logical-clusters.ts';
import type { Roster } from '../../shared/clusters/progress.ts';

/**
 * An unchanged roster is written sometimes too, so that the next look back does not get too long.
 */
const ROSTER_KEPT_MS = 30 * 60_000;

/** Makes the roster after a tick: the clusters of a name that are not published up to their end. */
export const rosterAfter = (
  kept: readonly LogicalCluster[],
  watermarks: ReadonlyMap<string, Date>,
  listedAt: Date,
): Roster => {
  const open = kept.flatMap(({ name, clusters, doubtful }) => {
    const until = watermarks.get(name);
    return [...clusters, ...doubtful].filter(
      ({ endedAt }) => endedAt === undefined || until === undefined || endedAt > until,
    );
  });
  const byId = new Map(open.map((cluster): [string, Cluster] => [cluster.id, cluster]));
  return {
    listedAt,
    clusters: [...byId].sort(([one], [other]) => byText(one, other)).map(([, cluster]) => cluster),
  };
};

/** Returns whether a roster has changed, or the written one is old. */
export const isWorthSaving = (before: Roster | undefined, after: Roster): boolean =>
  before === undefined ||
  after.listedAt.getTime() - before.listedAt.getTime() >= ROSTER_KEPT_MS ||
  JSON.stringify(before.clusters) !== JSON.stringify(after.clusters);
