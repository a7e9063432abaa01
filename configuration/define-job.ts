/** The types of a job in `breakaway.config.ts`. */

/** The job of a feed. AWS Batch is the only engine so far. */
export type UserJob = {
  /** A job on AWS Batch. */
  readonly batch: UserBatchJob;
};

/**
 * A request to AWS Batch.
 *
 * The values of `parameters`, `command`, `environment` and `tags` may have placeholders:
 * `{date:yyyy-MM-dd}`, a capture such as `{shop}`, `{feed}`, `{generation}` (1 for the first job of
 * a run, 2 for the first rerun), `{manifest}` (the URI of a JSON Lines list of the run's files). A
 * slot with one file per run has `{orders.uri}`, `{orders.bucket}` and `{orders.key}`. Write `{{`
 * and `}}` for braces.
 *
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
 */
export type UserBatchJob = {
  /** The name of the job queue. */
  readonly queue: string;
  /** The name of the job definition, for its latest active revision; or `name:revision`. */
  readonly definition: string;
  /**
   * Values for the `Ref::name` placeholders in the command of the job definition. A run whose data
   * would turn a value into an option or into another `Ref::` does not get its job.
   */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  /**
   * The command, in place of the command in the job definition.
   *
   * A text from a key must not be part of a shell script. Pass it as an argument of the script:
   * `['sh', '-c', 'import "$1"', 'import', '{orders.uri}']`.
   */
  readonly command?: readonly string[] | undefined;
  /**
   * Environment variables, added to those of the job definition. No name starts with `AWS_BATCH`.
   */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** The resources, in place of those in the job definition. */
  readonly resources?: UserResources | undefined;
  /** The number of children of an array job, 2 to 10,000. */
  readonly arraySize?: number | undefined;
  /**
   * The longest time of an attempt in seconds, 60 to 2,147,483,647. AWS Batch ends a longer attempt
   * and does not retry the job.
   */
  readonly timeoutSeconds?: number | undefined;
  /** The retry strategy, in place of the one in the job definition. */
  readonly retry?: UserRetry | undefined;
  /**
   * The share of a fair-share queue that the job uses, at most 255 letters and digits. A fair-share
   * queue requires it, and any other queue refuses it.
   */
  readonly shareIdentifier?: string | undefined;
  /** The order among jobs of the same share, 0 to 9,999, highest first. Needs `shareIdentifier`. */
  readonly schedulingPriority?: number | undefined;
  /**
   * At most 50 tags of the job. Keys have at most 128 and values at most 256 characters: letters,
   * digits, spaces and `_ . : / = + - @`. No key or value starts with `aws:`.
   */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /**
   * Whether the Amazon ECS task gets the tags, too.
   *
   * @defaultValue `false`
   */
  readonly propagateTags?: boolean | undefined;
};

/** The resources of a job's container. A field that is left out stays as in the job definition. */
export type UserResources = {
  /** Number of vCPUs: 0.25, 0.5, 1, 2, 4, 8, 16 or 32 on Fargate, a whole number on EC2. */
  readonly vcpus?: number | undefined;
  /** Memory in MiB, at least 4. */
  readonly memoryMiB?: number | undefined;
  /** Number of GPUs, at least 1. */
  readonly gpus?: number | undefined;
};

/** A retry strategy. */
export type UserRetry = {
  /** The number of attempts, the first one included, 1 to 10. */
  readonly attempts: number;
  /**
   * At most 5 rules. The first rule whose conditions all hold decides. A failure that no rule
   * matches is retried.
   */
  readonly evaluateOnExit?: readonly UserExitRule[] | undefined;
};

/** The action after a failure for which all conditions of the rule hold. A rule has one or more. */
export type UserExitRule = {
  readonly action: 'RETRY' | 'EXIT';
  /**
   * The status reason of the job; a `*` at the end stands for any rest: `Host EC2*`. Batch
   * documents letters, digits, `.`, `:` and white space.
   */
  readonly onStatusReason?: string | undefined;
  /** The reason of the container, written like `onStatusReason`. */
  readonly onReason?: string | undefined;
  /** The exit code: digits, and a `*` at the end for any rest. */
  readonly onExitCode?: string | undefined;
};
