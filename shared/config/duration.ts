/** Durations as a configuration writes them: `90s`, `15m`, `4h`, `3d`. */

const SECOND_MS = 1_000;

const UNITS_MS: ReadonlyMap<string | undefined, number> = new Map([
  ['s', SECOND_MS],
  ['m', 60 * SECOND_MS],
  ['h', 3_600 * SECOND_MS],
  // Always 24 hours, also where clocks are changed.
  ['d', 86_400 * SECOND_MS],
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

/** What a duration may be, both ends included, as a configuration writes it. */
export type DurationRange = { readonly least: string; readonly most: string };

/** Between two messages about the same thing: what is due is looked for once a minute, and after a month nobody remembers. */
export const REMINDER_RANGE: DurationRange = { least: '1m', most: '30d' };

/** Says what is wrong with a duration; `undefined` when nothing is. */
export const durationProblem = (text: string, { least, most }: DurationRange): string | undefined => {
  const ms = durationMs(text);
  if (ms === undefined) {
    return `"${text}" is no duration: write a whole number and s, m, h or d, as in 90s, 15m, 4h, 3d`;
  }
  return ms < (durationMs(least) ?? 0) || ms > (durationMs(most) ?? Number.POSITIVE_INFINITY)
    ? `"${text}" is not from ${least} to ${most}`
    : undefined;
};
