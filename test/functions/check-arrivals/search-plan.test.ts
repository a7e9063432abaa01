import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparePlaces, planSearch } from '../../../functions/check-arrivals/search-plan.ts';
import type { Feed } from '../../../shared/feeds/feed.ts';
import { matchObject } from '../../../shared/feeds/match-feeds.ts';
import { aFeed, aFileSlot } from '../../support/builders.ts';

const NOW = new Date('2026-11-22T03:00:00Z');
const FIRST_SEEN = new Date('2026-11-20T12:00:00Z');

const planOf = (feeds: readonly Feed[], now = NOW) =>
  planSearch(feeds, new Map(feeds.map(({ name }) => [name, FIRST_SEEN])), now);

const feedOf = (uri: string, feed: Partial<Feed> = {}): Feed => aFeed({ slots: [aFileSlot({ uri })], ...feed });

const isOpen = (feed: Feed, key: string, writtenAt: Date, firstSeen: Date | 'never' = FIRST_SEEN): boolean => {
  const [match] = matchObject([feed], { bucket: 'landing', key });
  if (match === undefined) throw new Error('The key does not match');
  return planSearch([feed], new Map(firstSeen === 'never' ? [] : [[feed.name, firstSeen]]), NOW).isOpen(
    match,
    writtenAt,
  );
};

describe('planSearch', () => {
  it('lists each open date of a feed: those it looks back to, today, and tomorrow', () => {
    const { places } = planOf([feedOf('s3://landing/sales/{date:yyyyMMdd}/orders_*')]);

    expect(places).toEqual({
      narrow: ['20261119', '20261120', '20261121', '20261122', '20261123'].map((date) => ({
        bucket: 'landing',
        prefix: `sales/${date}/orders_`,
      })),
      wide: [],
    });
  });

  it("reckons with the date of the feed's zone", () => {
    const lateEvening = new Date('2026-11-22T16:00:00Z');
    const feed = (timeZone: string) => feedOf('s3://landing/{date:yyyyMMdd}', { lookback: 0, timeZone });

    expect(planOf([feed('Asia/Tokyo')], lateEvening).places.narrow.map(({ prefix }) => prefix)).toEqual([
      '20261123',
      '20261124',
    ]);
    expect(planOf([feed('America/New_York')], lateEvening).places.narrow.map(({ prefix }) => prefix)).toEqual([
      '20261122',
      '20261123',
    ]);
  });

  it.each([
    ['yyyy', ['2024', '2025', '2026', '2027']],
    ['MM', ['2026-09', '2026-10', '2026-11', '2026-12']],
    ['HH', ['2026-11-20', '2026-11-21', '2026-11-22', '2026-11-23']],
    ['mm', ['2026-11-20', '2026-11-21', '2026-11-22', '2026-11-23']],
  ] as const)('lists what dates of %s are in', (dateUnit, dates) => {
    const format = { yyyy: 'yyyy', MM: 'yyyy-MM', HH: "yyyy-MM-dd'T'HH", mm: 'yyyy-MM-ddTHH:mm' }[dateUnit];
    const uri = `s3://landing/{date:${format.replaceAll("'", '')}}`;
    const { places } = planOf([feedOf(uri, { dateUnit, lookback: 2 })]);

    expect(places.narrow.map(({ prefix }) => prefix.replace(/T$/, ''))).toEqual(dates);
  });

  it.each([
    ['2026-11-21', ['20261121', '20261122', '20261123']],
    ['2026-12-01', []],
  ])('lists no date before %s where the feed says since then', (since, dates) => {
    const { places } = planOf([feedOf('s3://landing/{date:yyyyMMdd}', { since })]);

    expect(places.narrow.map(({ prefix }) => prefix)).toEqual(dates);
  });

  it('lists no month that has started before', () => {
    const { places } = planOf([feedOf('s3://landing/{date:yyyyMM}', { dateUnit: 'MM', since: '2026-10-15' })]);

    expect(places.narrow.map(({ prefix }) => prefix)).toEqual(['202611', '202612']);
  });

  it('keeps what has all dates under one prefix apart', () => {
    const { places } = planOf([
      feedOf('s3://landing/{shop}/{date:yyyyMMdd}'),
      feedOf('s3://landing/segments/*', { name: 'segments' }),
    ]);

    expect(places).toEqual({ narrow: [], wide: [{ bucket: 'landing', prefix: '' }] });
  });

  it('lists nothing twice, and each bucket by itself', () => {
    const slots = ['s3://bbb/x/*', 's3://aaa/x/*', 's3://aaa/x/y*', 's3://aaa/z*', 's3://aaa/x/*.gz'].map((uri) =>
      aFileSlot({ uri }),
    );
    const { dateUnit: _, ...feed } = aFeed({ slots });

    expect(planOf([feed]).places.wide).toEqual([
      { bucket: 'aaa', prefix: 'x/' },
      { bucket: 'aaa', prefix: 'z' },
      { bucket: 'bbb', prefix: 'x/' },
    ]);
  });

  it('leaves a feed alone that nobody has seen yet, unless it says itself since when', () => {
    const feed = feedOf('s3://landing/{date:yyyyMMdd}');
    const withSince = feedOf('s3://landing/{date:yyyyMMdd}', { name: 'other', since: '2026-11-22' });

    const { places } = planSearch([feed, withSince], new Map(), NOW);

    expect(places.narrow.map(({ prefix }) => prefix)).toEqual(['20261122', '20261123']);
    expect(isOpen(feed, '20261122', NOW, 'never')).toBe(false);
    expect(isOpen(withSince, '20261122', NOW, 'never')).toBe(true);
  });

  it('lists nothing for feeds that wait for no files', () => {
    expect(planOf([aFeed({ slots: [] })]).places).toEqual({ narrow: [], wide: [] });
  });
});

describe('isOpen', () => {
  const feed = feedOf('s3://landing/{date:yyyyMMdd}');
  const later = (ms: number) => new Date(FIRST_SEEN.getTime() + ms);

  it.each([
    ['20261118', false],
    ['20261119', true],
    ['20261123', true],
    ['20261124', false],
  ])('tells of %s that it is open: %s', (key, expected) => {
    expect(isOpen(feed, key, NOW)).toBe(expected);
  });

  it('takes hours by their day', () => {
    const hourly = feedOf('s3://landing/{date:yyyyMMddHH}', { dateUnit: 'HH' });

    expect(isOpen(hourly, '2026111900', NOW)).toBe(true);
    expect(isOpen(hourly, '2026111823', NOW)).toBe(false);
  });

  it('leaves alone what was written before the feed was first deployed', () => {
    expect(isOpen(feed, '20261122', later(0))).toBe(false);
    expect(isOpen(feed, '20261122', later(1))).toBe(true);
  });

  it('counts what was written before where the feed says since when', () => {
    expect(isOpen({ ...feed, since: '2026-11-22' }, '20261122', later(-1))).toBe(true);
    expect(isOpen({ ...feed, since: '2026-11-22' }, '20261121', later(-1))).toBe(false);
  });

  describe('of a feed without dates', () => {
    const { dateUnit: _, ...undated } = feedOf('s3://landing/segments/*');
    const TODAY = new Date('2026-11-21T15:00:00Z');
    const back = (days: number, ms = 0) => new Date(TODAY.getTime() - days * 86_400_000 + ms);

    it('is what was written on the days that it looks back to', () => {
      const long = { ...undated, lookback: 1 };

      expect(isOpen(long, 'segments/a', back(1))).toBe(true);
      expect(isOpen(long, 'segments/a', back(1, -1))).toBe(false);
    });

    it('is nothing that was there before the feed, nor before its since', () => {
      expect(isOpen(undated, 'segments/a', FIRST_SEEN)).toBe(false);
      const since = { ...undated, since: '2026-11-21' };
      expect(isOpen(since, 'segments/a', back(1), 'never')).toBe(true);
      expect(isOpen(since, 'segments/a', back(1, -1), 'never')).toBe(false);
    });
  });

  it('has every key that is open under a place', () => {
    const keys = fc.tuple(
      fc.constantFrom('tokyo', 'osaka', 'x'),
      fc.integer({ min: 16, max: 26 }),
      fc.constantFrom('a', 'b/c', ''),
    );
    const slots = [
      's3://landing/d/{date:yyyyMMdd}/*',
      's3://landing/d/{shop}_{date:yyyyMMdd}_*',
      's3://landing/*/{date:yyyyMMdd}/',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...slots),
        keys,
        fc.integer({ min: 0, max: 5 }),
        (uri, [shop, day, rest], lookback) => {
          const one = feedOf(uri, { lookback, values: { shop: ['tokyo', 'osaka'] } });
          const key = uri
            .replace('s3://landing/', '')
            .replace('{shop}', shop)
            .replace('{date:yyyyMMdd}', `202611${day}`)
            .replaceAll('*', rest);
          const [match] = matchObject([one], { bucket: 'landing', key });
          const { places, isOpen: opens } = planOf([one]);
          fc.pre(match !== undefined && opens(match, NOW) && match.run.values['shop'] !== 'x');

          expect([...places.narrow, ...places.wide].some(({ prefix }) => key.startsWith(prefix))).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('comparePlaces', () => {
  it('orders by bucket, then by prefix', () => {
    const places = [
      { bucket: 'b', prefix: 'a' },
      { bucket: 'a', prefix: 'b' },
      { bucket: 'a', prefix: '' },
    ];

    expect(places.toSorted(comparePlaces)).toEqual(places.toReversed());
    expect(comparePlaces({ bucket: 'a', prefix: 'b' }, { bucket: 'a', prefix: 'b' })).toBe(0);
  });
});
