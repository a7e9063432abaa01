/** Wall-clock time in a time zone, right through the changes to and from daylight-saving time. */
import { tzOffset } from '@date-fns/tz/tzOffset';
import { DAY_MS, MINUTE_MS } from '../durations.ts';
import { DATE_LENGTHS } from './dates.ts';
import type { DateUnit } from './template.ts';

/** What a clock on the wall shows, in some zone: the milliseconds since 1970 that UTC would have if its clocks showed the same. */
export type LocalTime = number;

/** More than any zone was ever ahead of or behind UTC. */
const WIDEST_OFFSET_MS = 16 * 3_600_000;

const offsetMs = (atMs: number, timeZone: string): number =>
  // Until about 1970 there were offsets with seconds, which come as fractions of a minute.
  Math.round(tzOffset(timeZone, new Date(atMs)) * MINUTE_MS);

const MOST_KNOWN = 1_000;
const known = new Map<string, number>();

/** Reads an offset at midnight UTC, which is asked for so often that it is kept: asking `Intl` takes many times as long. */
const offsetOnDayMs = (day: number, timeZone: string): number => {
  const key = `${timeZone} ${day}`;
  const offset = known.get(key) ?? offsetMs(day * DAY_MS, timeZone);
  if (known.size >= MOST_KNOWN) {
    known.clear();
  }
  known.set(key, offset);

  return offset;
};

/** Finds the instant between two at which an offset comes into force. */
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
 * A time that clocks show twice is taken at the first of the two; one that they skip, at the end of what is skipped. So of two times the
 * later never comes first.
 */
export const instantOf = (local: LocalTime, timeZone: string): Date => {
  // Within these few days, clocks are changed once at most.
  const before = offsetOnDayMs(Math.floor((local - WIDEST_OFFSET_MS) / DAY_MS), timeZone);
  const after = offsetOnDayMs(Math.ceil((local + WIDEST_OFFSET_MS) / DAY_MS), timeZone);
  const [early, late] = [local - before, local - after];
  if (before === after || offsetMs(early, timeZone) === before) {
    return new Date(early);
  }
  return new Date(offsetMs(late, timeZone) === after ? late : changeTo(after, late, early, timeZone));
};

/** Says what clocks in a zone show at an instant. */
export const localTimeAt = (at: Date, timeZone: string): LocalTime => at.getTime() + offsetMs(at.getTime(), timeZone);

const FIRST = Date.parse('0000-01-01T00:00Z');
const LAST = Date.parse('9999-12-31T23:59Z');

/** Writes a local time as the date of a run: `2026-11-22T05`. Nothing comes before the year 0000 or after 9999. */
export const dateAt = (local: LocalTime, unit: DateUnit): string =>
  new Date(Math.min(Math.max(local, FIRST), LAST)).toISOString().slice(0, DATE_LENGTHS[unit]);

/** Says which date it is in a zone at an instant, as a run of this unit carries it. */
export const localDateOf = (at: Date, timeZone: string, unit: DateUnit): string =>
  dateAt(localTimeAt(at, timeZone), unit);
