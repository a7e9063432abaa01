/** An EMR cluster, and how long it lived. */

/** The states of a cluster that has ended. */
export const ENDED_STATES = ['TERMINATED', 'TERMINATED_WITH_ERRORS'] as const;

/** The states of a cluster that has nodes, or will have nodes. */
export const LIVE_STATES = ['STARTING', 'BOOTSTRAPPING', 'RUNNING', 'WAITING', 'TERMINATING'] as const;

/** @see https://docs.aws.amazon.com/emr/latest/APIReference/API_ClusterStatus.html */
export type ClusterState = (typeof LIVE_STATES | typeof ENDED_STATES)[number];

/** One cluster of EMR. A restart makes another cluster of the same name. */
export type Cluster = {
  /** `j-...`: the dimension `JobFlowId`. */
  readonly id: string;
  /** Any Unicode text, even a blank one; not unique. */
  readonly name: string;
  readonly createdAt: Date;
  /** Left out while the cluster lives. */
  readonly endedAt?: Date;
};

/** The time from a creation to an end, if it has ended. */
export type Lifetime = { readonly createdAt: Date; readonly endedAt?: Date };

/** Returns whether something existed at any time from `from` until before `to`. */
export const livedWithin = ({ createdAt, endedAt }: Lifetime, from: Date, to: Date): boolean =>
  createdAt < to && (endedAt === undefined || endedAt > from);

/** Returns whether something existed directly before an instant. */
export const livedUntil = ({ createdAt, endedAt }: Lifetime, at: Date): boolean =>
  createdAt < at && (endedAt === undefined || endedAt >= at);
