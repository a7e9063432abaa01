/** The status of runs for an operator: one word each. Pure. */

import { DAY_MS } from '../../shared/durations.ts';
import { datesBetween, isBusinessDate, startOf } from '../../shared/feeds/business-dates.ts';
import type { Calendar, Feed } from '../../shared/feeds/feed.ts';
import { dueAtOf, expectedOf, isOver } from '../../shared/feeds/lateness.ts';
import { type RunKey, runKeyId } from '../../shared/feeds/run-key.ts';
import { localDateOf } from '../../shared/feeds/zoned-time.ts';
import type { Run } from '../../shared/runs/run.ts';
import type { Observed } from '../observations.ts';
import { type DateRange, dayPart } from '../run-names.ts';

/** All statuses, the worst first. */
export const STATUSES = [
  'failed',
  'refused',
  'missing',
  'late',
  'held',
  'running',
  'waiting',
  'shadow',
  'done',
] as const;

export type Status = (typeof STATUSES)[number];

/** The statuses that need a person. */
export const PROBLEMS: readonly Status[] = ['failed', 'refused', 'missing', 'late', 'held'];

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

/** @param isExpected - whether the feed expects the run: only then is it late */
const waitingStatusOf = (feed: Feed, key: RunKey, isExpected: boolean, now: Date): Status => {
  const dueAt = dueAtOf(feed, key);
  if (!isExpected || dueAt === undefined || dueAt > now) {
    return 'waiting';
  }
  return isOver(feed, key, now) ? 'missing' : 'late';
};

const statusOf = (feed: Feed, run: Run, isExpected: boolean, now: Date): Status => {
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
      if (run.shadowAt !== undefined) {
        return 'shadow';
      }
      if (run.heldAt !== undefined && run.isReleased !== true) {
        return 'held';
      }
      // The first generation of a rerun was complete, so the run is not late.
      return run.generation > 1 ? 'waiting' : waitingStatusOf(feed, run.key, isExpected, now);
  }
};

const failureOf = ({ job, refusal }: Run): string =>
  [job?.exitCode === undefined ? [] : `exit code ${job.exitCode}`, job?.reason ?? refusal ?? []].flat().join(', ');

/** Lists the missing slots of a run in a few words: `waits for orders 2 of 3`. */
const missingText = (observed: Observed | undefined): string => {
  if (observed === undefined) {
    return '';
  }
  if (observed instanceof Error) {
    return `could not look: ${observed.message}`;
  }
  const missing = observed.missing
    .map(({ slot, have, need, at }) =>
      at === undefined ? `${slot} ${have} of ${need}` : `${slot} at ${at.toISOString()}`,
    )
    .join(', ');
  return missing === '' ? 'complete, but not submitted yet' : `waits for ${missing}`;
};

const reasonOf = (run: Run, observed: Observed | undefined): string => {
  if (run.shadowAt !== undefined) {
    return 'complete; the feed is a shadow and does not start the job';
  }
  if (run.heldAt !== undefined && run.isReleased !== true) {
    return `came in a burst: breakaway release ${run.key.feed}, or drop`;
  }
  if (run.state === 'waiting') {
    return missingText(observed);
  }
  return run.state === 'failed' || run.state === 'refused' ? failureOf(run) : '';
};

const knownStatusOf = (
  feed: Feed,
  run: Run,
  isExpected: boolean,
  observed: Observed | undefined,
  now: Date,
): RunStatus => {
  const reason = reasonOf(run, observed);
  return {
    key: run.key,
    status: statusOf(feed, run, isExpected, now),
    day: dayOf(feed, run),
    run,
    ...(reason === '' ? {} : { reason }),
  };
};

/** The status of a run that is expected and that the ledger does not have. */
const absentStatusOf = (feed: Feed, key: RunKey, observed: Observed | undefined, now: Date): RunStatus => {
  const status = waitingStatusOf(feed, key, true, now);
  return {
    key,
    status: status === 'late' ? 'missing' : status,
    day: dayOf(feed, { key, openedAt: now }),
    reason: ['nothing has arrived', missingText(observed)].filter((text) => text !== '').join(': '),
  };
};

/** A feed, and what the ledger has of it. */
export type FeedRuns = {
  readonly feed: Feed;
  readonly runs: readonly Run[];
  /** Absent while the stack has not seen the feed. */
  readonly firstSeenAt?: Date;
};

/** Lists the runs of a feed that are expected in a range by now. */
export const expectedIn = (
  { feed, firstSeenAt }: Pick<FeedRuns, 'feed' | 'firstSeenAt'>,
  { from }: DateRange,
  now: Date,
  calendars: Readonly<Record<string, Calendar>>,
): RunKey[] =>
  firstSeenAt === undefined
    ? []
    : expectedOf({ ...feed, lookback: lookbackTo(from, feed, now) }, now, { firstSeen: firstSeenAt, calendars }).map(
        ({ key }) => key,
      );

/** Extends `lookback` to the beginning of a range: an earlier range shows its missing runs too. */
const lookbackTo = (from: string, { timeZone, lookback }: Feed, now: Date): number =>
  Math.max(lookback, Math.ceil((now.getTime() - startOf(from, timeZone).getTime()) / DAY_MS));

/**
 * Lists the status of each run of a feed, also of the expected runs that do not exist.
 *
 * @param observed - what S3 holds for the runs that wait, by their name
 */
export const feedStatusOf = (
  { feed, runs, firstSeenAt }: FeedRuns,
  { from, to }: DateRange,
  now: Date,
  calendars: Readonly<Record<string, Calendar>>,
  observed: ReadonlyMap<string, Observed> = new Map(),
): FeedStatus => {
  const days = datesBetween(dayPart(from), dayPart(to));
  const isInRange = ({ day }: RunStatus): boolean => day >= from.slice(0, day.length) && day <= dayPart(to);
  const expected = expectedIn({ feed, ...(firstSeenAt && { firstSeenAt }) }, { from, to }, now, calendars);
  const expectedIds = new Set(expected.map(runKeyId));
  const known = runs.map((run) => {
    const id = runKeyId(run.key);
    return knownStatusOf(feed, run, expectedIds.has(id), observed.get(id), now);
  });
  const ids = new Set(known.map(({ key }) => runKeyId(key)));
  const absent = expected
    .filter((key) => !ids.has(runKeyId(key)))
    .map((key) => absentStatusOf(feed, key, observed.get(runKeyId(key)), now));
  const calendar = feed.calendar === undefined ? undefined : calendars[feed.calendar];
  return {
    feed: feed.name,
    runs: [...known, ...absent].filter(isInRange),
    daysOff: days.filter((day) => !isBusinessDate(day, calendar)),
  };
};
