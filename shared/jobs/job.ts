/** A job of AWS Batch, as its events and `DescribeJobs` tell of it. */

/** The statuses of jobs that have not ended, in the order in which a job passes through them. */
export const UNFINISHED_STATUSES = ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING'] as const;

export type UnfinishedStatus = (typeof UNFINISHED_STATUSES)[number];

export const JOB_STATUSES = [...UNFINISHED_STATUSES, 'SUCCEEDED', 'FAILED'] as const;

export type JobStatus = (typeof JOB_STATUSES)[number];

/**
 * What a job is made of.
 *
 * - `container`: one container; `containers`: several, of one ECS task (`ecsProperties`); `pod`: on EKS.
 * - `array`: an array job, the parent of its children; `array child`: one of them.
 * - `nodes`: a multi-node parallel job; `node`: one of its nodes.
 * - `unknown`: something that Batch has learnt since.
 */
export type JobShape = 'container' | 'containers' | 'pod' | 'array' | 'array child' | 'nodes' | 'node' | 'unknown';

/** How a container of one attempt ended. */
export type ContainerEnd = {
  /** Left out where the job has one container only. */
  readonly name?: string | undefined;
  readonly exitCode?: number | undefined;
  /** What ECS or Kubernetes says of it. */
  readonly reason?: string | undefined;
  /** There from RUNNING on, so a container that never ran has none. */
  readonly logStream?: string | undefined;
};

/** One try at a job. */
export type Attempt = {
  readonly startedAt?: Date | undefined;
  readonly stoppedAt?: Date | undefined;
  readonly statusReason?: string | undefined;
  readonly containers: readonly ContainerEnd[];
};

/** What a container asks for and where its log goes. */
export type JobContainer = {
  readonly name?: string | undefined;
  readonly memoryMiB?: number | undefined;
  /** `awslogs` unless the job definition says otherwise. */
  readonly logDriver: string;
  readonly logGroup: string;
  /** Another region than the job's, where the job definition says so. */
  readonly logRegion?: string | undefined;
};

/** What a job knows and nobody else should: it may be in the log, and never gets into a message. */
export type Confidential = {
  readonly values: readonly { readonly name: string; readonly value: string }[];
  /** Names of environment variables that are filled from a secret store. */
  readonly secretNames: readonly string[];
};

/** The part of AWS that a job lives in. */
export type JobLocation = { readonly partition: string; readonly region: string };

export type Job = {
  readonly id: string;
  readonly name: string;
  /** The name of its queue. */
  readonly queue: string;
  /** `name:revision`; jobs for SageMaker have none. */
  readonly definition?: string | undefined;
  readonly location: JobLocation;
  readonly status: JobStatus;
  readonly statusReason?: string | undefined;
  readonly shape: JobShape;
  readonly createdAt?: Date | undefined;
  readonly startedAt?: Date | undefined;
  readonly stoppedAt?: Date | undefined;
  /** Those that have begun, as far as Batch tells of them. */
  readonly attempts: readonly Attempt[];
  /** How often the job may be tried in all. */
  readonly attemptsAllowed: number;
  readonly timeoutSeconds?: number | undefined;
  readonly isCancelled: boolean;
  readonly isTerminated: boolean;
  /** The containers as they are now: those of the newest attempt. */
  readonly ends: readonly ContainerEnd[];
  readonly containers: readonly JobContainer[];
  readonly array?: ArrayProperties | undefined;
  /** The index of the node that decides, of a multi-node job. */
  readonly mainNode?: number | undefined;
  /** Ids of the jobs that it depends on. */
  readonly dependsOn: readonly string[];
  readonly confidential: Confidential;
};

export type ArrayProperties = {
  readonly size?: number | undefined;
  /** Of a child. */
  readonly index?: number | undefined;
  /** Of a parent: how many children are in each status. */
  readonly statusSummary: Readonly<Record<string, number>>;
};

/** Names the array job or the multi-node job that an id belongs to; the id itself where it belongs to none. */
export const parentId = (jobId: string): string => jobId.replace(/[:#]\d+$/, '');

/** Tells whether a job is a part of another one, which tells for all its parts how they ended. */
export const isPart = ({ id, shape }: Pick<Job, 'id' | 'shape'>): boolean =>
  shape === 'array child' || shape === 'node' || parentId(id) !== id;

/** Tells whether a job has come to its end. */
export const hasEnded = ({ status }: Pick<Job, 'status'>): boolean => status === 'SUCCEEDED' || status === 'FAILED';

/** The newest attempt, with what is known of its containers now; made up of the job where Batch lists none. */
export const lastAttempt = ({ attempts, ends, startedAt, stoppedAt, statusReason }: Job): Attempt | undefined => {
  const last = attempts.at(-1);
  const isCurrent = last === undefined || last.containers.length === 0;
  if (last === undefined && startedAt === undefined && ends.every(({ logStream }) => logStream === undefined)) {
    return undefined;
  }
  return { startedAt, stoppedAt, statusReason, ...last, containers: isCurrent ? ends : last.containers };
};

/** Counts the attempts that have begun. */
export const attemptsBegun = ({ attempts, status }: Pick<Job, 'attempts' | 'status'>): number => {
  // Of a running job, Batch lists those that have ended.
  const last = attempts.at(-1);
  const isUnlisted = status === 'RUNNING' && (last === undefined || last.stoppedAt !== undefined);
  return attempts.length + Number(isUnlisted);
};
