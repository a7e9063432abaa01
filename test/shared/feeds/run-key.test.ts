import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type RunKey, runKeyId } from '../../../shared/feeds/run-key.ts';
import { sizeOf } from '../../support/test-size.ts';

// Thousands of examples, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000 });

describe('runKeyId', () => {
  it.each([
    [{ feed: 'northwind-sales', date: '2026-11-22', values: {} }, 'northwind-sales@2026-11-22'],
    [{ feed: 'clickstream', date: '2026-11-22T05', values: {} }, 'clickstream@2026-11-22T05'],
    [
      { feed: 'catalog', date: '2026-11-22', values: { shop: 'tokyo', area: 'jp' } },
      'catalog@2026-11-22,area=jp,shop=tokyo',
    ],
    [{ feed: 'names', values: { shop: 'a,b=c' } }, 'names,shop=a,,b=c'],
    [
      { feed: 'upload', values: { object: 's3://landing/segments/a b.csv' } },
      'upload,object=s3://landing/segments/a b.csv',
    ],
  ])('writes %j as %s', (run, id) => {
    expect(runKeyId(run)).toBe(id);
  });

  it('writes the same whatever order the captures come in', () => {
    const one = runKeyId({ feed: 'catalog', values: { Shop: '1', area: '2', shop: '3' } });
    const other = runKeyId({ feed: 'catalog', values: { shop: '3', area: '2', Shop: '1' } });

    expect(one).toBe(other);
    expect(one).toBe('catalog,Shop=1,area=2,shop=3');
  });

  it('never writes two runs alike', () => {
    // Few characters, and those that the id itself is made of, so that two runs have a chance to look alike.
    const value = fc
      .array(fc.constantFrom(',', '=', '@', 'a', 'b', '/', '\n'), { maxLength: 5 })
      .map((text) => text.join(''));
    const run = fc.record(
      {
        feed: fc.constantFrom('a', 'a-b', 'b'),
        date: fc.constantFrom('2026', '2026-11', '2026-11-22', '2026-11-22T05', '2026-11-22T05:30'),
        values: fc.dictionary(fc.constantFrom('a', 'b', 'aa', 'object'), value, { maxKeys: 3 }),
      },
      { requiredKeys: ['feed', 'values'] },
    );
    const canonical = ({ feed, date, values }: RunKey) => JSON.stringify([feed, date, Object.entries(values).sort()]);
    const seen = new Map<string, string>();

    fc.assert(
      fc.property(run, (key) => {
        const before = seen.get(runKeyId(key)) ?? canonical(key);
        seen.set(runKeyId(key), canonical(key));
        expect(before).toBe(canonical(key));
      }),
      { numRuns: sizeOf({ usual: 2_000, long: 200_000 }) },
    );

    expect(seen.size).toBeGreaterThan(500);
  });

  it('can be read back, which no two runs with one id could be', () => {
    const read = (id: string): RunKey => {
      // A lone comma starts the next value; of a doubled one, each is the half of one comma.
      const [head = '', ...fields] = id.replaceAll(',,', '\u0000').split(',');
      const [feed = '', date] = head.split('@');
      const values = Object.fromEntries(
        fields.map((field) => {
          const equals = field.indexOf('=');
          return [field.slice(0, equals), field.slice(equals + 1).replaceAll('\u0000', ',')];
        }),
      );
      return { feed, ...(date === undefined ? {} : { date }), values };
    };
    const value = fc
      .string({ unit: 'binary', minLength: 1 })
      .filter((text) => !text.includes('\u0000') && !text.endsWith(','));
    const run = fc.record({
      feed: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,39}$/),
      date: fc.constantFrom('2026-11-22', '2026-11-22T05:30'),
      values: fc.dictionary(fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,9}$/), value),
    });

    fc.assert(
      fc.property(run, (key) => {
        expect(read(runKeyId(key))).toEqual({ ...key, values: { ...key.values } });
      }),
    );
  });
});
