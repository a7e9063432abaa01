/** Local time in a time zone, also when daylight-saving time begins and ends. */
import { tzOffset } from '@date-fns/tz/tzOffset';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../durations.ts';
import { DATE_LENGTHS } from './dates.ts';
import type { DateUnit } from './template.ts';

/**
 * The time that clocks in a zone show, as the milliseconds since 1970 at which a clock in UTC shows
 * the same.
 */
export type LocalTime = number;

/** More than the largest offset of any zone. */
const WIDEST_OFFSET_MS = 16 * HOUR_MS;

const offsetMs = (atMs: number, timeZone: string): number =>
  // Until about 1970 some offsets had seconds: they are fractions of a minute.
  Math.round(tzOffset(timeZone, new Date(atMs)) * MINUTE_MS);

const MOST_KNOWN = 1_000;
const known = new Map<string, number>();

/** Reads the offset at midnight UTC. It is cached, since `Intl` takes many times as long. */
const offsetOnDayMs = (day: number, timeZone: string): number => {
  const key = `${timeZone} ${day}`;
  const offset = known.get(key) ?? offsetMs(day * DAY_MS, timeZone);
  if (known.size >= MOST_KNOWN) {
    known.clear();
  }
  known.set(key, offset);

  return offset;
};

/** Finds the instant between two others at which an offset begins. */
const changeTo = (offset: number, before: number, after: number, timeZone: string): number => {
  let [low, high] = [before, after];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetMs(middle, timeZone) === offset) {
      high = middle;
    } else {
      low = middle;
    }
  }
  return high;
};

/**
 * Finds the first instant at which clocks in a zone show a time, or a later one.
 *
 * Of a time that clocks show twice, the first counts. A time that they skip becomes the end of the
 * skipped hour. So the instants have the order of their local times.
 */
export const instantOf = (local: LocalTime, timeZone: string): Date => {
  // The clocks are changed at most once within these few days.
  const before = offsetOnDayMs(Math.floor((local - WIDEST_OFFSET_MS) / DAY_MS), timeZone);
  const after = offsetOnDayMs(Math.ceil((local + WIDEST_OFFSET_MS) / DAY_MS), timeZone);
  const [early, late] = [local - before, local - after];
  if (before === after || offsetMs(early, timeZone) === before) {
    return new Date(early);
  }
  return new Date(offsetMs(late, timeZone) === after ? late : changeTo(after, late, early, timeZone));
};

/** Finds the local time of an instant. */
export const localTimeAt = (at: Date, timeZone: string): LocalTime => at.getTime() + offsetMs(at.getTime(), timeZone);

const FIRST = Date.parse('0000-01-01T00:00Z');
const LAST = Date.parse('9999-12-31T23:59Z');

/** Formats a local time as the date of a run, `2026-11-22T05`, between the years 0000 and 9999. */
export const dateAt = (local: LocalTime, unit: DateUnit): string =>
  new Date(Math.min(Math.max(local, FIRST), LAST)).toISOString().slice(0, DATE_LENGTHS[unit]);

/** Finds the date in a zone at an instant, as the date of a run of this unit. */
export const localDateOf = (at: Date, timeZone: string, unit: DateUnit): string =>
  dateAt(localTimeAt(at, timeZone), unit);
