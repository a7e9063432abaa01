/**
 * Calculates with the dates of runs: `2026`, `2026-11`, `2026-11-22`, `2026-11-22T05`,
 * `2026-11-22T05:30`.
 */

import { DATE_UNITS, unitOf } from './dates.ts';
import type { Calendar, DateOffset } from './feed.ts';
import type { DateUnit } from './template.ts';
import { dateAt, instantOf, type LocalTime } from './zoned-time.ts';

const [COARSEST_UNIT, ...FINER_UNITS] = DATE_UNITS;

/** Finds the finest unit of a date. */
export const unitOfDate = (date: string): DateUnit =>
  FINER_UNITS.findLast((unit) => unitOf(date, unit) !== undefined) ?? COARSEST_UNIT;

type Fields = Record<DateUnit, number>;

const fieldsOf = (date: string): Fields => ({
  yyyy: Number(unitOf(date, 'yyyy')),
  MM: Number(unitOf(date, 'MM') ?? 1),
  dd: Number(unitOf(date, 'dd') ?? 1),
  HH: Number(unitOf(date, 'HH') ?? 0),
  mm: Number(unitOf(date, 'mm') ?? 0),
});

/**
 * Carries fields that are out of range into the next unit: the 32nd of a month is in the month
 * after it.
 */
const localTime = ({ yyyy, MM, dd, HH, mm }: Fields): LocalTime => {
  const day = new Date(0);
  // `Date.UTC` takes the years 0 to 99 for 1900 to 1999.
  day.setUTCFullYear(yyyy, MM - 1, dd);

  return day.setUTCHours(HH, mm);
};

/** Finds the local time at which a date starts, if the clocks are not changed then. */
export const localStartOf = (date: string): LocalTime => localTime(fieldsOf(date));

/**
 * Finds the instant at which a date starts in a time zone, also where its first hour is skipped.
 */
export const startOf = (date: string, timeZone: string): Date => instantOf(localStartOf(date), timeZone);

/**
 * Moves a date by years, months, days, hours or minutes, without regard to any time zone.
 *
 * A day that the month does not have becomes its last day: a month before 31 March is 28 February.
 */
export const shiftDate = (date: string, { amount, unit }: DateOffset): string => {
  const fields = fieldsOf(date);
  const shifted = { ...fields, [unit]: fields[unit] + amount };
  // Day 0 of the month after it is the last day of this month.
  const lastDay = new Date(localTime({ ...shifted, MM: shifted.MM + 1, dd: 0 })).getUTCDate();
  const isByMonths = unit === 'yyyy' || unit === 'MM';

  return dateAt(localTime(isByMonths ? { ...shifted, dd: Math.min(shifted.dd, lastDay) } : shifted), unitOfDate(date));
};

/** Moves a date by a number of its own unit: an hour by hours, a month by months. */
export const nextDate = (date: string, by: number): string => shiftDate(date, { amount: by, unit: unitOfDate(date) });

/** Lists the dates from one to another of the same unit, both included. */
export const datesBetween = (from: string, to: string): string[] => {
  const dates: string[] = [];
  // The year 9999 has no next date.
  for (let date = from; date <= to && date !== dates.at(-1); date = nextDate(date, 1)) {
    dates.push(date);
  }
  return dates;
};

/**
 * Checks that the day of a date is a business day of a calendar; without a calendar, every day is.
 */
export const isBusinessDate = (date: string, calendar: Calendar | undefined): boolean =>
  calendar === undefined ||
  (calendar.daysOfWeek.includes(new Date(localStartOf(date)).getUTCDay()) &&
    !calendar.holidays.includes(date.slice(0, '2026-11-22'.length)));

/** Checks that the clocks of a time zone show a date: they skip an hour when summer time begins. */
export const isDateOnClocks = (date: string, timeZone: string): boolean =>
  startOf(date, timeZone) < startOf(nextDate(date, 1), timeZone);
