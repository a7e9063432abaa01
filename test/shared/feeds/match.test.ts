import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseTemplate, readTemplate } from '../../../configuration/parse-template.ts';
import { DATE_UNITS } from '../../../shared/feeds/dates.ts';
import { type Captures, matchTemplate } from '../../../shared/feeds/match.ts';
import type { Template, TemplatePart } from '../../../shared/feeds/template.ts';
import { sizeOf } from '../../support/test-size.ts';
import { someKeyFor, someTemplate } from './templates.ts';

// Thousands of examples, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000 });

const match = (template: string, key: string) => matchTemplate(parseTemplate(`s3://landing/${template}`), key);

/** 01 to 31, over and over: what is a day, a month or an hour could stand anywhere in it. */
const MANY_DAYS = Array.from({ length: 500 }, (_, index) => String((index % 31) + 1).padStart(2, '0')).join('');

/** 100101102…: hardly two places in it have the same year. */
const MANY_YEARS = Array.from({ length: 340 }, (_, index) => 100 + index).join('');

type Piece = readonly [name: string, text: string, isDate: boolean];

/** Every way to read a key, the shortest captures first, whatever the dates say. */
function* waysOf([part, ...rest]: readonly TemplatePart[], key: string): Generator<readonly Piece[]> {
  if (part === undefined) {
    if (key === '') yield [];
    return;
  }
  const [least, most] =
    part.kind === 'literal'
      ? [part.text.length, part.text.length]
      : part.kind === 'date'
        ? [part.unit.length, part.unit.length]
        : [part.kind === 'capture' ? 1 : 0, key.length];
  for (let length = least; length <= most; length += 1) {
    const text = key.slice(0, length);
    const fits =
      part.kind === 'literal'
        ? text === part.text
        : part.kind === 'date'
          ? /^[0-9]+$/.test(text) && text.length === length
          : !text.includes('/');
    if (fits) {
      for (const way of waysOf(rest, key.slice(length))) {
        if (part.kind === 'date') yield [[part.unit, text, true], ...way];
        else if (part.kind === 'capture') yield [[part.name, text, false], ...way];
        else yield way;
      }
    }
  }
}

const datesOf = (way: readonly Piece[]): string | undefined => {
  const digits = new Map<string, string>();
  for (const [unit, text, isDate] of way) {
    if (!isDate) continue;
    if ((digits.get(unit) ?? text) !== text) return 'impossible';
    digits.set(unit, text);
  }
  if (digits.size === 0) return undefined;
  const numbers = DATE_UNITS.map((unit, index) => Number(digits.get(unit) ?? [0, 1, 1, 0, 0][index]));
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = numbers;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute);
  const iso = date.toISOString();
  const asWritten = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}T${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
  return iso.startsWith(asWritten) ? asWritten.slice(0, [0, 4, 7, 10, 13, 16][digits.size]) : 'impossible';
};

const naiveMatch = (parts: readonly TemplatePart[], key: string): Captures | undefined => {
  for (const way of waysOf(parts, key)) {
    const date = datesOf(way);
    if (date !== 'impossible') {
      return {
        date,
        values: Object.fromEntries(way.flatMap(([name, text, isDate]) => (isDate ? [] : [[name, text]]))),
      };
    }
  }
  return undefined;
};

describe('matchTemplate', () => {
  it('takes date and captures out of a key', () => {
    expect(match('sales/{date:yyyyMMdd}/orders_{shop}.tsv.gz', 'sales/20261122/orders_tokyo.tsv.gz')).toEqual({
      date: '2026-11-22',
      values: { shop: 'tokyo' },
    });
  });

  it.each([
    ['{date:yyyy}', '2026', '2026'],
    ['{date:yyyyMM}', '202611', '2026-11'],
    ['{date:yyyy}/{date:MM}/{date:dd}', '2026/11/22', '2026-11-22'],
    ['{date:dd.MM.yyyy}', '22.11.2026', '2026-11-22'],
    ['{date:yyyy-MM-dd}/{date:HH}', '2026-11-22/05', '2026-11-22T05'],
    ['{date:yyyyMMddTHHmm}', '20261122T0530', '2026-11-22T05:30'],
    ['{date:yyyyMMdd}/x_{date:yyyy-MM-dd}', '20261122/x_2026-11-22', '2026-11-22'],
  ])('reads %s in %s as %s', (template, key, date) => {
    expect(match(template, key)).toEqual({ date, values: {} });
  });

  it.each([
    ['{date:yyyyMMdd}', '20260231'],
    ['{date:yyyyMMdd}', '20270229'],
    ['{date:yyyyMMdd}', '19000229'],
    ['{date:yyyyMMdd}', '20261131'],
    ['{date:yyyyMMdd}', '20261301'],
    ['{date:yyyyMMdd}', '20260001'],
    ['{date:yyyyMMdd}', '20260100'],
    ['{date:yyyyMMddHH}', '2026112224'],
    ['{date:yyyyMMddHHmm}', '202611220060'],
    ['{date:dd}/{date:MM}/{date:yyyy}', '29/02/2027'],
    ['{date:yyyyMMdd}', '2026112'],
    ['{date:yyyyMMdd}', '2026112x'],
    ['{date:yyyyMMdd}', '+2026112'],
    ['{date:yyyyMMdd}', '２０２６1122'],
    ['{date:yyyyMMdd}/x_{date:yyyyMMdd}', '20261122/x_20261123'],
  ])('takes no impossible date: %s in %s', (template, key) => {
    expect(match(template, key)).toBeUndefined();
  });

  it.each(['20280229', '20000229', '20260228', '20261231', '20260430'])('takes %s, a date that exists', (key) => {
    expect(match('{date:yyyyMMdd}', key)).toBeDefined();
  });

  it('reads on past digits that are no date', () => {
    expect(match('{shop}{date:yyyyMMdd}.csv', 'shop99999920261122.csv')).toEqual({
      date: '2026-11-22',
      values: { shop: 'shop999999' },
    });
    expect(match('{date:yyyy}/*{date:yyyy}*', '2026/2025-2026-2027')).toEqual({ date: '2026', values: {} });
  });

  it('keeps each capture as short as possible, from left to right', () => {
    expect(match('{a}_{b}', 'one_two_three')?.values).toEqual({ a: 'one', b: 'two_three' });
    expect(match('*_{a}_*', 'one_two_three_four')?.values).toEqual({ a: 'two' });
    expect(match('{a}x', 'xx')?.values).toEqual({ a: 'x' });
  });

  it('takes neither an empty capture nor one with a slash, and a * that is empty but not one with a slash', () => {
    expect(match('orders_{shop}.csv', 'orders_.csv')).toBeUndefined();
    expect(match('orders_{shop}.csv', 'orders_a/b.csv')).toBeUndefined();
    expect(match('orders_*.csv', 'orders_.csv')).toBeDefined();
    expect(match('orders_*.csv', 'orders_a/b.csv')).toBeUndefined();
  });

  it('takes nothing but the whole key', () => {
    expect(match('_SUCCESS', '_SUCCESS')).toEqual({ date: undefined, values: {} });
    expect(match('_SUCCESS', '_SUCCESS ')).toBeUndefined();
    expect(match('_SUCCESS', 'a_SUCCESS')).toBeUndefined();
    expect(match('a/*', 'a')).toBeUndefined();
    expect(match('{a}', 'x/')).toBeUndefined();
  });

  it.each(['a b', 'a+b', 'a%2Fb', 'a\nb', '東京', '😀', '..', '{shop}', '*', '$&', '__proto__', 'a\u0000b', '\u2028'])(
    'takes %j as it is, without decoding',
    (value) => {
      expect(match('orders_{shop}.csv', `orders_${value}.csv`)?.values).toEqual({ shop: value });
    },
  );

  it('keeps a capture whose name objects know otherwise', () => {
    const captures = match('{constructor}/{toString}', 'a/b');

    expect(Object.entries(captures?.values ?? {})).toEqual([
      ['constructor', 'a'],
      ['toString', 'b'],
    ]);
  });

  it('takes a key of 1,024 bytes, and none that is longer', () => {
    expect(match('{a}', '東'.repeat(341))?.values).toEqual({ a: '東'.repeat(341) });
    expect(match('{a}', 'x'.repeat(1_024))).toBeDefined();
    expect(match('{a}', 'x'.repeat(1_025))).toBeUndefined();
  });

  it('agrees with a matcher that tries every way', () => {
    const cases = someTemplate.chain((template) => fc.tuple(fc.constant(template), someKeyFor(template)));
    const numRuns = sizeOf({ usual: 600, long: 30_000 });
    let matches = 0;

    fc.assert(
      fc.property(cases, ([template, key]) => {
        const captures = matchTemplate(template, key);
        matches += captures === undefined ? 0 : 1;
        expect(captures).toEqual(naiveMatch(template.parts, key));
      }),
      { numRuns },
    );

    expect(matches).toBeGreaterThan(numRuns / 20);
  });

  it('agrees with it on keys that are all digits, where every place could be the date', () => {
    const unit = fc.constantFrom('{date:yyyy}', '{date:MM}', '{date:dd}', '{date:MMdd}', '{date:yyyyMM}');
    const template = fc
      .tuple(fc.array(unit, { minLength: 2, maxLength: 3 }), fc.constantFrom('', '/'))
      .map(([units, between]) => `{a}${units.map((text, index) => `${text}{c${index}}`).join(between)}`)
      .map((key) => readTemplate(`s3://landing/${key}`))
      .filter((read) => read.kind === 'template')
      .map((read) => (read as { template: Template }).template);
    const digits = (...all: string[]) => fc.constantFrom(...all);
    const some = {
      yyyy: digits('2023', '2024', '0232', '2020'),
      MM: digits('01', '02', '04', '12'),
      dd: digits('29', '30', '31', '01'),
      HH: digits('05'),
      mm: digits('30'),
    };
    const variable = fc.array(digits('0', '1', '2', '3'), { minLength: 1, maxLength: 4 }).map((text) => text.join(''));
    const cases = template.chain((one) =>
      fc.tuple(
        fc.constant(one),
        fc.tuple(
          ...one.parts.map((part) =>
            part.kind === 'literal' ? digits(part.text) : part.kind === 'date' ? some[part.unit] : variable,
          ),
        ),
      ),
    );
    let matches = 0;

    fc.assert(
      fc.property(cases, ([one, texts]) => {
        const key = texts.join('');
        const captures = matchTemplate(one, key);
        matches += captures === undefined ? 0 : 1;
        expect(captures).toEqual(naiveMatch(one.parts, key));
      }),
      { numRuns: sizeOf({ usual: 200, long: 10_000 }) },
    );

    expect(matches).toBeGreaterThan(0);
  });

  it.each([
    [
      'the year was no leap year',
      '{a}{date:yyyy}{b}{date:MMdd}',
      'x20232024y0229',
      '0232-02-29',
      { a: 'x2', b: '024y' },
    ],
    ['the month was too short', '{a}{date:MM}{b}{date:dd.yyyy}', 'x0203y31.2026', '2026-03-31', { a: 'x02', b: 'y' }],
    ['the day was too late', '{a}{date:dd}{b}{date:MM.yyyy}', 'x31x30y04.2026', '2026-04-30', { a: 'x31x', b: 'y' }],
    ['the year was another', '{a}{date:yyyy}{b}/{date:yyyy}', 'x20252026y/2026', '2026', { a: 'x2025', b: 'y' }],
    [
      'the hour was another',
      '{a}{date:yyyyMMddHH}{b}/{date:HH}',
      'x20261122052026112206y/06',
      '2026-11-22T06',
      { a: 'x2026112205', b: 'y' },
    ],
    [
      'the minute was another',
      '{a}{date:yyyyMMddHHmm}{b}/{date:mm}',
      'x202611220530202611220545y/45',
      '2026-11-22T05:45',
      { a: 'x202611220530', b: 'y' },
    ],
  ])('tries a capture that failed again with another date, where %s', (_, template, key, date, values) => {
    expect(match(template, key)).toEqual({ date, values });
  });

  it('gives back what a key was made of, where nothing is ambiguous', () => {
    const word = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).filter((text) => !/[/_]/.test(text));
    const date = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });

    fc.assert(
      fc.property(word, word, date, (shop, kind, day) => {
        const [iso = ''] = day.toISOString().split('T');
        expect(
          match(
            '{date:yyyy/MM}/{shop}_{kind}_{date:dd}',
            `${iso.slice(0, 7).replace('-', '/')}/${shop}_${kind}_${iso.slice(8)}`,
          ),
        ).toEqual({
          date: iso,
          values: { shop, kind },
        });
      }),
    );
  });

  describe('with a key made to keep it busy', () => {
    const startsWith = vi.spyOn(String.prototype, 'startsWith');
    const slice = vi.spyOn(String.prototype, 'slice');

    afterEach(() => {
      startsWith.mockClear();
      slice.mockClear();
    });

    it.each([
      ['stars', `${'*a'.repeat(15)}b`, 'a'.repeat(1_024), 20_000],
      ['captures', `${Array.from({ length: 20 }, (_, index) => `{c${index}}_`).join('')}!`, '_'.repeat(1_024), 50_000],
      ['very many stars', `${'*a'.repeat(100)}b`, 'a'.repeat(1_024), 200_000],
      ['dates', '{a}{date:yyyyMMdd}{b}{date:HH}{c}{date:mm}{d}!', MANY_DAYS, 20_000],
      [
        'pieces that float, of a date that has a fixed place later',
        '*{date:yyyy}*{date:dd}*{date:MM}*/{date:yyyyMMdd}',
        `${MANY_YEARS.slice(0, 128)}${MANY_DAYS.slice(0, 128)}/20261122`,
        5_000,
      ],
      [
        'a date that has a fixed place at the end',
        '{date:yyyy}*{date:dd}*{date:MM}*{date:yyyyMMdd}',
        `2026${MANY_DAYS.slice(0, 300)}20261131`,
        2_000,
      ],
      [
        'a date that stands twice',
        '{a}{date:yyyyMMdd}{b}-{c}{date:yyyyMMdd}!',
        `${'20261122'.repeat(64)}-${'20261121'.repeat(63)}`,
        50_000,
      ],
      ['a year that is never the same twice', '{a}{date:yyyy}{b}{date:yyyy}{c}!', MANY_YEARS, 1_000_000],
    ])('needs few steps: %s', (_, template, key, most) => {
      const parsed = parseTemplate(`s3://landing/${template}`);
      startsWith.mockClear();
      slice.mockClear();

      expect(matchTemplate(parsed, key)).toBeUndefined();

      const steps = startsWith.mock.calls.length + slice.mock.calls.length;
      expect(steps).toBeLessThan(most);
    });

    it('needs few steps for every template that is accepted: parts times key, and times key again where a date floats twice', () => {
      const date = fc.constantFrom(...DATE_UNITS, 'yyyyMM', 'yyyyMMdd', 'ddMM', 'HHmm').map((text) => `{date:${text}}`);
      const template = fc
        .tuple(
          fc.uniqueArray(date, { minLength: 1, maxLength: 5 }),
          fc.array(date, { maxLength: 2 }),
          fc.array(fc.constantFrom('*', '*', '*', '*0*', '*/*', '/'), { minLength: 8, maxLength: 8 }),
        )
        .map(([some, repeated, betweens]) => {
          const dates = [...some, ...repeated].map((text, index) => `${betweens[index] ?? ''}${text}`);
          return readTemplate(`s3://landing/${dates.join('')}${betweens[7] ?? ''}!`);
        })
        .filter((read) => read.kind === 'template')
        .map((read) => (read as { template: Template }).template);
      const digits = fc
        .tuple(fc.constantFrom(MANY_YEARS, MANY_DAYS, '20261122'.repeat(40), '0'.repeat(300)), fc.nat(60))
        .map(([text, length]) => text.slice(0, length * 2));
      const folder = fc.array(digits, { minLength: 1, maxLength: 4 }).map((texts) => texts.join(''));
      const cases = template.chain((one) => {
        const folders = one.uri.split('/').length - 3;
        return fc.tuple(fc.constant(one), fc.array(folder, { minLength: folders, maxLength: folders }));
      });
      const numRuns = sizeOf({ usual: 100, long: 5_000 });
      let longWays = 0;

      fc.assert(
        fc.property(cases, ([one, folders]) => {
          const key = folders.join('/');
          const units = one.parts.flatMap((part) => (part.kind === 'date' ? [part.unit] : []));
          const isRepeated = new Set(units).size < units.length;
          startsWith.mockClear();
          slice.mockClear();

          matchTemplate(one, key);

          const steps = startsWith.mock.calls.length + slice.mock.calls.length;
          longWays += steps > key.length ? 1 : 0;
          expect(steps).toBeLessThanOrEqual(
            (one.parts.length + 1) * (key.length + 1) * (isRepeated ? key.length + 1 : 1),
          );
        }),
        { numRuns },
      );

      expect(longWays).toBeGreaterThan(numRuns / 20);
    });
  });
});
