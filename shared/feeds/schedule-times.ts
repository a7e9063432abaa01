/** Finds the times of a schedule in a time zone. */

import { DAY_MS, HOUR_MS, MINUTE_MS } from '../durations.ts';
import { earlier } from '../instants.ts';
import { localStartOf, nextDate } from './business-dates.ts';
import type { Schedule } from './feed.ts';
import type { DateUnit } from './template.ts';
import { dateAt, instantOf, type LocalTime, localDateOf, localTimeAt } from './zoned-time.ts';

/** Every combination of days and months repeats within 40 years, also a 29 February on a Monday. */
const LONGEST_WAIT_MS = 41 * 366 * DAY_MS;

const isDayOf = ({ months, daysOfMonth, daysOfWeek, isEitherDay }: Schedule, day: Date): boolean => {
  const [ofMonth, ofWeek] = [daysOfMonth.includes(day.getUTCDate()), daysOfWeek.includes(day.getUTCDay())];

  return months.includes(day.getUTCMonth() + 1) && (isEitherDay ? ofMonth || ofWeek : ofMonth && ofWeek);
};

/** Lists the times of one day between two times, both included. */
const timesOfDay = ({ hours, minutes }: Schedule, day: LocalTime, from: LocalTime, to: LocalTime): LocalTime[] =>
  hours
    .map((hour) => day + hour * HOUR_MS)
    .filter((start) => start + HOUR_MS > from && start <= to)
    .flatMap((start) => minutes.map((minute) => start + minute * MINUTE_MS))
    .filter((local) => local >= from && local <= to);

/** Yields the times of a schedule between two times, both included. */
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
 * @throws Error when the schedule has none, which the checks of the configuration exclude
 */
export const firstTimeFrom = (schedule: Schedule, date: string, timeZone: string): Date => {
  const from = localStartOf(date);
  const { value } = nominalTimes(schedule, from, from + LONGEST_WAIT_MS).next();
  if (value === undefined) {
    throw new Error(`Schedule ${schedule.text} has no time after ${date}`);
  }
  return instantOf(value, timeZone);
};

/** Checks that a schedule has a time in a date. */
export const hasTimeIn = (schedule: Schedule, date: string): boolean =>
  nominalTimes(schedule, localStartOf(date), localStartOf(nextDate(date, 1)) - 1).next().value !== undefined;

/** A time of a schedule: its date and its instant. */
export type NominalTime = { readonly date: string; readonly at: Date };

/**
 * Lists the times of a schedule after one instant and up to another, the first of each date, in
 * order.
 *
 * Every date of the schedule has one time. A time that the clocks skip comes right after the
 * skipped hour; of a time that they show twice, the first counts.
 */
export const nominalTimesBetween = (
  schedule: Schedule,
  unit: DateUnit,
  after: Date,
  until: Date,
  timeZone: string,
): NominalTime[] => {
  const times: NominalTime[] = [];
  // A day earlier, since a skipped time comes late, and some zones skipped a whole day at the date
  // line.
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
