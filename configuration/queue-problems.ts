/** Reads the settings of job queues, and validates them. */
import type { UnfinishedStatus } from '../shared/jobs/job.ts';
import type { Queues } from '../shared/jobs/watched-queues.ts';
import type { UserQueues } from './define.ts';
import { type DurationRange, durationMs, durationProblem, REMINDER_RANGE } from './duration.ts';

const DEFAULT_REMIND_EVERY = '24h';

const NEVER = 'never';

const DEFAULT_ALARM_AFTER: Readonly<Record<UnfinishedStatus, string>> = {
  SUBMITTED: '30m',
  // A job with dependencies is PENDING until the other jobs have ended.
  PENDING: '1d',
  RUNNABLE: '2h',
  // A job's timeout does not cover STARTING: a container image that cannot be pulled blocks its
  // machine for ever.
  STARTING: '30m',
  RUNNING: '1d',
};

/** The period of an alarm is five minutes, and CloudWatch allows seven days at most. */
const ALARM_RANGE: DurationRange = { leastMs: 5 * 60_000, mostMs: 7 * 24 * 3_600_000 };

const alarmAfter = (wanted: UserQueues['alarmAfter']): [status: string, after: string][] =>
  Object.entries(DEFAULT_ALARM_AFTER).map(([status, after]) => [
    status,
    Object.entries(wanted ?? {}).find(([name]) => name === status)?.[1] ?? after,
  ]);

/** Fills in the defaults. A duration that cannot be read is `NaN`, and has a problem. */
export const readQueues = ({ count = 'all', remindEvery = DEFAULT_REMIND_EVERY, ...queues }: UserQueues): Queues => ({
  count,
  remindEveryMs: durationMs(remindEvery) ?? Number.NaN,
  alarmAfterMs: Object.fromEntries(
    alarmAfter(queues.alarmAfter).flatMap(([status, after]) =>
      after === NEVER ? [] : [[status, durationMs(after) ?? Number.NaN]],
    ),
  ),
});

const countProblems = (count: 'all' | readonly string[]): string[] => {
  if (count === 'all') {
    return [];
  }
  const problems = count.flatMap((name) =>
    /^[A-Za-z0-9_*-]{1,128}$/.test(name)
      ? []
      : [`queues, count: "${name}" is not a name or pattern of a queue: at most 128 letters, digits, "_", "-" and "*"`],
  );

  return count.length === 0
    ? ["queues, count: the list is empty; write 'all', or leave it out, to count all queues"]
    : problems;
};

/** Lists the problems of the queue settings. */
export const queueProblems = ({
  count = 'all',
  remindEvery = DEFAULT_REMIND_EVERY,
  ...queues
}: UserQueues): string[] => {
  const problem = durationProblem(remindEvery, REMINDER_RANGE);
  const ofAlarms = alarmAfter(queues.alarmAfter).flatMap(([status, after]) => {
    const ofAlarm = after === NEVER ? undefined : durationProblem(after, ALARM_RANGE);
    return ofAlarm === undefined ? [] : [`queues, alarmAfter, ${status}: ${ofAlarm}; or write '${NEVER}'`];
  });

  return [...countProblems(count), ...(problem === undefined ? [] : [`queues, remindEvery: ${problem}`]), ...ofAlarms];
};
