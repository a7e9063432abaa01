/** Finds the EMR cluster that stands for each logical cluster, with as few calls as possible. */
import type { Cluster } from '../../shared/clusters/cluster.ts';
import type { ClusterSelector } from '../../shared/clusters/emr-settings.ts';
import { type KnownTags, needsTags } from '../../shared/clusters/logical-clusters.ts';
import type { PrimaryDirectory } from '../../shared/clusters/primaries.ts';
import { toError } from '../../shared/to-error.ts';
import { createClusterDetails } from './cluster-details.ts';
import { logicalClusterOf, selectorsFor } from './cluster-membership.ts';
import { type LiveCluster, newestCluster } from './live-cluster.ts';

export type LiveClusters = {
  /** By the name of the logical cluster; `none` for a name that was not asked about. */
  readonly liveOf: (name: string) => LiveCluster;
  /** Ids of all ready clusters of any name; `undefined` when EMR could not be asked. */
  readonly ready: ReadonlySet<string> | undefined;
};

export type FindLiveClusters = (names: readonly string[], signal: AbortSignal) => Promise<LiveClusters>;

/** Scripts that start a cluster often add its tags later. */
const TAGS_KEPT_MS = 10 * 60_000;

/** Makes the function that finds them. It remembers answers from one call to the next. */
export const createFindLiveClusters = (
  { directory, now }: { readonly directory: PrimaryDirectory; readonly now: () => Date },
  selectors: readonly ClusterSelector[],
): FindLiveClusters => {
  const details = createClusterDetails({ directory, now });
  /** When the last answer for each name came, in epoch milliseconds. */
  const answeredAt = new Map<string, number>();

  /** A cluster whose tags cannot be read is left out, so it belongs to no name for certain. */
  const readTags = async (
    names: readonly string[],
    clusters: readonly Cluster[],
    signal: AbortSignal,
  ): Promise<KnownTags> => {
    const tags = new Map<string, Readonly<Record<string, string>>>();
    const unclear = clusters.filter((cluster) =>
      names.some((name) => needsTags(selectorsFor(selectors, name), cluster)),
    );
    for (const { id } of unclear) {
      await details.describe(id, TAGS_KEPT_MS, signal).then(
        (cluster) => tags.set(id, cluster.tags),
        () => undefined,
      );
    }
    return tags;
  };

  const findOne = async (
    name: string,
    clusters: readonly Cluster[],
    tags: KnownTags,
    signal: AbortSignal,
  ): Promise<LiveCluster> => {
    const { clusters: certain = [], doubtful = [] } = logicalClusterOf(selectors, name, clusters, tags) ?? {};
    const newest = newestCluster(certain, doubtful);
    if (newest.kind !== 'newest') {
      return newest;
    }
    try {
      const cluster = await details.describe(newest.cluster.id, Number.POSITIVE_INFINITY, signal);
      return { kind: 'ready', cluster, primaries: await details.listRunning(cluster, signal), others: newest.others };
    } catch (error) {
      return { kind: 'unknown', error: toError(error) };
    }
  };

  return async (names, signal) => {
    let clusters: Cluster[];
    try {
      clusters = await directory.listReady(signal);
    } catch (error) {
      return { liveOf: () => ({ kind: 'unknown', error: toError(error) }), ready: undefined };
    }
    details.retain(clusters);
    const tags = await readTags(names, clusters, signal);
    const live = new Map<string, LiveCluster>();
    // EMR's call rates are low: one call after the other, and the next tick goes on where they end.
    const longestAgoFirst = names.toSorted((one, other) => (answeredAt.get(one) ?? 0) - (answeredAt.get(other) ?? 0));
    for (const name of longestAgoFirst) {
      const found = await findOne(name, clusters, tags, signal);
      live.set(name, found);
      if (found.kind !== 'unknown') {
        answeredAt.set(name, now().getTime());
      }
    }
    return { liveOf: (name) => live.get(name) ?? { kind: 'none' }, ready: new Set(clusters.map(({ id }) => id)) };
  };
};
