import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextDate, startOf } from '../../../shared/feeds/business-dates.ts';
import { momentOf } from '../../../shared/feeds/due.ts';
import { localDateOf } from '../../../shared/feeds/zoned-time.ts';
import { sizeOf } from '../../support/test-size.ts';
import { DateTime, zonedInstant } from '../../support/time-zones.ts';

const timeOfDay = (days: number, hour: number, minute: number) =>
  ({ kind: 'time of day', days, hour, minute }) as const;

const two = (number: number) => String(number).padStart(2, '0');

describe('momentOf', () => {
  it.each([
    ['a time of day', timeOfDay(0, 9, 0), '2026-11-22', 'Asia/Tokyo', '2026-11-22T00:00Z'],
    ['one a day later', timeOfDay(1, 9, 0), '2026-11-22', 'Asia/Tokyo', '2026-11-23T00:00Z'],
    [
      'the same time after clocks were put forward',
      timeOfDay(1, 9, 0),
      '2026-03-28',
      'Europe/Berlin',
      '2026-03-29T07:00Z',
    ],
    ['and after they were put back', timeOfDay(1, 9, 0), '2026-10-24', 'Europe/Berlin', '2026-10-25T08:00Z'],
    ['a time that is skipped', timeOfDay(0, 2, 30), '2026-03-29', 'Europe/Berlin', '2026-03-29T01:00Z'],
    ['a time that comes twice', timeOfDay(0, 2, 30), '2026-10-25', 'Europe/Berlin', '2026-10-25T00:30Z'],
    ['the first day of a month', timeOfDay(2, 9, 0), '2026-11', 'Asia/Tokyo', '2026-11-03T00:00Z'],
    ['the first day of a year', timeOfDay(0, 9, 0), '2026', 'Asia/Tokyo', '2026-01-01T00:00Z'],
    ['the day of an hour', timeOfDay(0, 9, 0), '2026-11-22T05', 'Asia/Tokyo', '2026-11-22T00:00Z'],
    [
      'time that has passed',
      { kind: 'offset', ms: 33 * 3_600_000 } as const,
      '2026-03-29',
      'Europe/Berlin',
      '2026-03-30T08:00Z',
    ],
    [
      'minutes after an hour',
      { kind: 'offset', ms: 90 * 60_000 } as const,
      '2026-11-22T05',
      'Asia/Tokyo',
      '2026-11-21T21:30Z',
    ],
  ])('finds %s', (_, moment, date, timeZone, at) => {
    expect(momentOf(moment, date, timeZone)).toEqual(new Date(at));
  });

  it('agrees with another library on every time of day that clocks show, some days after a date, in every zone', () => {
    fc.assert(
      fc.property(
        zonedInstant,
        fc.nat({ max: 5 }),
        fc.nat({ max: 23 }),
        fc.nat({ max: 59 }),
        ({ timeZone, at }, days, hour, minute) => {
          const date = localDateOf(at, timeZone, 'dd');
          const there = DateTime.fromISO(`${nextDate(date, days)}T${two(hour)}:${two(minute)}`, { zone: timeZone });
          const isShown = there.toFormat('HH:mm') === `${two(hour)}:${two(minute)}`;
          const due = momentOf(timeOfDay(days, hour, minute), date, timeZone);

          if (isShown) {
            expect(due.getTime()).toBe(Math.min(...there.getPossibleOffsets().map((one) => one.toMillis())));
          } else {
            // Right after what is skipped: the library moves such a time on by as much as is skipped, so never less.
            expect(due.getTime()).toBeLessThanOrEqual(there.toMillis());
            expect(localDateOf(due, timeZone, 'mm') >= `${nextDate(date, days)}T${two(hour)}:${two(minute)}`).toBe(
              true,
            );
          }
        },
      ),
      { numRuns: sizeOf({ usual: 100, long: 5_000 }) },
    );
  });

  it('counts what has passed from the start of the date, whatever clocks do meanwhile', () => {
    fc.assert(
      fc.property(zonedInstant, fc.nat({ max: 5_000 }), ({ timeZone, at }, minutes) => {
        const date = localDateOf(at, timeZone, 'HH');

        expect(momentOf({ kind: 'offset', ms: minutes * 60_000 }, date, timeZone).getTime()).toBe(
          startOf(date, timeZone).getTime() + minutes * 60_000,
        );
      }),
    );
  });
});
