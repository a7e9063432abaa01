/** Tells which logical cluster an EMR cluster belongs to, when only some names matter. */
import type { Cluster } from '../../shared/clusters/cluster.ts';
import type { ClusterSelector } from '../../shared/clusters/emr-settings.ts';
import { groupClusters, type KnownTags, type LogicalCluster } from '../../shared/clusters/logical-clusters.ts';
import type { EquippedCluster } from '../../shared/clusters/primaries.ts';

/**
 * Chooses what decides about one name: the configuration, where it gives that name to logical clusters. Any other name that a target group carries
 * means the EMR clusters of exactly that name, whatever else they belong to.
 */
export const selectorsFor = (selectors: readonly ClusterSelector[], name: string): readonly ClusterSelector[] =>
  selectors.some((selector) => selector.name === name) ? selectors : [{ kind: 'name', name }];

/** Finds the clusters of one name; `undefined` where there is none. */
export const logicalClusterOf = (
  selectors: readonly ClusterSelector[],
  name: string,
  clusters: readonly Cluster[],
  tags: KnownTags,
): LogicalCluster | undefined =>
  groupClusters(selectorsFor(selectors, name), clusters, tags).logicalClusters.find((logical) => logical.name === name);

/** Tells whether a cluster belongs to a logical cluster for certain. */
export const belongsTo = (selectors: readonly ClusterSelector[], cluster: EquippedCluster, name: string): boolean =>
  logicalClusterOf(selectors, name, [cluster], new Map([[cluster.id, cluster.tags]]))?.clusters.length === 1;

/** Tells whether a cluster of which only the name is known may belong to a logical cluster. */
export const mayBelongTo = (
  selectors: readonly ClusterSelector[],
  changed: { readonly id: string; readonly name: string },
  name: string,
): boolean => {
  const found = logicalClusterOf(selectors, name, [{ ...changed, createdAt: new Date(0) }], new Map());
  return found !== undefined && found.clusters.length + found.doubtful.length > 0;
};
