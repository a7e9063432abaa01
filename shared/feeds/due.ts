import { HOUR_MS } from '../durations.ts';
import { later } from '../instants.ts';
import { localStartOf, startOf } from './business-dates.ts';
import type { Moment } from './feed.ts';
import { dateAt, instantOf } from './zoned-time.ts';

/**
 * Finds the instant of a moment of a business date: a time of day on the date's first day or some
 * days after it, or a duration after the date's start.
 *
 * A time of day is local time, also on a day when the clocks are changed. A duration is elapsed
 * time.
 */
export const momentOf = (moment: Moment, date: string, timeZone: string): Date => {
  if (moment.kind === 'offset') {
    return later(startOf(date, timeZone), moment.ms);
  }
  const day = localStartOf(dateAt(localStartOf(date), 'dd'));

  return instantOf(day + (moment.days * 24 + moment.hour) * HOUR_MS + moment.minute * 60_000, timeZone);
};
