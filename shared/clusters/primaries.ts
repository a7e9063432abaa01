/** The questions to EMR about primary nodes. The adapter is `shared/aws/emr-primaries.ts`. */
import type { Cluster, ClusterState } from './cluster.ts';

/** The states of a cluster whose web UIs may be up. */
export const READY_STATES = ['RUNNING', 'WAITING'] as const satisfies readonly ClusterState[];

/** A cluster with the details that locate its web UIs. */
export type EquippedCluster = Cluster & {
  readonly tags: Readonly<Record<string, string>>;
  /** `emr-7.5.0`; left out for very old clusters without a release. */
  readonly release?: string;
  /** Names of the applications that it was started with: `Spark`, `Hue`. */
  readonly applications: readonly string[];
  /** How its nodes are grouped, which decides how they are listed. */
  readonly collection: 'group' | 'fleet';
  /** The private or public DNS name of the primary node; of several, of the leading one. */
  readonly primaryDnsName?: string;
};

/** A primary node, also one that has ended. */
export type Primary = {
  /** The instance of EC2, `i-...`. */
  readonly instanceId: string;
  readonly isRunning: boolean;
  /** Private. The replacement of a failed node has the same address. */
  readonly address?: string;
  readonly dnsNames: readonly string[];
};

export type PrimaryDirectory = {
  /** Lists the clusters whose web UIs may be up. */
  listReady(signal: AbortSignal): Promise<Cluster[]>;
  /** Describes a cluster; `undefined` when EMR has forgotten it, or rejects its id. */
  describe(clusterId: string, signal: AbortSignal): Promise<EquippedCluster | undefined>;
  /** Lists the primary nodes of a cluster: one, or three and the failed ones that they replaced. */
  listPrimaries(cluster: Pick<EquippedCluster, 'id' | 'collection'>, signal: AbortSignal): Promise<Primary[]>;
};
