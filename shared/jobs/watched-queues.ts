/** The job queues that the suite watches, as data. */

import type { UnfinishedStatus } from './job.ts';

/** The AWS Batch job queues that are watched. */
export type Queues = {
  /** `all`, or names and patterns (`etl-*`) of those that are counted. */
  readonly count: 'all' | readonly string[];
  /** For how long people are left alone while jobs wait that can never run. */
  readonly remindEveryMs: number;
  /** For how long the oldest job of a feed's queue may be in a status before an alarm rings; a status that is left out has no alarm. */
  readonly alarmAfterMs: Readonly<Partial<Record<UnfinishedStatus, number>>>;
};
