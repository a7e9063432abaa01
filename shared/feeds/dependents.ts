/**
 * Finds the runs that wait for a run, the runs that it waits for, and the runs that are expected.
 */

import {
  datesBetween,
  isBusinessDate,
  isDateOnClocks,
  localStartOf,
  nextDate,
  shiftDate,
  startOf,
  unitOfDate,
} from './business-dates.ts';
import type { Calendar, Feed, FeedSlot } from './feed.ts';
import type { RunKey } from './run-key.ts';
import { hasTimeIn } from './schedule-times.ts';
import { dateAt, localDateOf } from './zoned-time.ts';

type Values = RunKey['values'];

/**
 * Lists every combination of the listed values of captures; a known value is the only one of its
 * capture.
 */
const combinations = (captures: readonly string[], known: Values, listed: Feed['values']): Values[] =>
  captures.reduce<Values[]>(
    (all, name) => {
      const own = known[name];
      const values = own === undefined ? (listed[name] ?? []) : [own];
      return all.flatMap((one) => values.map((value) => ({ ...one, [name]: value })));
    },
    [{}],
  );

const keysOf = ({ name }: Feed, date: string | undefined, values: readonly Values[]): RunKey[] =>
  values.map((one) => ({ feed: name, ...(date === undefined ? {} : { date }), values: one }));

/**
 * Lists the dates that the slot's offset moves to this date: a month before it, 28 to 31 March all
 * become 28 February.
 */
const datesThatWaitFor = (date: string, { offset }: FeedSlot): string[] => {
  if (offset === undefined) {
    return [date];
  }
  const nearest = shiftDate(date, { ...offset, amount: -offset.amount });
  const candidates =
    offset.unit === unitOfDate(date)
      ? [nearest]
      : [0, 1, 2, 3].map((days) => shiftDate(nearest, { amount: days, unit: 'dd' }));

  return Array.from(new Set(candidates)).filter((candidate) => shiftDate(candidate, offset) === date);
};

/** A run that waits for another run, and its slot for that run. */
export type Dependent = { readonly feed: Feed; readonly slot: FeedSlot; readonly run: RunKey };

/**
 * Checks that the waiting feed waits for a run with these values: if the values of a capture are
 * listed, for no other value.
 */
const isListed = ({ captures, values }: Feed, waiting: Feed, run: RunKey): boolean =>
  captures.every(
    (name) => waiting.captures.includes(name) || values[name]?.some((value) => value === run.values[name]),
  );

/** Lists the runs that wait for the success of this one. */
export const dependentRuns = (feeds: readonly Feed[], run: RunKey): Dependent[] => {
  const source = feeds.find(({ name }) => name === run.feed);

  return feeds.flatMap((feed) =>
    feed.slots.flatMap((slot) => {
      if (slot.kind !== 'feed' || slot.feed !== run.feed || source === undefined || !isListed(source, feed, run)) {
        return [];
      }
      const dates = run.date === undefined ? [undefined] : datesThatWaitFor(run.date, slot);
      const values = combinations(feed.captures, run.values, feed.values);
      return dates.flatMap((date) => keysOf(feed, date, values).map((key) => ({ feed, slot, run: key })));
    }),
  );
};

/** Lists the runs whose success a slot of a run waits for. */
export const sourceRuns = (slot: FeedSlot, run: RunKey, feeds: readonly Feed[]): RunKey[] => {
  const source = feeds.find(({ name }) => name === slot.feed);
  if (source === undefined) {
    return [];
  }
  const date = run.date !== undefined && slot.offset !== undefined ? shiftDate(run.date, slot.offset) : run.date;

  return keysOf(source, date, combinations(source.captures, run.values, source.values));
};

/** Finds the first date of a feed: `lookback` before today, and not before `since`. */
export const firstDateOf = ({ lookback, timeZone, dateUnit = 'dd', since }: Feed, now: Date): string => {
  const isByDays = dateUnit !== 'yyyy' && dateUnit !== 'MM';
  const first = nextDate(localDateOf(now, timeZone, isByDays ? 'dd' : dateUnit), -lookback);
  const start = Math.max(localStartOf(first), since === undefined ? 0 : localStartOf(since));
  const date = dateAt(start, dateUnit);

  // The month of `since` may have started before it.
  return localStartOf(date) < start ? nextDate(date, 1) : date;
};

const hasTime = ({ slots }: Feed): boolean => slots.some(({ kind }) => kind === 'time');

/**
 * Lists the runs that are expected by now, also those without any file: one for each business date
 * within the feed's `lookback` that has started.
 *
 * Only a feed with `due`, or with a time slot beside other slots, has expected runs. With a time
 * slot, the dates are those of its times. The runs of a feed that has time slots only are opened by
 * these times instead, and `catchUp` decides about times that passed in an outage.
 *
 * @param firstSeen - the first deployment of the feed: dates that started before it are not
 * expected, unless the feed has `since`
 */
export const expectedRuns = (
  feed: Feed,
  now: Date,
  firstSeen: Date,
  calendars: Readonly<Record<string, Calendar>>,
): RunKey[] => {
  const { captures, dateUnit, due, since, slots, timeZone, values } = feed;
  const waitsForMore = slots.some(({ kind }) => kind !== 'time');
  if (dateUnit === undefined || !waitsForMore || (due === undefined && !hasTime(feed))) {
    return [];
  }
  const calendar = feed.calendar === undefined ? undefined : calendars[feed.calendar];
  const dates = datesBetween(firstDateOf(feed, now), localDateOf(now, timeZone, dateUnit)).filter(
    (date) =>
      isBusinessDate(date, calendar) &&
      slots.every((slot) => slot.kind !== 'time' || hasTimeIn(slot.at, date)) &&
      isDateOnClocks(date, timeZone) &&
      (since !== undefined || startOf(date, timeZone) > firstSeen),
  );
  const combined = combinations(captures, {}, values);

  return dates.flatMap((date) => keysOf(feed, date, combined));
};
