/** A job of AWS Batch, from its events or from `DescribeJobs`. */

/** The statuses of jobs that have not ended, in the order in which a job passes through them. */
export const UNFINISHED_STATUSES = ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING'] as const;

export type UnfinishedStatus = (typeof UNFINISHED_STATUSES)[number];

export const JOB_STATUSES = [...UNFINISHED_STATUSES, 'SUCCEEDED', 'FAILED'] as const;

export type JobStatus = (typeof JOB_STATUSES)[number];

/**
 * The parts of a job.
 *
 * - `container`: one container; `containers`: several, of one ECS task (`ecsProperties`); `pod`: on
 *   EKS.
 * - `array`: an array job, the parent of its children; `array child`: one of them.
 * - `nodes`: a multi-node parallel job; `node`: one of its nodes.
 * - `unknown`: a kind of job that is newer than this code.
 */
export type JobShape = 'container' | 'containers' | 'pod' | 'array' | 'array child' | 'nodes' | 'node' | 'unknown';

/** How a container of one attempt ended. */
export type ContainerEnd = {
  /** Left out if the job has only one container. */
  readonly name?: string | undefined;
  readonly exitCode?: number | undefined;
  /** The reason that ECS or Kubernetes gives. */
  readonly reason?: string | undefined;
  /** Known from RUNNING on, so a container that never ran has none. */
  readonly logStream?: string | undefined;
};

/** One attempt of a job. */
export type Attempt = {
  readonly startedAt?: Date | undefined;
  readonly stoppedAt?: Date | undefined;
  readonly statusReason?: string | undefined;
  readonly containers: readonly ContainerEnd[];
};

/** The requests of a container, and the destination of its log. */
export type JobContainer = {
  readonly name?: string | undefined;
  readonly memoryMiB?: number | undefined;
  /** `awslogs` unless the job definition names another. */
  readonly logDriver: string;
  readonly logGroup: string;
  /** The region of the log, if the job definition names one. */
  readonly logRegion?: string | undefined;
};

/** The confidential values of a job. They may be in its log, and must not be in a message. */
export type Confidential = {
  readonly values: readonly { readonly name: string; readonly value: string }[];
  /** Names of environment variables whose values come from a secret store. */
  readonly secretNames: readonly string[];
};

/** The location of a job in AWS. */
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
  /** The attempts that have begun and that Batch lists. */
  readonly attempts: readonly Attempt[];
  /** The maximum number of attempts. */
  readonly attemptsAllowed: number;
  readonly timeoutSeconds?: number | undefined;
  readonly isCancelled: boolean;
  readonly isTerminated: boolean;
  /** The containers of the newest attempt. */
  readonly ends: readonly ContainerEnd[];
  readonly containers: readonly JobContainer[];
  readonly array?: ArrayProperties | undefined;
  /** The index of the main node of a multi-node job. */
  readonly mainNode?: number | undefined;
  /** Ids of the jobs that it depends on. */
  readonly dependsOn: readonly string[];
  readonly confidential: Confidential;
};

export type ArrayProperties = {
  readonly size?: number | undefined;
  /** The index of a child. */
  readonly index?: number | undefined;
  /** The number of children of a parent in each status. */
  readonly statusSummary: Readonly<Record<string, number>>;
};

/** Returns the id of the array job or multi-node job that a job belongs to, else the id itself. */
export const parentId = (jobId: string): string => jobId.replace(/[:#]\d+$/, '');

/** Returns whether a job is a part of another job, which ends with its parts. */
export const isPart = ({ id, shape }: Pick<Job, 'id' | 'shape'>): boolean =>
  shape === 'array child' || shape === 'node' || parentId(id) !== id;

/** Returns whether a job has ended. */
export const hasEnded = ({ status }: Pick<Job, 'status'>): boolean => status === 'SUCCEEDED' || status === 'FAILED';

/**
 * Returns the newest attempt with its containers; made from the job where Batch lists no attempt.
 */
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
  // Batch does not list the current attempt of a running job.
  const last = attempts.at(-1);
  const isUnlisted = status === 'RUNNING' && (last === undefined || last.stoppedAt !== undefined);
  return attempts.length + Number(isUnlisted);
};
