/** Matches EMR clusters with the logical clusters that target groups name. */
import type { Cluster } from '../../shared/clusters/cluster.ts';
import type { ClusterSelector } from '../../shared/clusters/emr-settings.ts';
import { groupClusters, type KnownTags, type LogicalCluster } from '../../shared/clusters/logical-clusters.ts';
import type { EquippedCluster } from '../../shared/clusters/primaries.ts';

/**
 * Returns the selectors that decide about one name: those of the configuration where one of them
 * gives that name. Any other name means the EMR clusters of exactly that name, even if they belong
 * to a logical cluster too.
 */
export const selectorsFor = (selectors: readonly ClusterSelector[], name: string): readonly ClusterSelector[] =>
  selectors.some((selector) => selector.name === name) ? selectors : [{ kind: 'name', name }];

/** Finds the clusters of one name; `undefined` if it has none. */
export const logicalClusterOf = (
  selectors: readonly ClusterSelector[],
  name: string,
  clusters: readonly Cluster[],
  tags: KnownTags,
): LogicalCluster | undefined =>
  groupClusters(selectorsFor(selectors, name), clusters, tags).logicalClusters.find((logical) => logical.name === name);

/** Returns whether a cluster belongs to a logical cluster for certain. */
export const belongsTo = (selectors: readonly ClusterSelector[], cluster: EquippedCluster, name: string): boolean =>
  logicalClusterOf(selectors, name, [cluster], new Map([[cluster.id, cluster.tags]]))?.clusters.length === 1;

/** Returns whether a cluster may belong to a logical cluster, when only its name is known. */
export const mayBelongTo = (
  selectors: readonly ClusterSelector[],
  changed: { readonly id: string; readonly name: string },
  name: string,
): boolean => {
  const found = logicalClusterOf(selectors, name, [{ ...changed, createdAt: new Date(0) }], new Map());
  return found !== undefined && found.clusters.length + found.doubtful.length > 0;
};
