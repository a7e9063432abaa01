/** Durations in a configuration: `90s`, `15m`, `4h`, `3d`. */

import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../shared/durations.ts';

/** The units in milliseconds, smallest first. */
const UNITS_MS: ReadonlyMap<string | undefined, number> = new Map([
  ['s', SECOND_MS],
  ['m', MINUTE_MS],
  ['h', HOUR_MS],
  ['d', DAY_MS],
]);

/** A whole number and its unit, without a sign, a space or leading zeros. */
const DURATION = /^(0|[1-9]\d{0,5})([smhd])$/;

/**
 * Reads a duration: a whole number of seconds (`s`), minutes (`m`), hours (`h`) or days of 24 hours
 * (`d`).
 *
 * @returns Milliseconds; `undefined` when the text is not a duration.
 */
export const durationMs = (text: string): number | undefined => {
  const [, number, unit] = DURATION.exec(text) ?? [];
  const unitMs = UNITS_MS.get(unit);
  return unitMs === undefined ? undefined : Number(number) * unitMs;
};

/** Writes a duration as a whole number of the largest possible unit: `4h`. */
export const durationText = (ms: number): string =>
  [...UNITS_MS].reduce(
    (text, [unit, unitMs]) => (ms % unitMs === 0 ? `${ms / unitMs}${unit}` : text),
    `${ms / SECOND_MS}s`,
  );

/** A range of durations, both ends included. */
export type DurationRange = { readonly leastMs: number; readonly mostMs: number };

/**
 * The time between two reminders about the same problem. The suite looks for due reminders once a
 * minute, and a reminder after more than a month is too late.
 */
export const REMINDER_RANGE: DurationRange = { leastMs: MINUTE_MS, mostMs: 30 * DAY_MS };

/** Describes the problem of a duration; `undefined` when it has none. */
export const durationProblem = (text: string, { leastMs, mostMs }: DurationRange): string | undefined => {
  const ms = durationMs(text);
  if (ms === undefined) {
    return `"${text}" is not a duration: write a whole number and s, m, h or d, as in 90s, 15m, 4h, 3d`;
  }
  return ms < leastMs || ms > mostMs
    ? `"${text}" is not from ${durationText(leastMs)} to ${durationText(mostMs)}`
    : undefined;
};
