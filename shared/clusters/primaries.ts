/** What is asked of EMR about primary nodes. The adapter is `shared/aws/emr-primaries.ts`. */
import type { Cluster, ClusterState } from './cluster.ts';

/** The states of a cluster whose web UIs may be up. */
export const READY_STATES = ['RUNNING', 'WAITING'] as const satisfies readonly ClusterState[];

/** A cluster, with what it takes to know where its web UIs are. */
export type EquippedCluster = Cluster & {
  readonly tags: Readonly<Record<string, string>>;
  /** `emr-7.5.0`; absent for clusters from before there were releases. */
  readonly release?: string;
  /** Names of what was asked for when it was started: `Spark`, `Hue`. */
  readonly applications: readonly string[];
  /** How its nodes are grouped, which decides how EMR is asked for them. */
  readonly collection: 'group' | 'fleet';
  /** The private or public DNS name of the primary node; of several, of the one that runs what only one can. */
  readonly primaryDnsName?: string;
};

/** A primary node, as it is or was. */
export type Primary = {
  /** Of EC2, `i-...`. */
  readonly instanceId: string;
  readonly isRunning: boolean;
  /** Private. A primary that takes the place of a failed one has the address of that one. */
  readonly address?: string;
  readonly dnsNames: readonly string[];
};

export type PrimaryDirectory = {
  /** Lists the clusters whose web UIs may be up. */
  listReady(signal: AbortSignal): Promise<Cluster[]>;
  /** Looks one cluster up; `undefined` when EMR knows it no more, or has a problem with its id. */
  describe(clusterId: string, signal: AbortSignal): Promise<EquippedCluster | undefined>;
  /** Lists the primary nodes of a cluster: one, or three and those whose place they took. */
  listPrimaries(cluster: Pick<EquippedCluster, 'id' | 'collection'>, signal: AbortSignal): Promise<Primary[]>;
};
