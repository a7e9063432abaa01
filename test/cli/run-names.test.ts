import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findFeed, isNamed, readDate, readDateOf, readRange, readRunName } from '../../cli/run-names.ts';
import { UsageError } from '../../cli/stack-command.ts';
import { parseConfiguration } from '../../configuration/load.ts';
import { runKeyId } from '../../shared/feeds/run-key.ts';

const { feeds } = parseConfiguration({
  timeZone: 'Asia/Tokyo',
  feeds: [
    {
      name: 'catalog',
      slots: { products: { files: 's3://landing/{date:yyyyMMdd}/{shop}_{kind}.csv' } },
      job: { batch: { queue: 'q', definition: 'd' } },
    },
    {
      name: 'accounts',
      slots: { month: { files: 's3://landing/{date:yyyyMM}.csv' } },
      job: { batch: { queue: 'q', definition: 'd' } },
    },
    {
      name: 'upload',
      slots: { file: { files: 's3://landing/up/*' } },
      job: { batch: { queue: 'q', definition: 'd' } },
    },
  ],
}).configuration;

describe('readRunName', () => {
  it('reads back the name of every run', () => {
    // A word of its own ends where a space does.
    const value = fc.string({ minLength: 1 }).filter((text) => !/\s|\0/.test(text));
    fc.assert(
      fc.property(value, value, (shop, kind) => {
        const run = { feed: 'catalog', date: '2026-11-22', values: { shop, kind } };

        const named = readRunName([runKeyId(run)], feeds);

        expect(named).toMatchObject({ date: run.date, values: run.values });
        expect(isNamed(named, run)).toBe(true);
      }),
    );
  });

  it.each([
    [['catalog', '2026-11-22', 'shop=tokyo']],
    [['catalog 2026-11-22', 'shop=tokyo']],
    [['catalog@2026-11-22,shop=tokyo']],
    [['catalog@2026-11-22', 'shop=tokyo']],
  ])('reads %j', (words) => {
    expect(readRunName(words, feeds)).toMatchObject({ date: '2026-11-22', values: { shop: 'tokyo' } });
  });

  it('reads the run of an object', () => {
    const named = readRunName(['upload,object=s3://landing/up/x'], feeds);

    expect(named.values).toEqual({ object: 's3://landing/up/x' });
  });

  it.each([
    [['catalgo', '2026-11-22'], 'There are: catalog, accounts, upload'],
    [['catalog', '22.11.2026'], 'is not a date'],
    [['catalog', '2026-11-22', '2026-11-23'], 'one date, not 2'],
    [['catalog', '2026-11-22T05'], 'runs of catalog have dates such as 2026-11-22'],
    [['accounts', '2026-11-22'], 'runs of accounts have dates such as 2026-11'],
    [['catalog', '2026-11-22', 'store=tokyo'], 'it has kind, shop'],
    [['catalog@2026-11-22,tokyo'], 'is not a value of a capture'],
  ])('says what is wrong with %j', (words, message) => {
    expect(() => readRunName(words, feeds)).toThrow(UsageError);
    expect(() => readRunName(words, feeds)).toThrow(message);
  });
});

describe('isNamed', () => {
  const run = { feed: 'catalog', date: '2026-11-22', values: { shop: 'tokyo', kind: 'a' } };

  it.each([
    [['catalog'], true],
    [['catalog', '2026-11'], true],
    [['catalog', '2026-11-22', 'kind=a'], true],
    [['catalog', '2026-11-21'], false],
    [['catalog', '2026-11-22', 'shop=osaka'], false],
  ])('says whether %j names a run', (words, expected) => {
    expect(isNamed(readRunName(words, feeds), run)).toBe(expected);
  });
});

describe('readDateOf', () => {
  it.each([
    ['catalog', '2026-11'],
    ['catalog', '2026-11-22'],
    ['accounts', '2026'],
    ['accounts', '2026-11'],
    ['upload', '2026-11-22T05'],
  ])('takes for %s the date %s', (name, date) => {
    expect(readDateOf(findFeed(feeds, name), date)).toBe(date);
  });
});

describe('readDate', () => {
  it.each(['2026', '2026-11', '2026-11-22', '2026-11-22T05', '2026-11-22T05:30'])('takes %s', (date) => {
    expect(readDate(date)).toBe(date);
  });

  it.each(['', '2026-13', '2026-02-30', '2026-11-22T25', '2026-11-22T05:61', '20261122', 'today'])(
    'refuses %j',
    (date) => {
      expect(() => readDate(date)).toThrow(UsageError);
    },
  );
});

describe('readRange', () => {
  const now = new Date('2026-11-21T16:00:00Z');

  it('ends today, by the clocks of the zone, and has as many dates as asked for', () => {
    expect(readRange({ from: undefined, to: undefined }, 7, now, 'Asia/Tokyo')).toEqual({
      from: '2026-11-16',
      to: '2026-11-22',
    });
  });

  it('takes both ends as they are given', () => {
    expect(readRange({ from: '2026-11-01', to: '2026-11-22T05' }, 7, now, 'UTC')).toEqual({
      from: '2026-11-01',
      to: '2026-11-22T05',
    });
  });

  it('refuses a range that ends before it begins', () => {
    expect(() => readRange({ from: '2026-11-23', to: '2026-11-22' }, 7, now, 'UTC')).toThrow('comes after');
  });
});
