/** Durations as a configuration writes them: `90s`, `15m`, `4h`, `3d`. */

import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../shared/durations.ts';

/** The smallest first. */
const UNITS_MS: ReadonlyMap<string | undefined, number> = new Map([
  ['s', SECOND_MS],
  ['m', MINUTE_MS],
  ['h', HOUR_MS],
  ['d', DAY_MS],
]);

/** A whole number and its unit, without a sign, a space or leading zeros. */
const DURATION = /^(0|[1-9]\d{0,5})([smhd])$/;

/**
 * Reads a duration: a whole number of seconds (`s`), minutes (`m`), hours (`h`) or days of 24 hours (`d`).
 *
 * @returns milliseconds; `undefined` when the text is no duration
 */
export const durationMs = (text: string): number | undefined => {
  const [, number, unit] = DURATION.exec(text) ?? [];
  const unitMs = UNITS_MS.get(unit);
  return unitMs === undefined ? undefined : Number(number) * unitMs;
};

/** Writes a duration of whole seconds in the largest unit that it is a whole number of: `4h`. */
export const durationText = (ms: number): string =>
  [...UNITS_MS].reduce(
    (text, [unit, unitMs]) => (ms % unitMs === 0 ? `${ms / unitMs}${unit}` : text),
    `${ms / SECOND_MS}s`,
  );

/** What a duration may be, both ends included. */
export type DurationRange = { readonly leastMs: number; readonly mostMs: number };

/** Between two messages about the same thing: what is due is looked for once a minute, and after a month nobody remembers. */
export const REMINDER_RANGE: DurationRange = { leastMs: MINUTE_MS, mostMs: 30 * DAY_MS };

/** Says what is wrong with a duration; `undefined` when nothing is. */
export const durationProblem = (text: string, { leastMs, mostMs }: DurationRange): string | undefined => {
  const ms = durationMs(text);
  if (ms === undefined) {
    return `"${text}" is no duration: write a whole number and s, m, h or d, as in 90s, 15m, 4h, 3d`;
  }
  return ms < leastMs || ms > mostMs
    ? `"${text}" is not from ${durationText(leastMs)} to ${durationText(mostMs)}`
    : undefined;
};
