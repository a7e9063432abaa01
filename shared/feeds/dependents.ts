/** Which runs wait for which, and which are expected at all. */

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

/** Lists every combination of the known values of captures, on top of what is known already. */
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

/** Lists the dates that a slot takes to this one: of a month before, 28 February is that of 28 to 31 March. */
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

/** A run that waits for another, and the slot in which it does. */
export type Dependent = { readonly feed: Feed; readonly slot: FeedSlot; readonly run: RunKey };

/** Tells whether a run is one that others wait for: where the values of a capture are listed, no other value is asked for. */
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

/** Finds the first date that is looked back to: `lookback` before today, and none that starts before `since`. */
export const firstDateOf = ({ lookback, timeZone, dateUnit = 'dd', since }: Feed, now: Date): string => {
  const isByDays = dateUnit !== 'yyyy' && dateUnit !== 'MM';
  const first = nextDate(localDateOf(now, timeZone, isByDays ? 'dd' : dateUnit), -lookback);
  const start = Math.max(localStartOf(first), since === undefined ? 0 : localStartOf(since));
  const date = dateAt(start, dateUnit);

  // The month in which `since` lies has started before.
  return localStartOf(date) < start ? nextDate(date, 1) : date;
};

const hasTime = ({ slots }: Feed): boolean => slots.some(({ kind }) => kind === 'time');

/**
 * Lists the runs that there should be by now, whether or not anything of them has come: of the dates within the feed's `lookback`, those of
 * its calendar that have started.
 *
 * Only a feed with `due`, or with a time beside other slots, has such runs: the dates of the latter are those in which its times come. What
 * waits for nothing but a time is opened by that time instead, so that what was missed in an outage is made up for as the feed says.
 *
 * @param firstSeen - When the feed was first deployed: dates that had started before are left alone, unless the feed says `since`.
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
