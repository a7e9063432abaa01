/** When a schedule's times come, in a time zone. */

import { DAY_MS, HOUR_MS, MINUTE_MS } from '../durations.ts';
import { earlier } from '../instants.ts';
import { localStartOf, nextDate } from './business-dates.ts';
import type { Schedule } from './feed.ts';
import type { DateUnit } from './template.ts';
import { dateAt, instantOf, type LocalTime, localDateOf, localTimeAt } from './zoned-time.ts';

/** Days and months, as a schedule combines them, come back within 40 years: 29 February on a Monday takes at most that long. */
const LONGEST_WAIT_MS = 41 * 366 * DAY_MS;

const isDayOf = ({ months, daysOfMonth, daysOfWeek, isEitherDay }: Schedule, day: Date): boolean => {
  const [ofMonth, ofWeek] = [daysOfMonth.includes(day.getUTCDate()), daysOfWeek.includes(day.getUTCDay())];

  return months.includes(day.getUTCMonth() + 1) && (isEitherDay ? ofMonth || ofWeek : ofMonth && ofWeek);
};

/** Lists the times of one day that lie between two times, both included. */
const timesOfDay = ({ hours, minutes }: Schedule, day: LocalTime, from: LocalTime, to: LocalTime): LocalTime[] =>
  hours
    .map((hour) => day + hour * HOUR_MS)
    .filter((start) => start + HOUR_MS > from && start <= to)
    .flatMap((start) => minutes.map((minute) => start + minute * MINUTE_MS))
    .filter((local) => local >= from && local <= to);

/** Goes through the times that a schedule names from one time to another, both included. */
const nominalTimes = function* (schedule: Schedule, from: LocalTime, to: LocalTime): Generator<LocalTime, undefined> {
  for (let day = Math.floor(from / DAY_MS) * DAY_MS; day <= to; day += DAY_MS) {
    if (isDayOf(schedule, new Date(day))) {
      yield* timesOfDay(schedule, day, from, to);
    }
  }
};

/**
 * Finds the first time of a schedule from the start of a date on.
 *
 * @throws Error when the schedule has none, which a checked configuration rules out.
 */
export const firstTimeFrom = (schedule: Schedule, date: string, timeZone: string): Date => {
  const from = localStartOf(date);
  const { value } = nominalTimes(schedule, from, from + LONGEST_WAIT_MS).next();
  if (value === undefined) {
    throw new Error(`Schedule ${schedule.text} has no time after ${date}`);
  }
  return instantOf(value, timeZone);
};

/** Tells whether a schedule names a time in a date. */
export const hasTimeIn = (schedule: Schedule, date: string): boolean =>
  nominalTimes(schedule, localStartOf(date), localStartOf(nextDate(date, 1)) - 1).next().value !== undefined;

/** A time of a schedule: the date that it belongs to, and when it comes. */
export type NominalTime = { readonly date: string; readonly at: Date };

/**
 * Lists the times of a schedule after one instant and up to another, the first of each date, in order.
 *
 * Every date that the schedule names has its time once: where clocks skip it, right after what they skip; where they show it twice, at the
 * first.
 */
export const nominalTimesBetween = (
  schedule: Schedule,
  unit: DateUnit,
  after: Date,
  until: Date,
  timeZone: string,
): NominalTime[] => {
  const times: NominalTime[] = [];
  // A day back, since a skipped time comes late, and a whole day has been skipped where the date line was moved.
  const from = localStartOf(localDateOf(earlier(after, DAY_MS), timeZone, unit));
  let last: string | undefined;
  for (const local of nominalTimes(schedule, from, localTimeAt(until, timeZone) + DAY_MS)) {
    const date = dateAt(local, unit);
    if (date !== last) {
      last = date;
      const at = instantOf(local, timeZone);
      if (at > after && at <= until) {
        times.push({ date, at });
      }
    }
  }
  return times;
};
