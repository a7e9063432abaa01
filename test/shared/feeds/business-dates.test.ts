import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  datesBetween,
  isBusinessDate,
  isDateOnClocks,
  nextDate,
  shiftDate,
  startOf,
  unitOfDate,
} from '../../../shared/feeds/business-dates.ts';
import { DATE_UNITS } from '../../../shared/feeds/dates.ts';
import { localDateOf } from '../../../shared/feeds/zoned-time.ts';
import { sizeOf } from '../../support/test-size.ts';
import { DateTime, zonedInstant } from '../../support/time-zones.ts';

const LUXON_UNITS = { yyyy: 'years', MM: 'months', dd: 'days', HH: 'hours', mm: 'minutes' } as const;
const FORMATS = {
  yyyy: 'yyyy',
  MM: 'yyyy-MM',
  dd: 'yyyy-MM-dd',
  HH: "yyyy-MM-dd'T'HH",
  mm: "yyyy-MM-dd'T'HH:mm",
} as const;

const unit = fc.constantFrom(...DATE_UNITS);

const dateOf = (fineness: (typeof DATE_UNITS)[number], ms: number) => localDateOf(new Date(ms), 'UTC', fineness);

const instant = fc.integer({ min: Date.parse('1990-01-01'), max: Date.parse('2060-01-01') });

describe('startOf', () => {
  it.each([
    ['2026', 'Asia/Tokyo', '2025-12-31T15:00Z'],
    ['2026-11', 'Asia/Tokyo', '2026-10-31T15:00Z'],
    ['2026-11-22', 'Asia/Tokyo', '2026-11-21T15:00Z'],
    ['2026-11-22T05', 'Asia/Tokyo', '2026-11-21T20:00Z'],
    ['2026-11-22T05:30', 'Asia/Tokyo', '2026-11-21T20:30Z'],
    ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00Z'],
    ['2026-10-25T02', 'Europe/Berlin', '2026-10-25T00:00Z'],
    ['2026-09-06', 'America/Santiago', '2026-09-06T04:00Z'],
    ['0026-01-01', 'UTC', '0026-01-01T00:00Z'],
  ])('finds the start of %s in %s', (date, timeZone, at) => {
    expect(startOf(date, timeZone)).toEqual(new Date(at));
  });

  it('agrees with another library on the start of a day, in every zone', () => {
    fc.assert(
      fc.property(zonedInstant, ({ timeZone, at }) => {
        const day = DateTime.fromMillis(at.getTime(), { zone: timeZone }).startOf('day');

        // Where clocks are put back at midnight or at one, the day starts when they show midnight first.
        const first = Math.min(...day.getPossibleOffsets().map((one) => one.toMillis()));

        expect(startOf(localDateOf(at, timeZone, 'dd'), timeZone)).toEqual(new Date(first));
      }),
      { numRuns: sizeOf({ usual: 60, long: 3_000 }) },
    );
  });

  it('is not after any instant of the date, and its end not before', () => {
    fc.assert(
      fc.property(zonedInstant, unit, ({ timeZone, at }, fineness) => {
        const date = localDateOf(at, timeZone, fineness);

        expect(startOf(date, timeZone).getTime()).toBeLessThanOrEqual(at.getTime());
        expect(isDateOnClocks(date, timeZone)).toBe(true);
      }),
      { numRuns: sizeOf({ usual: 60, long: 3_000 }) },
    );
  });
});

describe('shiftDate', () => {
  it.each([
    ['2026-03-31', -1, 'MM', '2026-02-28'],
    ['2028-02-29', -1, 'yyyy', '2027-02-28'],
    ['2026-12-31T23:59', 1, 'mm', '2027-01-01T00:00'],
    ['2026-03-01', -1, 'dd', '2026-02-28'],
    ['2026-11-22T00', -1, 'HH', '2026-11-21T23'],
    ['2026-01', -1, 'MM', '2025-12'],
    ['2026', 10, 'yyyy', '2036'],
  ] as const)('moves %s by %i %s', (date, amount, fineness, shifted) => {
    expect(shiftDate(date, { amount, unit: fineness })).toBe(shifted);
  });

  it('agrees with another library, for all units', () => {
    fc.assert(
      fc.property(instant, unit, unit, fc.integer({ min: -400, max: 400 }), (ms, fineness, by, amount) => {
        fc.pre(DATE_UNITS.indexOf(by) <= DATE_UNITS.indexOf(fineness));
        const date = dateOf(fineness, ms);
        const there = DateTime.fromISO(date, { zone: 'UTC' }).plus({ [LUXON_UNITS[by]]: amount });

        expect(shiftDate(date, { amount, unit: by })).toBe(there.toFormat(FORMATS[fineness]));
      }),
      { numRuns: sizeOf({ usual: 200, long: 10_000 }) },
    );
  });
});

describe('datesBetween', () => {
  it('lists every date once, in order, both ends included', () => {
    fc.assert(
      fc.property(instant, unit, fc.nat({ max: 200 }), (ms, fineness, count) => {
        const from = dateOf(fineness, ms);
        const dates = datesBetween(from, nextDate(from, count));

        expect(dates).toHaveLength(count + 1);
        expect(dates).toEqual(dates.toSorted());
        expect(new Set(dates).size).toBe(count + 1);
        expect(dates.every((date) => unitOfDate(date) === fineness)).toBe(true);
      }),
    );
  });

  it('lists none where the end comes first, and ends where dates do', () => {
    expect(datesBetween('2026-11-23', '2026-11-22')).toEqual([]);
    expect(datesBetween('9999-12-30', '9999-12-31')).toEqual(['9999-12-30', '9999-12-31']);
  });
});

describe('isBusinessDate', () => {
  const calendar = { daysOfWeek: [1, 2, 3, 4, 5], holidays: ['2026-11-23'] };

  it.each([
    ['2026-11-20', true],
    ['2026-11-21', false],
    ['2026-11-22', false],
    ['2026-11-23', false],
    ['2026-11-24', true],
    ['2026-11-23T05', false],
    ['2026-11-24T05:30', true],
  ])('tells whether %s is one', (date, isOne) => {
    expect(isBusinessDate(date, calendar)).toBe(isOne);
  });

  it('takes every date for one where there is no calendar', () => {
    expect(isBusinessDate('2026-11-22', undefined)).toBe(true);
  });
});

describe('isDateOnClocks', () => {
  it.each([
    ['2026-03-29T02', 'Europe/Berlin', false],
    ['2026-03-29T03', 'Europe/Berlin', true],
    ['2026-10-25T02', 'Europe/Berlin', true],
    ['2026-03-29T02', 'UTC', true],
    ['2011-12-30', 'Pacific/Apia', false],
    ['2026-10-04T02', 'Australia/Lord_Howe', true],
    ['2026-10-04T02:15', 'Australia/Lord_Howe', false],
  ])('tells whether clocks show %s in %s', (date, timeZone, isShown) => {
    expect(isDateOnClocks(date, timeZone)).toBe(isShown);
  });
});
