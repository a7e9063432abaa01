import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dateOf, isInRange, isPossibleDate, readDateFormat, unitOf } from '../../../shared/feeds/dates.ts';

describe('readDateFormat', () => {
  it('reads units, and takes everything else as it stands', () => {
    expect(readDateFormat('yyyy年MM/ddTHH:mm*')).toEqual({
      parts: [
        { kind: 'date', unit: 'yyyy' },
        { kind: 'literal', text: '年' },
        { kind: 'date', unit: 'MM' },
        { kind: 'literal', text: '/' },
        { kind: 'date', unit: 'dd' },
        { kind: 'literal', text: 'T' },
        { kind: 'date', unit: 'HH' },
        { kind: 'literal', text: ':' },
        { kind: 'date', unit: 'mm' },
        { kind: 'literal', text: '*' },
      ],
      problems: [],
    });
  });

  it.each([
    ['YYYYMMdd', 0, '"YYYY" is not a unit of a date (yyyy, MM, dd, HH, mm): did you mean yyyy?'],
    ['yyyyMMDD', 6, '"DD" is not a unit of a date (yyyy, MM, dd, HH, mm): did you mean dd?'],
    ['yyyy-M-dd', 5, '"M" is not a unit of a date (yyyy, MM, dd, HH, mm): did you mean MM (two digits)?'],
    ['yyyyMMddhh', 8, '"hh" is not a unit of a date (yyyy, MM, dd, HH, mm): did you mean HH (00 to 23)?'],
    [
      'yyyyMMddHHmmss',
      12,
      '"ss" is not a unit of a date (yyyy, MM, dd, HH, mm): a business date has no seconds, use * for them',
    ],
    ['', 0, 'the date has no unit, write for example {date:yyyyMMdd}'],
    ['--', 0, 'the date has no unit, write for example {date:yyyyMMdd}'],
  ])('says what is wrong with %j', (format, at, message) => {
    expect(readDateFormat(format).problems).toEqual([{ at, message }]);
  });
});

describe('isInRange', () => {
  it.each([
    ['yyyy', '0000', '9999', []],
    ['MM', '01', '12', ['00', '13']],
    ['dd', '01', '31', ['00', '32']],
    ['HH', '00', '23', ['24']],
    ['mm', '00', '59', ['60']],
  ] as const)('takes %s from %s to %s', (unit, least, most, others) => {
    expect([least, most].every((digits) => isInRange(unit, digits))).toBe(true);
    expect(others.some((digits) => isInRange(unit, digits))).toBe(false);
  });
});

describe('isPossibleDate', () => {
  it('agrees with the calendar of JavaScript on every day of 400 years', () => {
    const wrong: string[] = [];
    for (let year = 1_800; year < 2_200; year += 1) {
      for (let month = 1; month <= 12; month += 1) {
        for (let day = 28; day <= 31; day += 1) {
          const [yyyy, MM, dd] = [String(year), String(month).padStart(2, '0'), String(day)];
          const isReal = new Date(Date.UTC(year, month - 1, day)).getUTCMonth() === month - 1;
          if (isPossibleDate({ yyyy, MM, dd }) !== isReal) wrong.push(`${yyyy}-${MM}-${dd}`);
        }
      }
    }

    expect(wrong).toEqual([]);
  });

  it('takes 29 February as possible while the year is not known', () => {
    expect(isPossibleDate({ MM: '02', dd: '29' })).toBe(true);
    expect(isPossibleDate({ MM: '02', dd: '30' })).toBe(false);
    expect(isPossibleDate({ yyyy: '2027', dd: '31' })).toBe(true);
    expect(isPossibleDate({ yyyy: '2027', MM: '02' })).toBe(true);
    expect(isPossibleDate({})).toBe(true);
  });
});

describe('dateOf', () => {
  it('gives nothing where there is no year', () => {
    expect(dateOf({})).toBeUndefined();
  });

  it('is undone by unitOf', () => {
    const two = fc.integer({ min: 0, max: 99 }).map((value) => String(value).padStart(2, '0'));
    const four = fc.integer({ min: 0, max: 9_999 }).map((value) => String(value).padStart(4, '0'));

    fc.assert(
      fc.property(fc.tuple(four, two, two, two, two), fc.integer({ min: 1, max: 5 }), (digits, count) => {
        const units = ['yyyy', 'MM', 'dd', 'HH', 'mm'] as const;
        const date = dateOf(Object.fromEntries(units.slice(0, count).map((unit, index) => [unit, digits[index]])));
        expect(units.map((unit) => unitOf(date ?? '', unit))).toEqual(
          digits.map((piece, index) => (index < count ? piece : undefined)),
        );
      }),
    );
  });
});
