/** The settings of the watched job queues. */

import type { UnfinishedStatus } from './job.ts';

export type Queues = {
  /** The queues to count: `all`, or names and patterns (`etl-*`). */
  readonly count: 'all' | readonly string[];
  /** The time between two reminders of jobs that can never run. */
  readonly remindEveryMs: number;
  /**
   * The age of the oldest job in a status that raises an alarm, in the queues of feeds; a missing
   * status has no alarm.
   */
  readonly alarmAfterMs: Readonly<Partial<Record<UnfinishedStatus, number>>>;
};
