/**
 * The types of `breakaway.config.ts`.
 *
 * They let an editor complete and explain every field. `schema.ts` and `check-configuration.ts`
 * validate the same fields when the file is read.
 */
import type { UnfinishedStatus } from '../shared/jobs/job.ts';
import type { UserEmr } from './define-emr.ts';
import type { UserFeed } from './define-feed.ts';
import type { UserUis } from './define-uis.ts';

/** The whole configuration. */
export type UserConfig = {
  /** The IANA time zone in which people read times: `Asia/Tokyo`. */
  readonly timeZone: string;
  /**
   * The feeds: each is a job and the conditions that start it, as one cron line and its script
   * were.
   */
  readonly feeds: readonly UserFeed[];
  /** Business-day calendars by name, for the field `calendar` of a feed. */
  readonly calendars?: Readonly<Record<string, UserCalendar>> | undefined;
  /** The AWS Batch job queues that are watched for stuck jobs. */
  readonly queues?: UserQueues | undefined;
  /**
   * More log groups that jobs write to, where a job definition names another one than
   * `/aws/batch/job`. Notifications about failed jobs may show the last lines of these logs.
   *
   * @defaultValue `[]`
   */
  readonly logGroups?: readonly string[] | undefined;
  /** The Amazon EMR clusters whose metrics continue when a cluster is replaced. */
  readonly emr?: UserEmr | undefined;
  /** The web user interfaces of Amazon EMR clusters, behind a load balancer. */
  readonly uis?: UserUis | undefined;
};

export type UserWeekday = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun';

/** A calendar of business dates. */
export type UserCalendar = {
  /**
   * The days of the week that are business days, if they are not holidays.
   *
   * @defaultValue all seven
   */
  readonly weekdays?: readonly UserWeekday[] | undefined;
  /**
   * The dates that are not business dates: a list (`['2026-11-23']`), or the path of a text file,
   * relative to the configuration file. The file has one date per line. Text after a date is a
   * comment, and so is a line that starts with `#`.
   *
   * @defaultValue `[]`
   */
  readonly holidays?: string | readonly string[] | undefined;
};

/** The job queues that are watched. */
export type UserQueues = {
  /**
   * `'all'`, or names and patterns of job queues: `['etl-*', 'adhoc']`.
   *
   * @defaultValue `'all'`
   */
  readonly count?: 'all' | readonly string[] | undefined;
  /**
   * The time between two notifications about jobs that can never run in their queue: `'90s'`,
   * `'15m'`, `'4h'`, `'3d'`; from `'1m'` to `'30d'`.
   *
   * @defaultValue `'24h'`
   */
  readonly remindEvery?: string | undefined;
  /**
   * The age at which the oldest job in a status raises an alarm, for each queue that a feed submits
   * to: a duration from `'5m'` to `'7d'`, or `'never'`.
   *
   * @defaultValue `{ SUBMITTED: '30m', PENDING: '1d', RUNNABLE: '2h', STARTING: '30m', RUNNING:
   * '1d' }`
   */
  readonly alarmAfter?: Readonly<Partial<Record<UnfinishedStatus, string | undefined>>> | undefined;
};

/**
 * Gives an editor the types of a configuration.
 *
 * @returns The configuration, unchanged.
 */
export const defineConfig = (config: UserConfig): UserConfig => config;
