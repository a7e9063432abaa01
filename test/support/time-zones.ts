/** Time zones for property tests, with another library as the reference for what their clocks show. */
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { DAY_MS } from '../../shared/durations.ts';

/** The little of Luxon that the tests ask; it has no types of its own. */
type LuxonTime = {
  readonly isValid: boolean;
  toMillis(): number;
  toFormat(format: string): string;
  plus(duration: object): LuxonTime;
  startOf(unit: string): LuxonTime;
  getPossibleOffsets(): LuxonTime[];
};

/** @see https://moment.github.io/luxon/api-docs/index.html#datetime */
export const {
  DateTime,
}: {
  readonly DateTime: {
    fromMillis(ms: number, options: { readonly zone: string }): LuxonTime;
    fromISO(text: string, options: { readonly zone: string }): LuxonTime;
  };
} = createRequire(import.meta.url)('luxon');

const FROM = Date.parse('2000-01-01T00:00Z');
const TO = Date.parse('2040-01-01T00:00Z');

export const ZONES: readonly string[] = Intl.supportedValuesOf('timeZone');

export const zone = fc.constantFrom(...ZONES);

const offsetOf = (at: number, timeZone: string): number =>
  Date.parse(`${DateTime.fromMillis(at, { zone: timeZone }).toFormat("yyyy-MM-dd'T'HH:mm:ss")}Z`) -
  Math.floor(at / 1_000) * 1_000;

const STEP_MS = 7 * DAY_MS;

/** Finds the instants of a year at which clocks are changed, to the minute; nowhere are they changed twice within a week. */
export const changesIn = (year: number, timeZone: string): number[] => {
  const start = Date.UTC(year, 0, 1);
  const changes: number[] = [];
  for (let week = start; week < start + 366 * DAY_MS; week += STEP_MS) {
    if (offsetOf(week, timeZone) !== offsetOf(week + STEP_MS, timeZone)) {
      let [low, high] = [week, week + STEP_MS];
      while (high - low > 60_000) {
        const middle = Math.floor((low + high) / 120_000) * 60_000;
        [low, high] = offsetOf(middle, timeZone) === offsetOf(week, timeZone) ? [middle, high] : [low, middle];
      }
      changes.push(high);
    }
  }
  return changes;
};

/** Zones whose clocks are changed, with an instant within two days of a change. */
export const nearChange = fc
  .tuple(zone, fc.integer({ min: 2005, max: 2037 }))
  .map(([timeZone, year]) => ({ timeZone, changes: changesIn(year, timeZone) }))
  .filter(({ changes }) => changes.length > 0)
  .chain(({ timeZone, changes }) =>
    fc.record({
      timeZone: fc.constant(timeZone),
      at: fc
        .tuple(fc.constantFrom(...changes), fc.integer({ min: -2 * DAY_MS, max: 2 * DAY_MS }))
        .map(([change, distance]) => new Date(Math.floor((change + distance) / 60_000) * 60_000)),
    }),
  );

/** Any zone and an instant, half of them near a change of clocks. */
export const zonedInstant = fc.oneof(
  fc.record({ timeZone: zone, at: fc.integer({ min: FROM, max: TO }).map((ms) => new Date(ms)) }),
  nearChange,
);
