/** The EMR cluster that stands for a logical cluster now. */
import type { Cluster } from '../../shared/clusters/cluster.ts';
import type { EquippedCluster, Primary } from '../../shared/clusters/primaries.ts';

type NoCluster =
  | { readonly kind: 'none' }
  /** EMR could not be asked, or its answers do not suffice. */
  | { readonly kind: 'unknown'; readonly error: Error };

export type LiveCluster =
  | {
      readonly kind: 'ready';
      /** The newest cluster of the name that is ready. */
      readonly cluster: EquippedCluster;
      /** Its primary nodes that run. */
      readonly primaries: readonly Primary[];
      /** Ids of the other clusters of the name that are ready, the newest first. */
      readonly others: readonly string[];
    }
  | NoCluster;

/** The newest cluster of a name, before EMR is asked about its nodes. */
export type NewestCluster =
  | { readonly kind: 'newest'; readonly cluster: Cluster; readonly others: readonly string[] }
  | NoCluster;

/** The newest first; clusters of the same instant have an order too, which is always the same. */
const byAge = (one: Cluster, other: Cluster): number =>
  other.createdAt.getTime() - one.createdAt.getTime() || Number(one.id < other.id) - Number(one.id > other.id);

/**
 * Chooses the newest cluster of a logical cluster.
 *
 * @param certain - the clusters that belong to it
 * @param doubtful - clusters that may belong to it, since their tags could not be read
 */
export const newestCluster = (certain: readonly Cluster[], doubtful: readonly Cluster[]): NewestCluster => {
  const [newest, ...others] = certain.toSorted(byAge);
  const newerInDoubt = doubtful.find((cluster) => newest === undefined || byAge(cluster, newest) < 0);
  if (newerInDoubt !== undefined) {
    return { kind: 'unknown', error: new Error(`The tags of cluster ${newerInDoubt.id} could not be read`) };
  }
  return newest === undefined
    ? { kind: 'none' }
    : { kind: 'newest', cluster: newest, others: others.map(({ id }) => id) };
};
