/**
 * The validated configuration as data, with all defaults filled in.
 *
 * `load.ts` makes it from `breakaway.config.ts` at build time, the bundles contain it, and the
 * template is derived from it.
 */
import type { Emr } from '../shared/clusters/emr-settings.ts';
import type { Uis } from '../shared/clusters/uis.ts';
import type { Calendar, Feed } from '../shared/feeds/feed.ts';
import type { Queues } from '../shared/jobs/watched-queues.ts';

export type Configuration = {
  /** The IANA time zone in which people read times. */
  readonly timeZone: string;
  readonly feeds: readonly Feed[];
  /** By name. */
  readonly calendars: Readonly<Record<string, Calendar>>;
  readonly queues: Queues;
  /** Log groups of jobs, besides the log group of AWS Batch. */
  readonly logGroups: readonly string[];
  /** Absent when the configuration names no cluster. */
  readonly emr?: Emr;
  /** Absent when the configuration names no user interface. The built-in ones exist without it. */
  readonly uis?: Uis;
};
