/** Decides from the answers of EC2 and EMR which targets are dead. */
import type { OwnedTarget } from '../../shared/clusters/bindings.ts';
import type { ClusterSelector } from '../../shared/clusters/emr-settings.ts';
import type { Machine } from '../../shared/clusters/machines.ts';
import type { EquippedCluster } from '../../shared/clusters/primaries.ts';
import type { Target, UiGroup } from '../../shared/clusters/targets.ts';
import { belongsTo } from './cluster-membership.ts';

/** A target that may be dead. */
export type Suspect = {
  readonly group: UiGroup;
  readonly target: Target;
  /** The cluster and instance behind it, where they are remembered or known. */
  readonly owner?: OwnedTarget;
};

/** The answers of EC2. */
export type Instances = {
  readonly byId: ReadonlyMap<string, Machine>;
  /** The instances that have the address of a suspect now. */
  readonly holders: readonly Machine[];
};

/** The answers of EC2 and EMR. */
export type Evidence = Instances & {
  readonly clusters: ReadonlyMap<string, EquippedCluster>;
  readonly selectors: readonly ClusterSelector[];
};

/** Names the instance behind a target; `undefined` for an address whose owner is unknown. */
export const instanceIdOf = ({ owner, group, target }: Suspect): string | undefined =>
  owner?.instanceId ?? (group.targetType === 'instance' ? target.id : undefined);

/** Finds the instance behind a target. */
export const instanceOf = (suspect: Suspect, { byId }: Pick<Instances, 'byId'>): Machine | undefined =>
  byId.get(instanceIdOf(suspect) ?? '');

const holdersOf = ({ group, target }: Suspect, { holders }: Instances): readonly Machine[] => {
  const all = holders.filter(({ address, isGone }) => address === target.id && !isGone);
  const inNetwork = all.filter(({ vpcId }) => vpcId === group.vpcId);
  // An address outside the group's network may belong to an instance in a peered network.
  return inNetwork.length > 0 ? inNetwork : all;
};

const clusterIdOf = (suspect: Suspect, instances: Instances): string | undefined =>
  suspect.owner?.clusterId ?? instanceOf(suspect, instances)?.clusterId;

/**
 * Lists the clusters that EMR has to describe before a target can be called dead or alive.
 *
 * @param ready - ids of clusters that are ready, so that they need no description
 */
export const clustersToDescribe = (
  suspect: Suspect,
  instances: Instances,
  ready: ReadonlySet<string> | undefined,
): string[] => {
  if (instanceIdOf(suspect) === undefined) {
    return holdersOf(suspect, instances).flatMap(({ clusterId }) => clusterId ?? []);
  }
  const id = clusterIdOf(suspect, instances);
  return id === undefined || ready?.has(id) === true ? [] : [id];
};

/**
 * Decides whether a target is dead: its instance is gone, its cluster has ended, or its address now
 * belongs to an instance that has nothing to do with the logical cluster. In doubt it is alive.
 */
export const isDead = (suspect: Suspect, evidence: Evidence): boolean => {
  const { clusters, selectors } = evidence;
  const hasEnded = (clusterId: string | undefined): boolean => clusters.get(clusterId ?? '')?.endedAt !== undefined;
  const isForeign = ({ clusterId }: Machine): boolean => {
    const cluster = clusters.get(clusterId ?? '');
    return clusterId === undefined || (cluster !== undefined && !belongsTo(selectors, cluster, suspect.group.cluster));
  };

  if (instanceOf(suspect, evidence)?.isGone === true || hasEnded(clusterIdOf(suspect, evidence))) {
    return true;
  }
  if (instanceIdOf(suspect) !== undefined) {
    return false;
  }
  // An address without an instance proves nothing: the answer of EC2 may lag, or the address may
  // lie in a network of another account.
  const holders = holdersOf(suspect, evidence);
  return holders.length > 0 && holders.every((holder) => hasEnded(holder.clusterId) || isForeign(holder));
};
