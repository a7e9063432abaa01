/** The questions to EMR about clusters and nodes. The adapter is `shared/aws/emr.ts`. */
import type { Cluster, ClusterState } from './cluster.ts';
import type { NodeRole } from './node.ts';

/** The operations of EMR. Each has a call rate, and all together have one. */
export type EmrOperation =
  | 'DescribeCluster'
  | 'ListClusters'
  | 'ListInstanceFleets'
  | 'ListInstanceGroups'
  | 'ListInstances';

/** Waits until a call is allowed; rejects when the time does not suffice. */
export type Admit = (operation: EmrOperation, signal: AbortSignal) => Promise<void>;

/** The group or fleet of an instance, which decides its role. */
export type Membership = { readonly kind: 'group' | 'fleet'; readonly id: string };

export type Instance = {
  /** The instance of EC2, `i-...`. */
  readonly instanceId: string;
  readonly memberOf: Membership;
  readonly createdAt: Date;
  readonly endedAt?: Date;
};

export type DescribedCluster = Cluster & { readonly tags: Readonly<Record<string, string>> };

export type ClusterDirectory = {
  /** Lists all clusters in these states, of any age unless `createdAfter` is given. */
  listClusters(
    query: { readonly states: readonly ClusterState[]; readonly createdAfter?: Date },
    signal: AbortSignal,
  ): Promise<Cluster[]>;
  /** Describes a cluster; `undefined` when EMR has forgotten it, two months after its end. */
  describeCluster(id: string, signal: AbortSignal): Promise<DescribedCluster | undefined>;
  /**
   * Lists the instances of a cluster, up to 2,000, including those that ended in the last 30 days.
   */
  listInstances(clusterId: string, signal: AbortSignal): Promise<Instance[]>;
  /** Reads the roles of a cluster's groups or fleets, by id; a cluster has either. */
  listRoles(clusterId: string, kind: Membership['kind'], signal: AbortSignal): Promise<ReadonlyMap<string, NodeRole>>;
};
