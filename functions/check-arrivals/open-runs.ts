/** Opens the runs that are expected although no file of them has come: those of a date that has started, and those of a time that comes within the next tick. */

import { HOUR_MS, SECOND_MS } from '../../shared/durations.ts';
import { isBusinessDate } from '../../shared/feeds/business-dates.ts';
import { expectedRuns } from '../../shared/feeds/dependents.ts';
import type { Calendar, Feed, Schedule } from '../../shared/feeds/feed.ts';
import { type RunKey, runKeyId } from '../../shared/feeds/run-key.ts';
import { type NominalTime, nominalTimesBetween } from '../../shared/feeds/schedule-times.ts';
import { later } from '../../shared/instants.ts';
import { processItems } from '../../shared/process-items.ts';
import type { FeedState, FeedStates } from '../../shared/runs/feed-states.ts';
import type { Ledger } from '../../shared/runs/ledger.ts';

export type Ports = {
  readonly ledger: Pick<Ledger, 'open'>;
  readonly states: FeedStates;
  readonly now: () => Date;
};

/** A run that was opened, and when it is due. */
export type OpenedRun = { readonly run: RunKey; readonly evaluateAt: Date };

export type OpenedRuns = {
  readonly opened: readonly OpenedRun[];
  /** Times that came during an outage and are not made up for, by feed: how many, and the dates of the first and the last. */
  readonly skipped: readonly {
    readonly feed: string;
    readonly times: number;
    readonly first: string;
    readonly last: string;
  }[];
  /** Runs, or feeds, that could not be opened. */
  readonly failed: readonly { readonly run: RunKey; readonly error: unknown }[];
};

const CONCURRENCY = 10;

/** What one tick makes up for of one feed, more or less; the next goes on. */
const TIMES_PER_TICK = 50;

/** What is seen to is written down at least this often, so that another schedule does not begin long ago. */
const WRITE_EVERY_MS = HOUR_MS;

/** Runs are opened before their time, so that they start on the second. */
const AHEAD_MS = 75 * SECOND_MS;

/** Lists the schedules of a feed that waits for nothing but times, so that only they open its runs. */
const schedulesOf = ({ slots }: Feed): Schedule[] => {
  const schedules = slots.flatMap((slot) => (slot.kind === 'time' ? [slot.at] : []));
  return schedules.length === slots.length ? schedules : [];
};

/** Lists the times that came, each date once, in order. */
const timesOf = (
  { dateUnit = 'dd', since = '', timeZone }: Feed,
  schedules: readonly Schedule[],
  calendar: Calendar | undefined,
  after: Date,
  until: Date,
): NominalTime[] => {
  const times = schedules
    .flatMap((schedule) => nominalTimesBetween(schedule, dateUnit, after, until, timeZone))
    .sort((one, other) => one.at.getTime() - other.at.getTime());
  const first = Map.groupBy(times, ({ date }) => date);
  return Array.from(first.values(), ([time]) => time)
    .filter((time) => time !== undefined)
    .filter(({ date }) => date >= since && isBusinessDate(date, calendar));
};

/** A feed whose runs are opened by its times alone. */
type Timed = { readonly feed: Feed; readonly schedules: readonly Schedule[]; readonly state: FeedState };

/** Takes what one tick makes up for, and no instant by half: what clocks skip all comes at one. */
const firstOf = (times: readonly NominalTime[]): NominalTime[] => {
  const last = times[TIMES_PER_TICK - 1];
  return times.filter(({ at }, index) => index < TIMES_PER_TICK || at.getTime() === last?.at.getTime());
};

/**
 * Makes the function that opens runs.
 *
 * @returns a function that takes what is remembered of the feeds. What failed for one run is an outcome of kind `failed`, and is done by the next tick
 */
export const createOpenRuns = (
  { ledger, states, now }: Ports,
  feeds: readonly Feed[],
  calendars: Readonly<Record<string, Calendar>>,
) => {
  const calendarOf = ({ calendar }: Feed) => (calendar === undefined ? undefined : calendars[calendar]);
  /** The runs that this process knows to be there, so that the table is asked once for each. */
  let known = new Set<string>();

  const openExpected = async (all: ReadonlyMap<string, FeedState>, signal: AbortSignal): Promise<OpenedRuns> => {
    const expected = feeds.flatMap((feed) => {
      const state = all.get(feed.name);
      return state === undefined ? [] : expectedRuns(feed, now(), state.firstSeenAt, calendars);
    });
    const missing = expected.filter((run) => !known.has(runKeyId(run)));
    const { done, failed } = await processItems(
      missing,
      async (run) => ({ run, isNew: await ledger.open(run, now(), now(), signal) }),
      { concurrency: CONCURRENCY },
    );
    const unknown = new Set(failed.map(({ item }) => runKeyId(item)));
    known = new Set(expected.map(runKeyId).filter((id) => !unknown.has(id)));
    return {
      opened: done.filter(({ isNew }) => isNew).map(({ run }) => ({ run, evaluateAt: now() })),
      skipped: [],
      failed: failed.map(({ item, error }) => ({ run: item, error })),
    };
  };

  /** Opens the runs of some times, each due at its time; the next tick goes on with the first that cannot be opened. */
  const openTimes = async (feed: Feed, times: readonly NominalTime[], signal: AbortSignal) => {
    const opened: OpenedRun[] = [];
    for (const [index, { date, at }] of times.entries()) {
      const run: RunKey = { feed: feed.name, date, values: {} };
      try {
        if (await ledger.open(run, at, now(), signal)) {
          opened.push({ run, evaluateAt: at });
        }
        if (times[index + 1]?.at.getTime() !== at.getTime()) {
          await states.noteTimesUntil(feed.name, at, signal);
        }
      } catch (error) {
        return { opened, failed: [{ run, error }] };
      }
    }
    return { opened, failed: [] };
  };

  /** Opens what a feed's times have opened since the last tick, and those that come before the next. */
  const openByTime = async ({ feed, schedules, state }: Timed, signal: AbortSignal): Promise<OpenedRuns> => {
    const until = now();
    const after = state.timesUntil;
    const times = after === undefined ? [] : timesOf(feed, schedules, calendarOf(feed), after, later(until, AHEAD_MS));
    const past = times.filter(({ at }) => at <= until);
    const coming = times.slice(past.length);
    const [taken, skipped] =
      feed.catchUp === 'all' ? [firstOf(times), []] : [[...past.slice(-1), ...coming], past.slice(0, -1)];
    const { opened, failed } = await openTimes(feed, taken, signal);
    const isStale = after === undefined || until.getTime() - after.getTime() >= WRITE_EVERY_MS;
    if (times.length === 0 && isStale) {
      await states.noteTimesUntil(feed.name, until, signal);
    }
    const [first, last] = [skipped[0], skipped.at(-1)];
    return {
      opened,
      failed,
      skipped:
        first === undefined || last === undefined || failed.length > 0
          ? []
          : [{ feed: feed.name, times: skipped.length, first: first.date, last: last.date }],
    };
  };

  return async (all: ReadonlyMap<string, FeedState>, signal: AbortSignal): Promise<OpenedRuns> => {
    const timed = feeds.flatMap((feed): Timed[] => {
      const [schedules, state] = [schedulesOf(feed), all.get(feed.name)];
      return schedules.length === 0 || state === undefined ? [] : [{ feed, schedules, state }];
    });
    // At once, so that jobs that take all the time to submit do not keep what is expected from being opened.
    const [expected, byTime] = await Promise.all([
      openExpected(all, signal),
      processItems(timed, (one) => openByTime(one, signal), { concurrency: CONCURRENCY }),
    ]);
    const parts = [expected, ...byTime.done];
    return {
      opened: parts.flatMap(({ opened }) => opened),
      skipped: parts.flatMap(({ skipped }) => skipped),
      failed: [
        ...parts.flatMap(({ failed }) => failed),
        ...byTime.failed.map(({ item, error }) => ({ run: { feed: item.feed.name, values: {} }, error })),
      ],
    };
  };
};
