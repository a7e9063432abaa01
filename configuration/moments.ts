/** Moments and offsets of a business date in a configuration. */

import { MINUTE_MS } from '../shared/durations.ts';
import type { DateOffset, Moment } from '../shared/feeds/feed.ts';
import type { DateUnit } from '../shared/feeds/template.ts';

const TIME_OF_DAY = /^(?:\+(\d{1,3})d )?([01]\d|2[0-3]):([0-5]\d)$/;
const ELAPSED = /^\+(?:(\d{1,4})h)?(?:(\d{1,5})m)?$/;

/**
 * Reads a moment: a time of day on the date itself (`09:00`) or on a later day (`+1d 09:00`), or a
 * duration after the start of the date (`+33h`, `+1h30m`).
 *
 * @returns `undefined` when the text is not a moment.
 */
export const readMoment = (text: string): Moment | undefined => {
  const [time, days = '0', hour, minute] = TIME_OF_DAY.exec(text) ?? [];
  if (time !== undefined) {
    return { kind: 'time of day', days: Number(days), hour: Number(hour), minute: Number(minute) };
  }
  const [elapsed, hours = '0', minutes = '0'] = ELAPSED.exec(text) ?? [];

  return elapsed === undefined || elapsed === '+'
    ? undefined
    : { kind: 'offset', ms: (Number(hours) * 60 + Number(minutes)) * MINUTE_MS };
};

/** Describes the problem of a moment; `undefined` when it has none. */
export const momentProblem = (text: string): string | undefined => {
  if (readMoment(text) !== undefined) {
    return undefined;
  }
  const ways =
    'write a time of day as in 09:00, or one on a later day as in +1d 09:00, or a duration after the start of the date as in +33h, +90m, +1h30m';

  const [, days] = /^\+(\d+)d$/.exec(text) ?? [];

  return days === undefined
    ? `"${text}" is not a moment: ${ways}`
    : `"${text}" has no time of day: write ${text} 09:00, or +${Number(days) * 24}h for a duration`;
};

const OFFSET_UNITS: ReadonlyMap<string | undefined, DateUnit> = new Map([
  ['y', 'yyyy'],
  ['mo', 'MM'],
  ['d', 'dd'],
  ['h', 'HH'],
  ['m', 'mm'],
]);

/**
 * Reads the distance from one date to another: `-1d` is the day before. The units are `y` (years),
 * `mo` (months), `d` (days), `h` (hours) and `m` (minutes).
 *
 * @returns `undefined` when the text is not an offset.
 */
export const readOffset = (text: string): DateOffset | undefined => {
  const [, amount, name] = /^([+-][1-9]\d{0,3})(y|mo|d|h|m)$/.exec(text) ?? [];
  const unit = OFFSET_UNITS.get(name);

  return unit === undefined ? undefined : { amount: Number(amount), unit };
};

/** Describes the problem of an offset; `undefined` when it has none. */
export const offsetProblem = (text: string): string | undefined =>
  readOffset(text) === undefined
    ? `"${text}" is not an offset: write a sign, a whole number and y, mo (months), d, h or m (minutes), as in -1d, the day before`
    : undefined;
