import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { commonKey, type PatternPart } from '../../configuration/common-key.ts';
import { parseTemplate, readTemplate } from '../../configuration/parse-template.ts';
import { matchTemplate } from '../../shared/feeds/match.ts';
import type { Template } from '../../shared/feeds/template.ts';
import { someKeyFor, someTemplate } from '../shared/feeds/templates.ts';

// Thousands of examples, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000 });

const common = (one: string, other: string) =>
  commonKey(parseTemplate(`s3://landing/${one}`), parseTemplate(`s3://landing/${other}`));

const withParts = (...parts: PatternPart[]) => ({ bucket: 'landing', parts });

describe('commonKey', () => {
  it.each([
    ['a/b', 'a/b', 'a/b'],
    ['{a}', 'x', 'x'],
    ['*', '*', 'x'],
    ['a*', '*b', 'ab'],
    ['a*b*', '*ba*c', 'abac'],
    ['{a}/{b}', '*/*', 'x/x'],
    ['😀{a}', '*😀x', '😀x'],
    ['sales/{date:yyyyMMdd}/x', 'sales/{date:yyyyMMdd}/{a}', 'sales/20260101/x'],
    ['{date:yyyyMMdd}', '20281122', '20281122'],
    ['{date:yyyyMMdd}', '*0229', '20280229'],
    ['{date:yyyyMMdd}', '{date:ddMMyyyy}', '21010101'],
    ['{date:yyyy}/{date:yyyyMM}', '{a}/2027*', '2027/202701'],
    ['{date:yyyyMMddHHmm}', '{date:yyyyMMdd}2359', '202601012359'],
    ['{date:yyyyMM}', '{date:yyyyMM}', '202601'],
    // The year that is tried first would make the month 60 to 69.
    ['{date:yyyy}{a}/{b}', '202{date:MM}/{date:yyyy}', '20201/2026'],
  ])('finds a key for %s and %s', (one, other, key) => {
    expect(common(one, other)).toBe(key);
    expect(common(other, one)).toBeDefined();
  });

  it.each([
    ['a/b', 'a/c'],
    ['{a}', 'x/y'],
    ['*', 'x/y'],
    ['{a}x', '*y'],
    ['sales/*', 'catalog/*'],
    ['{date:yyyyMMdd}', '20260231'],
    ['{date:yyyyMMdd}', '20270229'],
    ['{date:yyyyMMdd}', '{a}13{date:yyyy}{date:MM}'],
    ['{date:yyyyMMdd}', '2026112x'],
    ['{date:yyyy}/{date:yyyy}', '2026/2027'],
    ['{date:yyyyMMddHHmm}', '{date:yyyyMMdd}2360'],
    ['{date:yyyyMMdd}', '{date:yyyyMMdd}.gz'],
    ['{date:yyyyMMdd}x*', '{date:yyyyMMdd}y*'],
  ])('finds none for %s and %s', (one, other) => {
    expect(common(one, other)).toBeUndefined();
    expect(common(other, one)).toBeUndefined();
  });

  it('finds none in two buckets', () => {
    expect(commonKey(parseTemplate('s3://landing/x'), parseTemplate('s3://warehouse/x'))).toBeUndefined();
  });

  it('takes all that is below a folder', () => {
    const below = withParts({ kind: 'literal', text: 'sales/' }, { kind: 'rest' });

    expect(commonKey(below, parseTemplate('s3://landing/sales/{a}/{b}.csv'))).toBe('sales/x/x.csv');
    expect(commonKey(below, withParts({ kind: 'rest' }, { kind: 'literal', text: '/' }))).toBe('sales/');
    expect(commonKey(below, parseTemplate('s3://landing/sales'))).toBeUndefined();
  });

  it('takes only digits for a number', () => {
    const numbered = withParts({ kind: 'literal', text: 'v' }, { kind: 'number' });

    expect(commonKey(numbered, parseTemplate('s3://landing/{a}'))).toBe('v1');
    expect(commonKey(numbered, parseTemplate('s3://landing/v12'))).toBe('v12');
    expect(commonKey(numbered, parseTemplate('s3://landing/v{date:yyyy}'))).toBe('v2026');
    expect(commonKey(numbered, withParts({ kind: 'rest' }))).toBe('v1');
    expect(commonKey(withParts({ kind: 'number' }), withParts({ kind: 'number' }))).toBe('1');
    expect(commonKey(numbered, parseTemplate('s3://landing/v1a'))).toBeUndefined();
    expect(commonKey(numbered, parseTemplate('s3://landing/v'))).toBeUndefined();
  });

  it('gives only keys that both templates match', () => {
    let found = 0;

    fc.assert(
      fc.property(someTemplate, someTemplate, (one, other) => {
        const key = commonKey(one, other);
        if (key !== undefined) {
          found += 1;
          expect([one, other].map((template) => matchTemplate(template, key) !== undefined)).toEqual([true, true]);
        }
      }),
      { numRuns: 1_000 },
    );

    expect(found).toBeGreaterThan(100);
  });

  it('finds one wherever a key is known to match both', () => {
    const starred = (key: string, cuts: readonly number[]): Template => {
      // Every second stretch between the cuts, unless it holds a slash, becomes a star.
      const places = [0, ...cuts.map((cut) => cut % (key.length + 1)).sort((one, other) => one - other), key.length];
      const stretches = places.slice(1).map((place, index) => key.slice(places[index], place));
      const text = stretches
        .map((stretch, index) => (index % 2 === 0 || stretch.includes('/') ? stretch : '*'))
        .join('');
      return parseTemplate(`s3://landing/${text.toWellFormed().replaceAll(/[*\ufffd]+/g, '*') || '*'}`);
    };
    const cases = someTemplate.chain((template) =>
      fc.tuple(fc.constant(template), someKeyFor(template), fc.array(fc.nat(), { maxLength: 6 })),
    );
    let found = 0;

    fc.assert(
      fc.property(cases, ([template, key, cuts]) => {
        const other = starred(key, cuts);
        if (key !== '' && [template, other].every((one) => matchTemplate(one, key) !== undefined)) {
          found += 1;
          expect(commonKey(template, other)).toBeDefined();
        }
      }),
      { numRuns: 2_000 },
    );

    expect(found).toBeGreaterThan(200);
  });

  it('finds one wherever trying every short key finds one', () => {
    const texts = ['', 'x', '/', 'y'];
    const every = [0, 1, 2, 3].reduce<string[]>(
      (keys) => [...new Set(keys.flatMap((key) => texts.map((text) => key + text)))],
      [''],
    );
    const part = fc.constantFrom('x', 'y', '/', '*', '{a}', '{b}');
    const short = fc
      .array(part, { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join(''))
      .filter((key) => !/(\*|\})(\*|\{)|(\{a\}.*\{a\})|(\{b\}.*\{b\})/.test(key));

    fc.assert(
      fc.property(short, short, (one, other) => {
        const templates = [one, other].map((key) => parseTemplate(`s3://landing/${key}`));
        const tried = every.find((key) => key !== '' && templates.every((template) => matchTemplate(template, key)));
        if (tried !== undefined) {
          expect(common(one, other)).toBeDefined();
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('finds one wherever trying six digits finds one, with a date on both sides', () => {
    const digits = ['0', '1', '2', '3'];
    const keys = Array.from({ length: 6 }).reduce<string[]>(
      (all) => all.flatMap((key) => digits.map((digit) => key + digit)),
      [''],
    );
    const pieces = ['{date:yyyy}', '{date:yyyyMM}', '{date:MM}{date:yyyy}', '0', '13', '*', '{a}'];
    const part = fc.constantFrom(...pieces);
    const dated = fc
      .array(part, { minLength: 1, maxLength: 3 })
      .filter((parts) => parts.join('').includes('date'))
      .map((parts) => readTemplate(`s3://landing/${parts.join('')}`))
      .filter((read) => read.kind === 'template')
      .map((read) => (read as { template: Template }).template);
    let found = 0;

    fc.assert(
      fc.property(dated, dated, (one, other) => {
        if (keys.some((key) => [one, other].every((template) => matchTemplate(template, key) !== undefined))) {
          found += 1;
          expect(commonKey(one, other)).toBeDefined();
        }
      }),
      { numRuns: 200 },
    );

    expect(found).toBeGreaterThan(3);
  });

  it('ends soon for templates that are hard to tell apart', () => {
    expect(common(`*{date:yyyyMMdd}${'*a'.repeat(50)}b`, `*{date:ddMMyyyy}${'*a'.repeat(50)}c`)).toBeUndefined();
    expect(common(`*{date:yyyyMMdd}*`, '0'.repeat(1_000))).toBeUndefined();
    expect(common(`*{date:yyyyMMddHHmm}*`, '{date:yyyy}{date:MM}31{date:dd}')).toBeUndefined();
  });
});
