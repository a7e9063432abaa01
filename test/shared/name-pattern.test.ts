import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitsPattern } from '../../shared/name-pattern.ts';

/** The same by a regular expression, which a made-up name could keep busy for ever. */
const fitsNaively = (name: string, pattern: string): boolean => {
  const source = pattern.split('*').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`));
  return new RegExp(`^${source.join('[^]*')}$`).test(name);
};

describe('fitsPattern', () => {
  it.each([
    ['etl', 'etl', true],
    ['etl-2026-11-22', 'etl', false],
    ['etl-2026-11-22', 'etl-*', true],
    ['etl-', 'etl-*', true],
    ['prod-etl-1', '*-etl-*', true],
    ['', '*', true],
    ['', '', true],
    ['aba', 'ab*ba', false],
    ['abba', 'ab*ba', true],
    ['a.b', 'a?b', false],
    ['日次-東京', '日次-*', true],
  ])('says of %j and %j: %s', (name, pattern, expected) => {
    expect(fitsPattern(name, pattern)).toBe(expected);
  });

  it('agrees with a regular expression', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', '.', '日'), maxLength: 8 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '.'), maxLength: 6 });
    fc.assert(
      fc.property(word, pattern, (name, of) => {
        expect(fitsPattern(name, of)).toBe(fitsNaively(name, of));
      }),
      { numRuns: 2_000 },
    );
  });

  it('ends with a name on which a backtracking matcher does not', () => {
    expect(fitsPattern('a'.repeat(250), `${'*a'.repeat(100)}*b*`)).toBe(false);
  });
});
