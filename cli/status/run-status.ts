/** The status of runs for an operator: one word each. Pure. */

import { DAY_MS } from '../../shared/durations.ts';
import { datesBetween, isBusinessDate, startOf } from '../../shared/feeds/business-dates.ts';
import { expectedRuns } from '../../shared/feeds/dependents.ts';
import { momentOf } from '../../shared/feeds/due.ts';
import type { Calendar, Feed } from '../../shared/feeds/feed.ts';
import { type RunKey, runKeyId } from '../../shared/feeds/run-key.ts';
import { localDateOf } from '../../shared/feeds/zoned-time.ts';
import type { Run } from '../../shared/runs/run.ts';
import { missingOf } from '../../shared/runs/state-machine.ts';
import { type DateRange, dayPart } from '../run-names.ts';

/** All statuses, the worst first. */
export const STATUSES = ['failed', 'refused', 'missing', 'late', 'running', 'waiting', 'shadow', 'done'] as const;

export type Status = (typeof STATUSES)[number];

/** The statuses that need a person. */
export const PROBLEMS: readonly Status[] = ['failed', 'refused', 'missing', 'late'];

export type RunStatus = {
  readonly key: RunKey;
  readonly status: Status;
  /** The column of the grid. */
  readonly day: string;
  /** Absent when the ledger has no such run. */
  readonly run?: Run;
  /** The missing slots, or the cause of the failure. */
  readonly reason?: string;
};

export type FeedStatus = {
  readonly feed: string;
  readonly runs: readonly RunStatus[];
  /** The days that are not a business date of the feed. */
  readonly daysOff: readonly string[];
};

const dayOf = (feed: Feed, { key, openedAt }: Pick<Run, 'key' | 'openedAt'>): string =>
  key.date === undefined ? localDateOf(openedAt, feed.timeZone, 'dd') : dayPart(key.date);

const waitingStatusOf = ({ due, cutOff, timeZone }: Feed, { date }: RunKey, now: Date): Status => {
  if (date === undefined || due === undefined || momentOf(due, date, timeZone) > now) {
    return 'waiting';
  }
  return cutOff !== undefined && momentOf(cutOff, date, timeZone) <= now ? 'missing' : 'late';
};

const statusOf = (feed: Feed, run: Run, now: Date): Status => {
  switch (run.state) {
    case 'succeeded':
      return 'done';
    case 'failed':
    case 'refused':
      return run.state;
    case 'claimed':
    case 'submitted':
    case 'running':
      return 'running';
    case 'waiting':
      if (run.wouldSubmitAt !== undefined) {
        return 'shadow';
      }
      // The first generation of a rerun was complete, so the run is not late.
      return run.generation > 1 ? 'waiting' : waitingStatusOf(feed, run.key, now);
  }
};

const failureOf = ({ job, refusal }: Run): string =>
  [job?.exitCode === undefined ? [] : `exit code ${job.exitCode}`, job?.reason ?? refusal ?? []].flat().join(', ');

/** Lists the missing slots of a run in a few words: `orders 2 of 3`. */
const missingText = (feed: Feed, run: Pick<Run, 'key' | 'filled'>, now: Date): string => {
  const asRun: Run = { generation: 1, revision: 0, state: 'waiting', openedAt: now, ...run };
  return missingOf(feed, asRun, now)
    .map(({ slot, have, need, at }) =>
      at === undefined ? `${slot} ${have} of ${need}` : `${slot} at ${at.toISOString()}`,
    )
    .join(', ');
};

const reasonOf = (feed: Feed, run: Run, now: Date): string => {
  if (run.wouldSubmitAt !== undefined) {
    return 'complete; the feed is a shadow and does not start the job';
  }
  if (run.state === 'waiting') {
    const missing = missingText(feed, run, now);
    return missing === '' ? 'complete, but not submitted yet' : `waits for ${missing}`;
  }
  return run.state === 'failed' || run.state === 'refused' ? failureOf(run) : '';
};

const knownStatusOf = (feed: Feed, run: Run, now: Date): RunStatus => {
  const reason = reasonOf(feed, run, now);
  return {
    key: run.key,
    status: statusOf(feed, run, now),
    day: dayOf(feed, run),
    run,
    ...(reason === '' ? {} : { reason }),
  };
};

/** The status of a run that is expected and that the ledger does not have. */
const absentStatusOf = (feed: Feed, key: RunKey, now: Date): RunStatus => {
  const status = waitingStatusOf(feed, key, now);
  return {
    key,
    status: status === 'late' ? 'missing' : status,
    day: dayOf(feed, { key, openedAt: now }),
    reason: `nothing has arrived: waits for ${missingText(feed, { key, filled: new Map() }, now)}`,
  };
};

/** A feed, and what the ledger has of it. */
export type FeedRuns = {
  readonly feed: Feed;
  readonly runs: readonly Run[];
  /** Absent while the stack has not seen the feed. */
  readonly firstSeenAt?: Date;
};

/** Extends `lookback` to the beginning of a range: an earlier range shows its missing runs too. */
const lookbackTo = (from: string, { timeZone, lookback }: Feed, now: Date): number =>
  Math.max(lookback, Math.ceil((now.getTime() - startOf(from, timeZone).getTime()) / DAY_MS));

/** Lists the status of each run of a feed, also of the expected runs that do not exist. */
export const feedStatusOf = (
  { feed, runs, firstSeenAt }: FeedRuns,
  { from, to }: DateRange,
  now: Date,
  calendars: Readonly<Record<string, Calendar>>,
): FeedStatus => {
  const days = datesBetween(dayPart(from), dayPart(to));
  const isInRange = ({ day }: RunStatus): boolean => day >= from.slice(0, day.length) && day <= dayPart(to);
  const known = runs.map((run) => knownStatusOf(feed, run, now));
  const ids = new Set(known.map(({ key }) => runKeyId(key)));
  const expected =
    firstSeenAt === undefined
      ? []
      : expectedRuns({ ...feed, lookback: lookbackTo(from, feed, now) }, now, firstSeenAt, calendars);
  const absent = expected.filter((key) => !ids.has(runKeyId(key))).map((key) => absentStatusOf(feed, key, now));
  const calendar = feed.calendar === undefined ? undefined : calendars[feed.calendar];
  return {
    feed: feed.name,
    runs: [...known, ...absent].filter(isInRange),
    daysOff: days.filter((day) => !isBusinessDate(day, calendar)),
  };
};
