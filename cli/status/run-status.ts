/** How runs stand, as an operator reads it: one word each. Pure. */

import { DAY_MS } from '../../shared/durations.ts';
import { datesBetween, isBusinessDate, startOf } from '../../shared/feeds/business-dates.ts';
import { expectedRuns } from '../../shared/feeds/dependents.ts';
import { momentOf } from '../../shared/feeds/due.ts';
import type { Calendar, Feed } from '../../shared/feeds/feed.ts';
import { type RunKey, runKeyId } from '../../shared/feeds/run-key.ts';
import { localDateOf } from '../../shared/feeds/zoned-time.ts';
import type { Run } from '../../shared/runs/run.ts';
import { missingOf } from '../../shared/runs/state-machine.ts';
import type { DateRange } from '../run-names.ts';

/** The worst first: the word of a cell that has several runs. */
export const WORDS = ['failed', 'refused', 'missing', 'late', 'running', 'waiting', 'shadow', 'done'] as const;

export type Word = (typeof WORDS)[number];

/** What a person should look at. */
export const PROBLEMS: readonly Word[] = ['failed', 'refused', 'missing', 'late'];

/** A run in the grid; `run` is absent where the ledger knows nothing of it. */
export type Standing = {
  readonly key: RunKey;
  readonly word: Word;
  /** The day that it is shown under. */
  readonly day: string;
  readonly run?: Run;
  /** What it waits for, or why it failed. */
  readonly reason?: string;
};

export type FeedStandings = {
  readonly feed: string;
  readonly standings: readonly Standing[];
  /** Days on which the feed has no run. */
  readonly daysOff: readonly string[];
};

const DAY = '2026-11-22'.length;

const dayOf = (feed: Feed, { key, openedAt }: Pick<Run, 'key' | 'openedAt'>): string =>
  key.date?.slice(0, DAY) ?? localDateOf(openedAt, feed.timeZone, 'dd');

const wordOfWaiting = ({ due, cutOff, timeZone }: Feed, { date }: RunKey, now: Date): Word => {
  if (date === undefined || due === undefined || momentOf(due, date, timeZone) > now) {
    return 'waiting';
  }
  return cutOff !== undefined && momentOf(cutOff, date, timeZone) <= now ? 'missing' : 'late';
};

const wordOf = (feed: Feed, run: Run, now: Date): Word => {
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
      // What runs again has come in time once.
      return run.wouldSubmitAt === undefined
        ? run.generation > 1
          ? 'waiting'
          : wordOfWaiting(feed, run.key, now)
        : 'shadow';
  }
};

const failureOf = ({ job, refusal }: Run): string =>
  [job?.exitCode === undefined ? [] : `exit code ${job.exitCode}`, job?.reason ?? refusal ?? []].flat().join(', ');

/** Says in a few words what a run waits for: `orders 2 of 3`. */
export const waitsFor = (feed: Feed, run: Pick<Run, 'key' | 'filled'>, now: Date): string => {
  const asRun: Run = { generation: 1, revision: 0, state: 'waiting', openedAt: now, ...run };
  return missingOf(feed, asRun, now)
    .map(({ slot, have, need, at }) =>
      at === undefined ? `${slot} ${have} of ${need}` : `${slot} at ${at.toISOString()}`,
    )
    .join(', ');
};

const reasonOf = (feed: Feed, run: Run, now: Date): string => {
  if (run.wouldSubmitAt !== undefined) {
    return 'complete, and left to others by its shadow feed';
  }
  if (run.state === 'waiting') {
    const missing = waitsFor(feed, run, now);
    return missing === '' ? 'complete, but not submitted yet' : `waits for ${missing}`;
  }
  return run.state === 'failed' || run.state === 'refused' ? failureOf(run) : '';
};

const ofRun = (feed: Feed, run: Run, now: Date): Standing => {
  const reason = reasonOf(feed, run, now);
  return {
    key: run.key,
    word: wordOf(feed, run, now),
    day: dayOf(feed, run),
    run,
    ...(reason === '' ? {} : { reason }),
  };
};

/** A run that should be there, and of which nothing is known, not even that it is waited for. */
const ofUnknown = (feed: Feed, key: RunKey, now: Date): Standing => {
  const word = wordOfWaiting(feed, key, now);
  return {
    key,
    word: word === 'late' ? 'missing' : word,
    day: dayOf(feed, { key, openedAt: now }),
    reason: `nothing has come: waits for ${waitsFor(feed, { key, filled: new Map() }, now)}`,
  };
};

/** What is known of a feed. */
export type Known = {
  readonly feed: Feed;
  readonly runs: readonly Run[];
  /** Absent while the stack has not seen the feed. */
  readonly firstSeenAt?: Date;
};

/** Lists how the runs of a feed stand, those that should be there and are not among them. */
export const standingsOf = (
  { feed, runs, firstSeenAt }: Known,
  { from, to }: DateRange,
  now: Date,
  calendars: Readonly<Record<string, Calendar>>,
): FeedStandings => {
  const days = datesBetween(from.slice(0, DAY), to.slice(0, DAY));
  const isInRange = ({ day }: Standing): boolean =>
    day.slice(0, DAY) >= from.slice(0, day.length) && day <= to.slice(0, DAY);
  const known = runs.map((run) => ofRun(feed, run, now));
  const ids = new Set(known.map(({ key }) => runKeyId(key)));
  const expected =
    firstSeenAt === undefined
      ? []
      : expectedRuns({ ...feed, lookback: lookbackTo(from, feed, now) }, now, firstSeenAt, calendars);
  const unknown = expected.filter((key) => !ids.has(runKeyId(key))).map((key) => ofUnknown(feed, key, now));
  const calendar = feed.calendar === undefined ? undefined : calendars[feed.calendar];
  return {
    feed: feed.name,
    standings: [...known, ...unknown].filter(isInRange),
    daysOff: days.filter((day) => !isBusinessDate(day, calendar)),
  };
};

/** How many dates before today a range begins: what is older than `lookback` is shown all the same. */
const lookbackTo = (from: string, { timeZone, lookback }: Feed, now: Date): number =>
  Math.max(lookback, Math.ceil((now.getTime() - startOf(from, timeZone).getTime()) / DAY_MS));
