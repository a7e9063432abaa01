import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { parseTemplate } from '../../../configuration/parse-template.ts';
import { fileSlotsOf } from '../../../shared/feeds/file-slots.ts';
import { matchTemplate } from '../../../shared/feeds/match.ts';
import { createMatcher, hasRunForEachObject, literalPrefix, matchObject } from '../../../shared/feeds/match-feeds.ts';
import { aFeed, aFileSlot } from '../../support/builders.ts';
import { someKeyFor, someTemplate } from './templates.ts';

// Thousands of examples, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000 });

const sales = aFeed({
  name: 'sales',
  slots: [
    aFileSlot({ name: 'orders', uri: 's3://landing/sales/{date:yyyyMMdd}/orders_*.tsv.gz' }),
    aFileSlot({ name: 'complete', uri: 's3://landing/sales/{date:yyyyMMdd}/_SUCCESS' }),
  ],
});
const shops = aFeed({
  name: 'shops',
  slots: [aFileSlot({ uri: 's3://landing/sales/{date:yyyyMMdd}/orders_{shop}.tsv.gz' })],
});
const names = aFeed({ name: 'names', slots: [aFileSlot({ name: 'list', uri: 's3://landing/{shop}/names.csv' })] });
const uploads = aFeed({ name: 'uploads', slots: [aFileSlot({ name: 'file', uri: 's3://uploads/in/*.csv' })] });

describe('matchObject', () => {
  it('finds the slots of all feeds that an object belongs to, in the order of the configuration', () => {
    const matches = matchObject([shops, sales], { bucket: 'landing', key: 'sales/20261122/orders_tokyo.tsv.gz' });

    expect(matches).toEqual([
      { feed: shops, slot: shops.slots[0], run: { feed: 'shops', date: '2026-11-22', values: { shop: 'tokyo' } } },
      { feed: sales, slot: sales.slots[0], run: { feed: 'sales', date: '2026-11-22', values: {} } },
    ]);
  });

  it('gives all files of a run the same run key', () => {
    const [orders] = matchObject([sales], { bucket: 'landing', key: 'sales/20261122/orders_1.tsv.gz' });
    const [complete] = matchObject([sales], { bucket: 'landing', key: 'sales/20261122/_SUCCESS' });

    expect(orders?.run).toEqual(complete?.run);
  });

  it('gives a run without a date no date', () => {
    const [match] = matchObject([names], { bucket: 'landing', key: 'tokyo/names.csv' });

    expect(match?.run).toStrictEqual({ feed: 'names', values: { shop: 'tokyo' } });
  });

  it('gives each object a run of its own where nothing is captured', () => {
    const [match] = matchObject([uploads], { bucket: 'uploads', key: 'in/a b+%.csv' });

    expect(match?.run).toStrictEqual({ feed: 'uploads', values: { object: 's3://uploads/in/a b+%.csv' } });
  });

  it.each([
    ['another bucket', { bucket: 'uploads', key: 'sales/20261122/_SUCCESS' }],
    ['a bucket that no feed has', { bucket: 'else', key: 'sales/20261122/_SUCCESS' }],
    ['another key', { bucket: 'landing', key: 'sales/20261122/_FAILURE' }],
    ['a key that is shorter than any prefix', { bucket: 'uploads', key: 'i' }],
    ['a date that does not exist', { bucket: 'landing', key: 'sales/20260231/_SUCCESS' }],
  ])('finds nothing for %s', (_, place) => {
    expect(matchObject([sales, shops, uploads], place)).toEqual([]);
  });

  it.each([
    ['s3://landing/seg/*', 'seg/'],
    ['s3://landing/seg/{date:yyyyMMdd}/*', 'seg/20261122/'],
  ])('does not take the folder marker of the S3 console for a file of %s', (uri, key) => {
    const feed = aFeed({ slots: [aFileSlot({ uri })] });

    expect(matchObject([feed], { bucket: 'landing', key })).toEqual([]);
    expect(matchObject([feed], { bucket: 'landing', key: `${key}a` })).toHaveLength(1);
  });

  it('takes an object that has content for a file, also where its key ends with a slash', () => {
    const feed = aFeed({ slots: [aFileSlot({ uri: 's3://landing/seg/*' })] });
    const place = { bucket: 'landing', key: 'seg/' };

    expect(matchObject([feed], { ...place, sizeBytes: 5 })).toHaveLength(1);
    expect(matchObject([feed], { ...place, sizeBytes: 0 })).toEqual([]);
  });

  it('takes a folder marker where a template ends with a slash itself', () => {
    const feed = aFeed({ slots: [aFileSlot({ uri: 's3://landing/done/{date:yyyyMMdd}/' })] });

    expect(matchObject([feed], { bucket: 'landing', key: 'done/20261122/' })).toHaveLength(1);
  });
});

describe('createMatcher', () => {
  it('finds what looking at every template finds', () => {
    const feeds = fc
      .array(someTemplate, { minLength: 1, maxLength: 8 })
      .map((templates) =>
        templates.map((template, index) => aFeed({ name: `feed-${index}`, slots: [aFileSlot({ template })] })),
      );
    const cases = feeds.chain((some) =>
      fc.tuple(fc.constant(some), fc.oneof(...some.flatMap(fileSlotsOf).map(({ template }) => someKeyFor(template)))),
    );

    fc.assert(
      fc.property(cases, ([some, key]) => {
        const found = createMatcher(some)({ bucket: 'landing', key }).map(({ feed }) => feed.name);
        const expected = some
          .filter((feed) => fileSlotsOf(feed).some(({ template }) => matchTemplate(template, key)))
          .filter((feed) => !key.endsWith('/') || fileSlotsOf(feed)[0]?.template.parts.at(-1)?.kind === 'literal')
          .map(({ name }) => name);
        expect(found).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [
      'have a folder each',
      (index: number) => `provider-${index}/{date:yyyyMMdd}/orders_{shop}.tsv.gz`,
      'provider-512/20261122/orders_tokyo.tsv.gz',
    ],
    [
      'share a folder',
      (index: number) => `in/{date:yyyyMMdd}/orders-${index}_{shop}.tsv.gz`,
      'in/20261122/orders-512_tokyo.tsv.gz',
    ],
  ])('meets few templates among a thousand feeds that %s', (_, pathOf, key) => {
    let looks = 0;
    const feeds = Array.from({ length: 1_000 }, (_, index) => {
      const template = parseTemplate(`s3://landing/${pathOf(index)}`);
      const counted = {
        ...template,
        get parts() {
          looks += 1;
          return template.parts;
        },
      };
      return aFeed({ name: `feed-${index}`, slots: [aFileSlot({ template: counted })] });
    });
    const match = createMatcher(feeds);
    looks = 0;

    const found = match({ bucket: 'landing', key });

    expect(found.map(({ feed }) => feed.name)).toEqual(['feed-512']);
    expect(looks).toBeLessThan(5);
  });
});

describe('hasRunForEachObject', () => {
  it.each([
    ['one slot and nothing captured', ['s3://landing/in/*.csv'], true],
    ['one slot with a date', ['s3://landing/in/{date:yyyy}/*.csv'], false],
    ['one slot with a capture', ['s3://landing/in/{shop}.csv'], false],
    ['two slots', ['s3://landing/in/*.csv', 's3://landing/out/*.csv'], false],
    ['no slot', [], false],
  ])('looks at %s', (_, uris, expected) => {
    expect(hasRunForEachObject({ slots: uris.map((uri) => aFileSlot({ uri })) })).toBe(expected);
  });
});

describe('literalPrefix', () => {
  it.each([
    ['s3://landing/sales/{date:yyyy}', 'sales/'],
    ['s3://landing/{shop}/x', ''],
    ['s3://landing/x', 'x'],
  ])('takes that of %s', (uri, prefix) => {
    expect(literalPrefix(parseTemplate(uri))).toBe(prefix);
  });
});
