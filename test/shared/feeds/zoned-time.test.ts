import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../../shared/durations.ts';
import { dateAt, instantOf, localDateOf, localTimeAt } from '../../../shared/feeds/zoned-time.ts';
import { sizeOf } from '../../support/test-size.ts';
import { changesIn, DateTime, nearChange, ZONES, zonedInstant } from '../../support/time-zones.ts';

const local = (text: string): number => Date.parse(`${text}Z`);

/** Goes through the quarters of hours, and then the minutes of one, which is what the rule says in so many words; clocks change on a quarter. */
const bruteForce = (time: number, timeZone: string): number => {
  const showsIt = (at: number): boolean => localTimeAt(new Date(at), timeZone) >= time;
  let at = Math.floor((time - 30 * HOUR_MS) / (15 * MINUTE_MS)) * 15 * MINUTE_MS;
  while (!showsIt(at + 14 * MINUTE_MS)) at += 15 * MINUTE_MS;
  while (!showsIt(at)) at += MINUTE_MS;
  return at;
};

describe('localDateOf', () => {
  it('agrees with another library on what clocks show, in every zone', () => {
    fc.assert(
      fc.property(zonedInstant, ({ timeZone, at }) => {
        const there = DateTime.fromMillis(at.getTime(), { zone: timeZone });

        expect(localDateOf(at, timeZone, 'mm')).toBe(there.toFormat("yyyy-MM-dd'T'HH:mm"));
        expect(localDateOf(at, timeZone, 'HH')).toBe(there.toFormat("yyyy-MM-dd'T'HH"));
        expect(localDateOf(at, timeZone, 'dd')).toBe(there.toFormat('yyyy-MM-dd'));
        expect(localDateOf(at, timeZone, 'MM')).toBe(there.toFormat('yyyy-MM'));
        expect(localDateOf(at, timeZone, 'yyyy')).toBe(there.toFormat('yyyy'));
      }),
      { numRuns: sizeOf({ usual: 40, long: 2_000 }) },
    );
  });
});

describe('dateAt', () => {
  it('stays within the years that a date can spell', () => {
    expect(dateAt(local('9999-12-31T23:59') + 86_400_000, 'dd')).toBe('9999-12-31');
    expect(dateAt(local('0000-01-01T00:00') - 1, 'mm')).toBe('0000-01-01T00:00');
  });
});

describe('instantOf', () => {
  it.each([
    ['an ordinary time', '2026-11-22T09:00', 'Asia/Tokyo', '2026-11-22T00:00Z'],
    ['a time that is shown twice at the first', '2026-10-25T02:30', 'Europe/Berlin', '2026-10-25T00:30Z'],
    ['a time that is skipped at the end of what is skipped', '2026-03-29T02:30', 'Europe/Berlin', '2026-03-29T01:00Z'],
    ['the last that is skipped there, too', '2026-03-29T02:59', 'Europe/Berlin', '2026-03-29T01:00Z'],
    ['midnight, where it is skipped', '2026-09-06T00:00', 'America/Santiago', '2026-09-06T04:00Z'],
    ['a change by half an hour', '2026-10-04T02:15', 'Australia/Lord_Howe', '2026-10-03T15:30Z'],
    ['a day that is skipped as a whole', '2011-12-30T12:00', 'Pacific/Apia', '2011-12-30T10:00Z'],
    ['the days after it', '2011-12-31T00:00', 'Pacific/Apia', '2011-12-30T10:00Z'],
    ['a year before zones', '0026-11-22T00:00', 'UTC', '0026-11-22T00:00Z'],
  ])('takes %s', (_, time, timeZone, instant) => {
    expect(instantOf(local(time), timeZone)).toEqual(new Date(instant));
  });

  it('agrees with another library on every time that clocks show, the first where they show it twice', () => {
    fc.assert(
      fc.property(zonedInstant, ({ timeZone, at }) => {
        const time = Math.floor(localTimeAt(at, timeZone) / MINUTE_MS) * MINUTE_MS;
        const there = DateTime.fromISO(new Date(time).toISOString().slice(0, 16), { zone: timeZone });
        const first = Math.min(...there.getPossibleOffsets().map((one) => one.toMillis()));

        expect(instantOf(time, timeZone)).toEqual(new Date(first));
      }),
      { numRuns: sizeOf({ usual: 40, long: 2_000 }) },
    );
  });

  it('is the first instant at which clocks show the time or a later one, near each change of clocks', () => {
    fc.assert(
      fc.property(nearChange, fc.integer({ min: -180, max: 180 }), ({ timeZone, at }, minutes) => {
        const time = localTimeAt(at, timeZone) + minutes * MINUTE_MS;

        expect(instantOf(time, timeZone).getTime()).toBe(bruteForce(time, timeZone));
      }),
      { numRuns: sizeOf({ usual: 40, long: 2_000 }) },
    );
  });

  it('never puts the later of two times first', () => {
    fc.assert(
      fc.property(nearChange, fc.nat({ max: 3_000 }), ({ timeZone, at }, minutes) => {
        const time = localTimeAt(at, timeZone);

        expect(instantOf(time, timeZone).getTime()).toBeLessThanOrEqual(
          instantOf(time + minutes * MINUTE_MS, timeZone).getTime(),
        );
      }),
    );
  });

  it('is right at both changes of a year, in every zone that has them', () => {
    const changed = ZONES.flatMap((timeZone) => changesIn(2026, timeZone).map((change) => ({ timeZone, change })));

    expect(changed.length).toBeGreaterThan(100);
    for (const { timeZone, change } of changed) {
      const before = localTimeAt(new Date(change - 1), timeZone);
      const after = localTimeAt(new Date(change), timeZone);
      for (const time of [before, after, before + 1, after - 1, before - HOUR_MS, after + HOUR_MS]) {
        const minute = Math.floor(time / MINUTE_MS) * MINUTE_MS;
        expect({ timeZone, at: instantOf(minute, timeZone).getTime() }).toEqual({
          timeZone,
          at: bruteForce(minute, timeZone),
        });
      }
    }
  });

  it('remembers what it asked for a bounded number of days', () => {
    const times = Array.from({ length: 1_500 }, (_, day) => local('2026-01-01T00:00') + day * 86_400_000);

    expect(times.map((time) => instantOf(time, 'Asia/Tokyo').getTime())).toEqual(
      times.map((time) => time - 9 * HOUR_MS),
    );
  });
});
