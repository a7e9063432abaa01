/** Reckoning with the dates of runs: `2026`, `2026-11`, `2026-11-22`, `2026-11-22T05`, `2026-11-22T05:30`. */

import { DATE_UNITS, unitOf } from './dates.ts';
import type { Calendar, DateOffset } from './feed.ts';
import type { DateUnit } from './template.ts';
import { dateAt, instantOf, type LocalTime } from './zoned-time.ts';

const [COARSEST_UNIT, ...FINER_UNITS] = DATE_UNITS;

/** Says how fine a date is. */
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

/** Takes fields that are out of range on into the next: the 32nd of a month is in the one after. */
const localTime = ({ yyyy, MM, dd, HH, mm }: Fields): LocalTime => {
  const day = new Date(0);
  // `Date.UTC` would take the years 0 to 99 for 1900 to 1999.
  day.setUTCFullYear(yyyy, MM - 1, dd);

  return day.setUTCHours(HH, mm);
};

/** Says what clocks show when a date starts, as long as none of them are changed then. */
export const localStartOf = (date: string): LocalTime => localTime(fieldsOf(date));

/** Finds the instant at which a date starts in a zone, also where its first hour is skipped. */
export const startOf = (date: string, timeZone: string): Date => instantOf(localStartOf(date), timeZone);

/**
 * Moves a date by years, months, days, hours or minutes, without regard to any time zone.
 *
 * What a month does not have is taken as its last day: a month before 31 March is 28 February.
 */
export const shiftDate = (date: string, { amount, unit }: DateOffset): string => {
  const fields = fieldsOf(date);
  const shifted = { ...fields, [unit]: fields[unit] + amount };
  // The 0th of the month after is the last of this one.
  const lastDay = new Date(localTime({ ...shifted, MM: shifted.MM + 1, dd: 0 })).getUTCDate();
  const isByMonths = unit === 'yyyy' || unit === 'MM';

  return dateAt(localTime(isByMonths ? { ...shifted, dd: Math.min(shifted.dd, lastDay) } : shifted), unitOfDate(date));
};

/** Moves a date by so many of its own unit: an hour's by hours, a month's by months. */
export const nextDate = (date: string, by: number): string => shiftDate(date, { amount: by, unit: unitOfDate(date) });

/** Lists the dates from one to another of the same unit, both included. */
export const datesBetween = (from: string, to: string): string[] => {
  const dates: string[] = [];
  // The last date there is has none after it.
  for (let date = from; date <= to && date !== dates.at(-1); date = nextDate(date, 1)) {
    dates.push(date);
  }
  return dates;
};

/** Tells whether a date, or the day that it is in, is one of a calendar; without one, all are. */
export const isBusinessDate = (date: string, calendar: Calendar | undefined): boolean =>
  calendar === undefined ||
  (calendar.daysOfWeek.includes(new Date(localStartOf(date)).getUTCDay()) &&
    !calendar.holidays.includes(date.slice(0, '2026-11-22'.length)));

/** Tells whether clocks in a zone ever show a date: not an hour that they skip when summer time begins. */
export const isDateOnClocks = (date: string, timeZone: string): boolean =>
  startOf(date, timeZone) < startOf(nextDate(date, 1), timeZone);
