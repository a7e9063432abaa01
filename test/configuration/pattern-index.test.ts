import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { KeyPattern, PatternPart } from '../../configuration/key-pattern.ts';
import { parseTemplate } from '../../configuration/parse-template.ts';
import { createPatternIndex } from '../../configuration/pattern-index.ts';
import { somePlainTemplate } from '../shared/feeds/templates.ts';
import { sizeOf } from '../support/test-size.ts';

// Thousands of examples, on a machine that can be busy.
vi.setConfig({ testTimeout: 60_000 });

const template = (key: string, bucket = 'landing'): KeyPattern => parseTemplate(`s3://${bucket}/${key}`);

const withParts = (...parts: PatternPart[]): KeyPattern => ({ bucket: 'landing', parts });

/** Patterns of outputs, which can have more kinds of parts than templates. */
const somePattern: fc.Arbitrary<KeyPattern> = fc
  .tuple(somePlainTemplate, fc.constantFrom<PatternPart[]>([], [{ kind: 'rest' }], [{ kind: 'number' }]), fc.nat())
  .map(([{ bucket, parts }, [extra], place]) => {
    if (extra === undefined) {
      return { bucket, parts };
    }
    const at = extra.kind === 'rest' ? parts.length : place % (parts.length + 1);
    return { bucket, parts: [...parts.slice(0, at), extra, ...parts.slice(at)] };
  });

const TEXTS: Readonly<Record<Exclude<PatternPart['kind'], 'literal'>, readonly string[]>> = {
  date: ['2026', '2xyx'],
  capture: ['x', 'y2', '2026'],
  any: ['', 'x', '2'],
  number: ['2', '2026'],
  rest: ['', 'x', 'y/x'],
};

/** Writes a key for a pattern; not every such key has a date. */
const someKeyOf = ({ parts }: KeyPattern): fc.Arbitrary<string> =>
  fc
    .tuple(...parts.map((part) => fc.constantFrom(...(part.kind === 'literal' ? [part.text] : TEXTS[part.kind]))))
    .map((texts) => texts.join(''));

const EXPRESSIONS = { date: '\\d{4}', capture: '[^/]+', any: '[^/]*', number: '\\d+', rest: '.*' };

const matches = ({ parts }: KeyPattern, key: string): boolean =>
  new RegExp(`^${parts.map((part) => (part.kind === 'literal' ? part.text : EXPRESSIONS[part.kind])).join('')}$`).test(
    key,
  );

const meeting = (patterns: readonly KeyPattern[], pattern: KeyPattern): KeyPattern[] =>
  createPatternIndex(patterns, (one) => one)(pattern);

describe('createPatternIndex', () => {
  it('lists all patterns that match the same key as another one, in their order', () => {
    const seen = { common: 0, none: 0 };
    const cases = somePattern.chain((pattern) =>
      fc.tuple(fc.constant(pattern), someKeyOf(pattern), fc.array(somePattern, { maxLength: 8 })),
    );

    fc.assert(
      fc.property(cases, ([pattern, key, patterns]) => {
        const wanted = matches(pattern, key) ? patterns.filter((one) => matches(one, key)) : [];
        const found = meeting(patterns, pattern);

        expect(found).toEqual(patterns.filter((one) => found.includes(one)));
        expect(wanted.filter((one) => !found.includes(one))).toEqual([]);
        for (const one of patterns) {
          expect(meeting([pattern], one)).toEqual(found.includes(one) ? [pattern] : []);
        }
        seen.common += wanted.length;
        seen.none += patterns.length - found.length;
      }),
      { numRuns: sizeOf({ usual: 200, long: 10_000 }) },
    );

    expect(Math.min(seen.common, seen.none)).toBeGreaterThan(0);
  });

  it.each([
    ['in/{date:yyyyMMdd}/orders-2_*', 'in/{date:yyyyMMdd}/orders-1_*'],
    ['in/{date:yyyyMMdd}/{region}/orders-2_*', 'in/{date:yyyyMMdd}/{region}/orders-1_*'],
    ['{region}/2', '{region}/1'],
    ['*/{shop}/b', 'x/*/a'],
    ['a', 'a/{shop}'],
    ['{date:yyyy}/x', 'year/x'],
    ['orders_*.csv', 'orders_*.done'],
    ['{shop}_orders.csv', '{shop}_clicks.csv'],
  ])('leaves out %s beside %s', (one, other) => {
    expect(meeting([template(one)], template(other))).toEqual([]);
    expect(meeting([template(other)], template(one))).toEqual([]);
  });

  it('leaves out other buckets', () => {
    const patterns = [template('a'), template('a', 'warehouse'), template('*')];

    expect(meeting(patterns, template('a', 'warehouse'))).toEqual([template('a', 'warehouse')]);
    expect(meeting(patterns, template('a', 'curated'))).toEqual([]);
  });

  it('treats a folder as everything below it', () => {
    const folder = withParts({ kind: 'literal', text: 'out/' }, { kind: 'rest' });
    const patterns = [template('out/{shop}/x'), template('in/x'), folder, template('{shop}/x'), template('out/{shop}')];

    expect(meeting(patterns, folder)).toEqual(patterns.filter((_, index) => index !== 1));
    expect(meeting([folder], template('out/a/b/c'))).toEqual([folder]);
    expect(meeting([folder], template('out'))).toEqual([]);
  });
});
