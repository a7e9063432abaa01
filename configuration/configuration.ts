/**
 * The validated configuration as data: what `breakaway.config.ts` means once every default is filled in.
 *
 * The schema (`schema.ts`, build time only) produces it, the bundles contain it, and the template is derived from it.
 */
import type { Emr } from '../shared/clusters/emr-settings.ts';
import type { Uis } from '../shared/clusters/uis.ts';
import type { Calendar, Feed } from '../shared/feeds/feed.ts';
import type { Queues } from '../shared/jobs/watched-queues.ts';

export type Configuration = {
  /** The IANA zone in which people read times. */
  readonly timeZone: string;
  readonly feeds: readonly Feed[];
  /** By name. */
  readonly calendars: Readonly<Record<string, Calendar>>;
  readonly queues: Queues;
  /** Log groups, beside that of AWS Batch, in which jobs keep their logs. */
  readonly logGroups: readonly string[];
  /** Absent where no cluster is named. */
  readonly emr?: Emr;
  /** Absent where nothing is said of user interfaces; the built-in ones are known all the same. */
  readonly uis?: Uis;
};
