import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { commonKey, type KeyPattern, type PatternPart } from '../../configuration/common-key.ts';
import { parseTemplate } from '../../configuration/parse-template.ts';
import { createPatternIndex } from '../../configuration/pattern-index.ts';
import { somePlainTemplate } from '../shared/feeds/templates.ts';

// Thousands of examples, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000 });

const template = (key: string, bucket = 'landing'): KeyPattern => parseTemplate(`s3://${bucket}/${key}`);

const withParts = (...parts: PatternPart[]): KeyPattern => ({ bucket: 'landing', parts });

/** What a job's output may hold beside what a template may. */
const somePattern: fc.Arbitrary<KeyPattern> = fc
  .tuple(somePlainTemplate, fc.constantFrom<PatternPart[]>([], [{ kind: 'rest' }], [{ kind: 'number' }]), fc.nat())
  .map(([{ bucket, parts }, [extra], place]) => {
    if (extra === undefined) {
      return { bucket, parts };
    }
    const at = extra.kind === 'rest' ? parts.length : place % (parts.length + 1);
    return { bucket, parts: [...parts.slice(0, at), extra, ...parts.slice(at)] };
  });

const meeting = (patterns: readonly KeyPattern[], pattern: KeyPattern): KeyPattern[] =>
  createPatternIndex(patterns, (one) => one)(pattern);

describe('createPatternIndex', () => {
  it('gives all that have a key in common, whichever of them is filed, in their order', () => {
    const seen = { common: 0, none: 0 };

    fc.assert(
      fc.property(fc.array(somePattern, { maxLength: 8 }), somePattern, (patterns, pattern) => {
        const wanted = patterns.filter((one) => commonKey(pattern, one) !== undefined);
        const found = meeting(patterns, pattern);

        expect(found).toEqual(patterns.filter((one) => found.includes(one)));
        expect(wanted.filter((one) => !found.includes(one))).toEqual([]);
        for (const one of patterns) {
          expect(meeting([pattern], one)).toEqual(found.includes(one) ? [pattern] : []);
        }
        seen.common += wanted.length;
        seen.none += patterns.length - wanted.length;
      }),
      { numRuns: 1_000 },
    );

    expect(Math.min(seen.common, seen.none)).toBeGreaterThan(250);
  });

  it.each([
    ['in/{date:yyyyMMdd}/orders-2_*', 'in/{date:yyyyMMdd}/orders-1_*'],
    ['in/{date:yyyyMMdd}/{region}/orders-2_*', 'in/{date:yyyyMMdd}/{region}/orders-1_*'],
    ['{region}/2', '{region}/1'],
    ['*/{shop}/b', 'x/*/a'],
    ['a', 'a/{shop}'],
    ['{date:yyyy}/x', 'year/x'],
  ])('leaves out %s beside %s', (one, other) => {
    expect(meeting([template(one)], template(other))).toEqual([]);
    expect(meeting([template(other)], template(one))).toEqual([]);
  });

  it('leaves out other buckets', () => {
    const patterns = [template('a'), template('a', 'warehouse'), template('*')];

    expect(meeting(patterns, template('a', 'warehouse'))).toEqual([template('a', 'warehouse')]);
    expect(meeting(patterns, template('a', 'curated'))).toEqual([]);
  });

  it('takes what is below a folder for all of it', () => {
    const folder = withParts({ kind: 'literal', text: 'out/' }, { kind: 'rest' });
    const patterns = [template('out/{shop}/x'), template('in/x'), folder, template('{shop}/x'), template('out/{shop}')];

    expect(meeting(patterns, folder)).toEqual(patterns.filter((_, index) => index !== 1));
    expect(meeting([folder], template('out/a/b/c'))).toEqual([folder]);
    expect(meeting([folder], template('out'))).toEqual([]);
  });
});
