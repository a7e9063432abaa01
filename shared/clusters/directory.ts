/** What is asked of EMR. The adapter is `shared/aws/emr.ts`. */
import type { Cluster, ClusterState } from './cluster.ts';
import type { NodeRole } from './node.ts';

/** EMR's operations, whose call rates are limited one by one, and all together. */
export type EmrOperation =
  | 'DescribeCluster'
  | 'ListClusters'
  | 'ListInstanceFleets'
  | 'ListInstanceGroups'
  | 'ListInstances';

/** Waits until a call may be made; rejects when there is no time for that. */
export type Admit = (operation: EmrOperation, signal: AbortSignal) => Promise<void>;

/** The group or fleet that an instance belongs to, which says what its role is. */
export type Membership = { readonly kind: 'group' | 'fleet'; readonly id: string };

export type Instance = {
  /** Of EC2, `i-...`. */
  readonly instanceId: string;
  readonly memberOf: Membership;
  readonly createdAt: Date;
  readonly endedAt?: Date;
};

export type DescribedCluster = Cluster & { readonly tags: Readonly<Record<string, string>> };

export type ClusterDirectory = {
  /** Lists all clusters in these states; of any age where `createdAfter` is left out. */
  listClusters(
    query: { readonly states: readonly ClusterState[]; readonly createdAfter?: Date },
    signal: AbortSignal,
  ): Promise<Cluster[]>;
  /** Looks one cluster up; `undefined` when EMR knows it no more, which it does for two months after its end. */
  describeCluster(id: string, signal: AbortSignal): Promise<DescribedCluster | undefined>;
  /** Lists the instances of a cluster, also those that ended in the last 30 days, up to 2,000. */
  listInstances(clusterId: string, signal: AbortSignal): Promise<Instance[]>;
  /** Tells the role of each of a cluster's groups or fleets, by id; a cluster has either. */
  listRoles(clusterId: string, kind: Membership['kind'], signal: AbortSignal): Promise<ReadonlyMap<string, NodeRole>>;
};
