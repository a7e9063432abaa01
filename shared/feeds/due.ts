import { HOUR_MS } from '../durations.ts';
import { later } from '../instants.ts';
import { localStartOf, startOf } from './business-dates.ts';
import type { Moment } from './feed.ts';
import { dateAt, instantOf } from './zoned-time.ts';

/**
 * Finds the moment that belongs to a business date: a time of day, on the date's first day or some days after it, or so long after the date's
 * start.
 *
 * Days are counted on the calendar and a time of day is read off the wall, so changed clocks move neither; what is elapsed is elapsed.
 */
export const momentOf = (moment: Moment, date: string, timeZone: string): Date => {
  if (moment.kind === 'offset') {
    return later(startOf(date, timeZone), moment.ms);
  }
  const day = localStartOf(dateAt(localStartOf(date), 'dd'));

  return instantOf(day + (moment.days * 24 + moment.hour) * HOUR_MS + moment.minute * 60_000, timeZone);
};
