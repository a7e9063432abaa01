import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dimensionValue } from '../../../shared/clusters/dimension-value.ts';

/** The legal values of CloudWatch: printable ASCII, and not only spaces. */
const LEGAL = /^(?=.*[\x21-\x7e])[\x20-\x7e]{1,250}$/;

describe('dimensionValue', () => {
  it.each(['etl', 'My cluster (prod) #1', 'x', 'a'.repeat(250), ':etl', '{}'])('leaves %j as it is', (name) => {
    expect(dimensionValue(name)).toBe(name);
  });

  it.each([
    ['日次集計', /^cluster-[0-9a-f]{8}$/],
    ['etl-東京', /^etl--[0-9a-f]{8}$/],
    ['Zürich ETL', /^Z_rich_ETL-[0-9a-f]{8}$/],
    ['', /^cluster-e3b0c442$/],
    ['   ', /^cluster-[0-9a-f]{8}$/],
    [' etl', /^etl-[0-9a-f]{8}$/],
    ['a\nb', /^a_b-[0-9a-f]{8}$/],
    ['a'.repeat(251), /^a{241}-[0-9a-f]{8}$/],
  ])('maps %j to what CloudWatch takes', (name, expected) => {
    expect(dimensionValue(name)).toMatch(expected);
  });

  it('is legal in CloudWatch and always the same for any name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 256 }), (name) => {
        expect(dimensionValue(name)).toMatch(LEGAL);
        expect(dimensionValue(name)).toBe(dimensionValue(name));
      }),
    );
  });

  it('does not map two names that are not legal to one', () => {
    const illegal = fc
      .string({ unit: fc.constantFrom('日', '東', ' ', 'a', '_'), maxLength: 5 })
      .map((text) => `${text}日`);
    fc.assert(
      fc.property(illegal, illegal, (one, other) => {
        fc.pre(one !== other);

        expect(dimensionValue(one)).not.toBe(dimensionValue(other));
      }),
    );
  });
});
