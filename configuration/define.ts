/**
 * What a user writes in `breakaway.config.ts`.
 *
 * Types only, so that an editor completes and explains every field; `schema.ts` and `check-configuration.ts` hold the same shape to account.
 */

import type { AgentMetricName, ClusterMetricName, NodeMetricName } from '../shared/clusters/source-metrics.ts';
import type { UnfinishedStatus } from '../shared/jobs/watched-queues.ts';
import type { UserUis } from './define-uis.ts';

/** The whole configuration. */
export type UserConfig = {
  /** The IANA time zone in which people read times: `Asia/Tokyo`. */
  readonly timeZone: string;
  /** What each cron line and its script were: a job, and what it waits for. */
  readonly feeds: readonly UserFeed[];
  /** Business-day calendars by name, for `calendar` of a feed. */
  readonly calendars?: Readonly<Record<string, UserCalendar>> | undefined;
  /** The AWS Batch job queues that are watched for stuck jobs. */
  readonly queues?: UserQueues | undefined;
  /**
   * Log groups in which jobs keep their logs, where a job definition names another than `/aws/batch/job`: messages about failed jobs may show
   * the end of these.
   *
   * @defaultValue `[]`
   */
  readonly logGroups?: readonly string[] | undefined;
  /** The Amazon EMR clusters whose metrics run on when they are replaced. */
  readonly emr?: UserEmr | undefined;
  /** The web user interfaces of Amazon EMR clusters, behind a load balancer. */
  readonly uis?: UserUis | undefined;
};

export type UserWeekday = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun';

/** Which dates are business dates. */
export type UserCalendar = {
  /**
   * The days of the week that are business days, holidays apart.
   *
   * @defaultValue all seven
   */
  readonly weekdays?: readonly UserWeekday[] | undefined;
  /**
   * The dates that are none: a list (`['2026-11-23']`), or the path of a text file, relative to the configuration. The file has one date a
   * line; what follows a date is a remark, and so is a line that starts with `#`.
   *
   * @defaultValue `[]`
   */
  readonly holidays?: string | readonly string[] | undefined;
};

/** A job, and what it waits for. */
export type UserFeed = {
  /** Names the feed in every message, metric and job name: `a-z`, `0-9` and `-`, at most 40 characters. */
  readonly name: string;
  /** What the job waits for, by a name of your choice. The job is submitted when all required slots are filled. */
  readonly slots: Readonly<Record<string, UserSlot>>;
  /** What is submitted then. */
  readonly job: UserJob;
  /**
   * What happens when a file is written again, or a new one comes, after the job was submitted: `ignore` it, `alert` a person, or `rerun`
   * the job as the next generation.
   *
   * @defaultValue `'ignore'`
   */
  readonly onOverwrite?: 'ignore' | 'alert' | 'rerun' | undefined;
  /**
   * Where the job writes: S3 URIs with the placeholders of job values and `*`. One that ends with `/` means all below it; any other means the
   * object of that key and all below it, as Spark and Hive write a folder. Nothing is written there by the suite: it refuses a configuration
   * in which the output of a job would start the job again.
   */
  readonly outputs?: readonly string[] | undefined;
  /**
   * What people are told of beside what goes wrong: that the job has `started`, that it has `succeeded`.
   *
   * @defaultValue `[]`: what goes well goes without saying
   */
  readonly tell?: readonly ('started' | 'succeeded')[] | undefined;
  /**
   * The IANA time zone of the feed's dates and times: `America/New_York`.
   *
   * @defaultValue that of the configuration
   */
  readonly timeZone?: string | undefined;
  /**
   * Which dates have a run, by the name of a calendar: on the others nothing is expected, so nothing is late. What comes all the same is
   * processed.
   *
   * @defaultValue all dates
   */
  readonly calendar?: string | undefined;
  /**
   * When the run of a date should have all that it waits for; people are told of what is missing then.
   *
   * - `'09:00'`: that time on the date itself (its first day, where a run is a month or a year).
   * - `'+1d 09:00'`: that time on the day after; days are counted on the calendar, so it is 09:00 also when clocks are changed.
   * - `'+33h'`, `'+90m'`, `'+1h30m'`: so long after the date started. A feed by hours needs this form.
   *
   * The feed needs a date, and `values` for each of its captures: without, nobody knows which runs there should be.
   */
  readonly due?: string | undefined;
  /**
   * When nobody waits any longer for a run that is late; written like `due`. Whatever comes later is processed all the same.
   *
   * @defaultValue when the date leaves `lookback`
   */
  readonly cutOff?: string | undefined;
  /**
   * The first date that is looked for, `'2026-11-22'`: earlier ones are left alone, as they were processed elsewhere.
   *
   * @defaultValue the first that starts after the feed was first deployed
   */
  readonly since?: string | undefined;
  /**
   * How many dates before today are still looked for, 0 to 60: days, or months and years where those are the feed's dates.
   *
   * @defaultValue 3
   */
  readonly lookback?: number | undefined;
  /**
   * How often people are told again of a run that is late: `'90s'`, `'15m'`, `'4h'`, `'3d'`; from `'1m'` to `'30d'`.
   *
   * @defaultValue `'4h'`
   */
  readonly remindEvery?: string | undefined;
  /**
   * Which runs are made up for after an outage, of a feed that waits for nothing but a time: the `latest`, or `all` that were missed.
   *
   * @defaultValue `'latest'`
   */
  readonly catchUp?: 'latest' | 'all' | undefined;
  /**
   * The values that captures have, where they are known: `{ shop: ['tokyo', 'osaka'] }`. Needed for `due`, and where a feed that has no such
   * capture waits for this one: it then waits for all of them. Other values are processed all the same.
   */
  readonly values?: Readonly<Record<string, readonly string[]>> | undefined;
  /**
   * Whether everything is done but the submission of the job: to watch what would happen while another system still does the work.
   *
   * @defaultValue `false`
   */
  readonly shadow?: boolean | undefined;
};

/** One thing that a feed waits for: files, another feed, or a time. */
export type UserSlot = UserFileSlot | UserFeedSlot | UserTimeSlot;

/** Files that a feed waits for. */
export type UserFileSlot = {
  /**
   * An S3 URI with captures.
   *
   * - `{shop}`: one or more characters other than `/`. Files with the same captured values belong to the same run.
   * - `{date:yyyyMMdd}`: a business date of `yyyy`, `MM`, `dd`, `HH`, `mm`; it may be spread over the key, as in
   *   `{date:yyyy}/{date:MM}/{date:dd}`. Year, month and day that have no slash, start or end of the key beside them, without `{shop}` or `*`
   *   between, stand side by side.
   * - `*`: any characters other than `/`, that do not matter. What the S3 console makes for a folder, an empty object whose key ends with `/`, is
   *   taken only by a template that ends with `/` itself.
   * - `{{` and `}}`: a brace that stands for itself.
   *
   * @example `s3://landing/sales/{date:yyyyMMdd}/orders_{shop}.tsv.gz`
   */
  readonly files: string;
  /**
   * How many files fill the slot; more than 1 only where the template has a `*`.
   *
   * @defaultValue 1
   */
  readonly min?: number | undefined;
  /**
   * Whether the job goes ahead without: an optional file is recorded and passed on, and delays nothing.
   *
   * @defaultValue `false`
   */
  readonly optional?: boolean | undefined;
  /**
   * A smaller object does not fill the slot: 1 leaves out empty files.
   *
   * @defaultValue 0
   */
  readonly minBytes?: number | undefined;
};

/**
 * The success of another feed: of its run of the same date, and of the same values of the captures that both have.
 *
 * A feed without files takes its dates and captures from the feeds that it waits for.
 */
export type UserFeedSlot = {
  /** Name of the other feed. */
  readonly feed: string;
  /**
   * Which date of the other feed is meant, from that of the run: `'-1d'` is the day before; `y`, `mo`, `d`, `h` and `m` are years, months,
   * days, hours and minutes.
   *
   * @defaultValue the same date
   */
  readonly offset?: string | undefined;
  /**
   * Captures of the other feed that this one shall not have: of these, the runs of all values that the other feed lists (`values`) are waited
   * for. Where this feed has files, whose templates say which captures it has, it is left out.
   *
   * @example `['shop']`
   */
  readonly all?: readonly string[] | undefined;
  /**
   * Whether the job goes ahead without.
   *
   * @defaultValue `false`
   */
  readonly optional?: boolean | undefined;
};

/** A time that has to come, in the time zone of the feed: the first from the start of a run's date on. */
export type UserTimeSlot = {
  /**
   * A time of day, `'06:30'`, or a crontab expression of five fields, `'30 6 * * 1-5'`, or one of `@hourly`, `@daily`, `@weekly`, `@monthly`,
   * `@yearly`.
   *
   * Where clocks are changed, a time that they skip comes right after what they skip, and one that they show twice, at the first.
   *
   * A feed that waits for nothing else has a run for each of its times; their dates are by day, by hour or by minute, as the times are.
   *
   * @see https://man7.org/linux/man-pages/man5/crontab.5.html
   */
  readonly at: string;
};

/** What a feed submits; one target so far. */
export type UserJob = {
  /** A job on AWS Batch. */
  readonly batch: UserBatchJob;
};

/**
 * What is sent to AWS Batch.
 *
 * The values of `parameters`, `command`, `environment` and `tags` may hold placeholders: `{date:yyyy-MM-dd}`, a capture such as `{shop}`,
 * `{feed}`, `{generation}` (1, and one more for each rerun), `{manifest}` (URI of a JSON Lines list of the run's files), and for a slot
 * that has one file in a run `{orders.uri}`, `{orders.bucket}` and `{orders.key}`. Write `{{` and `}}` for braces.
 *
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
 */
export type UserBatchJob = {
  /** Name of the job queue. */
  readonly queue: string;
  /** Name of the job definition: its latest active revision, or the one named as `name:revision`. */
  readonly definition: string;
  /** Values for the `Ref::name` placeholders in the job definition's command. None that data makes an option or another `Ref::` is sent. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  /**
   * Replaces the command of the job definition.
   *
   * What comes from a key never becomes part of a shell script: `['sh', '-c', 'import "$1"', 'import', '{orders.uri}']` passes it as an
   * argument instead.
   */
  readonly command?: readonly string[] | undefined;
  /** Environment variables, on top of those in the job definition. No name starts with `AWS_BATCH`. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Replaces the resources in the job definition. */
  readonly resources?: UserResources | undefined;
  /** Makes an array job of 2 to 10,000 children. */
  readonly arraySize?: number | undefined;
  /** Ends an attempt that runs longer; 60 to 2,147,483,647. A job that is ended so is not retried. */
  readonly timeoutSeconds?: number | undefined;
  /** Replaces the retry strategy of the job definition. */
  readonly retry?: UserRetry | undefined;
  /** Whose share of a fair-share queue the job uses; required by such a queue, refused by any other. At most 255 letters and digits. */
  readonly shareIdentifier?: string | undefined;
  /** Order among the jobs of the same share, 0 to 9,999, the highest first; only with `shareIdentifier`. */
  readonly schedulingPriority?: number | undefined;
  /** Tags of the job: at most 50, keys to 128 and values to 256 letters, digits, spaces and `_ . : / = + - @`, nothing that starts with `aws:`. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /**
   * Whether the Amazon ECS task gets the tags too.
   *
   * @defaultValue `false`
   */
  readonly propagateTags?: boolean | undefined;
};

/** What a job's container gets; what is left out stays as in the job definition. */
export type UserResources = {
  /** Number of vCPUs: 0.25, 0.5, 1, 2, 4, 8, 16 or 32 on Fargate, a whole number on EC2. */
  readonly vcpus?: number | undefined;
  /** Memory in MiB, at least 4. */
  readonly memoryMiB?: number | undefined;
  /** Number of GPUs, at least 1. */
  readonly gpus?: number | undefined;
};

/** When a failed job is tried again. */
export type UserRetry = {
  /** How often the job is tried in all, 1 to 10. */
  readonly attempts: number;
  /** At most 5 rules; the first whose conditions all hold decides, and a failure that meets none is retried. */
  readonly evaluateOnExit?: readonly UserExitRule[] | undefined;
};

/** What to do after a failure that meets all conditions given, of which there is at least one. */
export type UserExitRule = {
  readonly action: 'RETRY' | 'EXIT';
  /** What the job's status reason is; a `*` at the end takes any rest: `Host EC2*`. Batch documents letters, digits, `.`, `:` and white space. */
  readonly onStatusReason?: string | undefined;
  /** What the container's reason is; a `*` at the end takes any rest. The same characters. */
  readonly onReason?: string | undefined;
  /** What the exit code is: digits, and `*` at the end for any rest. */
  readonly onExitCode?: string | undefined;
};

/** The queues that are watched. */
export type UserQueues = {
  /**
   * `'all'`, or names and patterns of job queues: `['etl-*', 'adhoc']`.
   *
   * @defaultValue `'all'`
   */
  readonly count?: 'all' | readonly string[] | undefined;
  /**
   * How often people are told again that jobs can never run in their queue, while that is so: `'90s'`, `'15m'`, `'4h'`, `'3d'`; from `'1m'` to
   * `'30d'`.
   *
   * @defaultValue `'24h'`
   */
  readonly remindEvery?: string | undefined;
  /**
   * For how long the oldest job of a queue may be in a status before an alarm rings, for each queue that a feed submits to: a duration from
   * `'5m'` to `'7d'`, or `'never'`.
   *
   * @defaultValue `{ SUBMITTED: '30m', PENDING: '1d', RUNNABLE: '2h', STARTING: '30m', RUNNING: '1d' }`
   */
  readonly alarmAfter?: Readonly<Partial<Record<UnfinishedStatus, string | undefined>>> | undefined;
};

/** The Amazon EMR clusters that the suite has to do with. */
export type UserEmr = {
  /** The logical clusters, in order: an EMR cluster belongs to the first that takes it. */
  readonly clusters: readonly UserCluster[];
  /** What is published about them. */
  readonly metrics?: UserEmrMetrics | undefined;
};

/**
 * EMR clusters that are one logical cluster, across restarts.
 *
 * - `{ name: 'etl' }`: those of exactly this name.
 * - `{ name: 'etl', pattern: 'etl-*' }`: those whose name fits.
 * - `{ pattern: 'adhoc-*' }`: the same, each under its own name.
 * - `{ name: 'training', tag: { key: 'team', value: 'ml' } }`: those that carry a tag.
 */
export type UserCluster = {
  /** Names the logical cluster in metrics and messages; where it is all there is, also its EMR clusters. */
  readonly name?: string | undefined;
  /** What the names of its EMR clusters look like: `*` stands for any characters. */
  readonly pattern?: string | undefined;
  /** What its EMR clusters are tagged with. */
  readonly tag?: { readonly key: string; readonly value: string } | undefined;
};

/** What is published about logical clusters, each as `<Metric>Average` and, where that means something, `<Metric>Sum`. */
export type UserEmrMetrics = {
  /**
   * Metrics of EMR, one value a cluster.
   *
   * @defaultValue containers, applications, memory, HDFS, nodes, and whether anything runs at all
   * @see https://docs.aws.amazon.com/emr/latest/ManagementGuide/UsingEMR_ViewingMetrics.html
   */
  readonly clusterMetrics?: readonly ClusterMetricName[] | undefined;
  /**
   * Metrics of EC2, one value a node.
   *
   * @defaultValue CPU, network, and disks of both sorts
   */
  readonly nodeMetrics?: readonly NodeMetricName[] | undefined;
  /**
   * Metrics of the CloudWatch agent, one value a node: only clusters of EMR 7 have it, and only if it was asked for.
   *
   * @defaultValue none
   */
  readonly agentMetrics?: readonly AgentMetricName[] | undefined;
  /**
   * How many minutes a window of five minutes is closed before it is read, 5 to 60. What comes later is not in its value.
   *
   * @defaultValue 10
   */
  readonly lagMinutes?: number | undefined;
  /**
   * How many logical clusters have metrics at most, 1 to 500. It matters where a pattern lets clusters count under their own names.
   *
   * @defaultValue 10
   */
  readonly maxNames?: number | undefined;
  /**
   * How many nodes are read at a time at most, in all, 0 to 10,000. Of a logical cluster that goes beyond, the nodes' metrics are left out.
   *
   * @defaultValue 100
   */
  readonly maxNodes?: number | undefined;
  /**
   * What the metrics may cost a month at most, in US dollars; a configuration that could cost more is refused.
   *
   * @defaultValue 100
   */
  readonly maxMonthlyUsd?: number | undefined;
  /** When a person is told. */
  readonly alarms?: UserEmrAlarms | undefined;
};

/** When a person is told about a logical cluster that has a `name` here. */
export type UserEmrAlarms = {
  /**
   * How many unhealthy nodes are tolerated.
   *
   * @defaultValue 0
   */
  readonly unhealthyNodes?: number | undefined;
  /**
   * How many percent of HDFS may be in use, 1 to 100.
   *
   * @defaultValue 80
   */
  readonly hdfsUtilizationPercent?: number | undefined;
};

/**
 * Gives an editor the types of a configuration.
 *
 * @returns The configuration, unchanged.
 */
export const defineConfig = (config: UserConfig): UserConfig => config;
