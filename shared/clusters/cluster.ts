/** An EMR cluster, as far as the suite looks at it. */

/** @see https://docs.aws.amazon.com/emr/latest/APIReference/API_ClusterStatus.html */
export const CLUSTER_STATES = [
  'STARTING',
  'BOOTSTRAPPING',
  'RUNNING',
  'WAITING',
  'TERMINATING',
  'TERMINATED',
  'TERMINATED_WITH_ERRORS',
] as const;

export type ClusterState = (typeof CLUSTER_STATES)[number];

/** The states of a cluster that is gone for good. */
export const ENDED_STATES = ['TERMINATED', 'TERMINATED_WITH_ERRORS'] as const satisfies readonly ClusterState[];

/** The states of a cluster that has, or will have, or still has nodes. */
export const LIVE_STATES = [
  'STARTING',
  'BOOTSTRAPPING',
  'RUNNING',
  'WAITING',
  'TERMINATING',
] as const satisfies readonly ClusterState[];

/** What EMR knows of one cluster; another of the same name is another cluster. */
export type Cluster = {
  /** EMR's own, `j-...`: the dimension `JobFlowId`. */
  readonly id: string;
  /** As it was given: any Unicode text, also a blank one, and not unique. */
  readonly name: string;
  readonly createdAt: Date;
  /** Absent while the cluster lives. */
  readonly endedAt?: Date;
};

/** From its creation until its end, where it has one. */
export type Lifetime = { readonly createdAt: Date; readonly endedAt?: Date };

/** Tells whether something existed for any time from `from` until before `to`. */
export const livedWithin = ({ createdAt, endedAt }: Lifetime, from: Date, to: Date): boolean =>
  createdAt < to && (endedAt === undefined || endedAt > from);

/** Tells whether something existed right before an instant. */
export const livedUntil = ({ createdAt, endedAt }: Lifetime, at: Date): boolean =>
  createdAt < at && (endedAt === undefined || endedAt >= at);
