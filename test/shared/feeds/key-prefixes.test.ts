import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTemplate } from '../../../configuration/parse-template.ts';
import { keyPrefixes } from '../../../shared/feeds/key-prefixes.ts';
import { matchTemplate } from '../../../shared/feeds/match.ts';
import { sizeOf } from '../../support/test-size.ts';
import { someKeyFor, someTemplate } from './templates.ts';

const prefixesOf = (uri: string, date: string | undefined, listed: Record<string, string[]> = {}) =>
  keyPrefixes(parseTemplate(`s3://landing/${uri}`), date, listed);

describe('keyPrefixes', () => {
  it.each([
    ['sales/{date:yyyyMMdd}/orders_*.gz', ['sales/20261122/orders_'], true],
    ['{date:yyyy}/{date:MM}/x-{date:yyyy-MM-dd}.tsv', ['2026/11/x-2026-11-22.tsv'], true],
    ['sales/{date:yyyyMMdd}/{shop}/a', ['sales/20261122/'], true],
    ['sales/{shop}/{date:yyyyMMdd}', ['sales/tokyo/20261122', 'sales/osaka/20261122'], true],
    ['{shop}/{page}/{date:yyyyMMdd}', ['tokyo/', 'osaka/'], false],
    ['sales/{page}/{date:yyyyMMdd}', ['sales/'], false],
    ['*/{date:yyyyMMdd}', [''], false],
    ['sales/{date:yyyyMM}/*/{date:dd}', ['sales/202611/'], false],
    ['logs/{date:yyyyMMdd}/{date:HHmm}.log', ['logs/20261122/'], true],
  ])('spells %s out as %j', (uri, prefixes, haveDate) => {
    expect(prefixesOf(uri, '2026-11-22', { shop: ['tokyo', 'osaka'] })).toEqual({ prefixes, haveDate });
  });

  it('spells every value out with every other', () => {
    const { prefixes } = prefixesOf('{a}-{b}/{date:yyyy}', '2026', { a: ['1', '2'], b: ['x', 'y'] });

    expect(prefixes).toEqual(['1-x/2026', '1-y/2026', '2-x/2026', '2-y/2026']);
  });

  it.each([
    ['segments/*.csv', ['segments/']],
    ['segments/{shop}/x', ['segments/']],
    ['all.csv', ['all.csv']],
  ])('begins %s where it has no date with %j', (uri, prefixes) => {
    expect(prefixesOf(uri, undefined, { shop: ['tokyo'] })).toEqual({ prefixes, haveDate: false });
  });

  it('misses no key that the template matches for the date', () => {
    const some = someTemplate.chain((template) =>
      fc.tuple(
        fc.constant(template),
        someKeyFor(template),
        fc.subarray(['a', 'b', 'c']),
        fc.constantFrom(4, 7, 10, 13, 16),
      ),
    );
    fc.assert(
      fc.property(some, ([template, key, names, length]) => {
        const captures = matchTemplate(template, key);
        fc.pre(captures !== undefined);
        const listed = Object.fromEntries(names.map((name) => [name, ['other', captures.values[name] ?? '']]));

        const { prefixes } = keyPrefixes(template, captures.date?.slice(0, length), listed);

        expect(prefixes.filter((prefix) => key.startsWith(prefix))).not.toEqual([]);
      }),
      { numRuns: sizeOf({ usual: 400, long: 20_000 }) },
    );
  });

  it('has no key of another date under a prefix that has the date', () => {
    const some = someTemplate.chain((template) => fc.tuple(fc.constant(template), someKeyFor(template)));
    fc.assert(
      fc.property(some, ([template, key]) => {
        const captures = matchTemplate(template, key);
        fc.pre(captures?.date !== undefined);
        const other = `1999${captures.date.slice(4)}`;

        const { prefixes, haveDate } = keyPrefixes(template, other, {});

        expect(haveDate && prefixes.some((prefix) => key.startsWith(prefix))).toBe(false);
      }),
      { numRuns: sizeOf({ usual: 200, long: 10_000 }) },
    );
  });
});
