import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { estimateCost, type Prices, runsPerMonth } from '../../../cli/cost/estimate.ts';
import { loadConfiguration, parseConfiguration } from '../../../configuration/load.ts';

const FILE = resolve(import.meta.dirname, '../../../cli/cost/prices.json');
const PRICE_LIST = z.strictObject({
  date: z.iso.date(),
  region: z.string(),
  currency: z.literal('USD'),
  remark: z.string(),
  pages: z.array(z.url()),
  usd: z.strictObject({
    lambdaRequest: z.number().positive(),
    lambdaGigabyteSecond: z.number().positive(),
    sqsRequest: z.number().positive(),
    tableWrite: z.number().positive(),
    tableRead: z.number().positive(),
    customMetric: z.number().positive(),
    alarm: z.number().positive(),
    logGigabyte: z.number().positive(),
    putMetricRequest: z.number().positive(),
    kmsKey: z.number().positive(),
    listRequest: z.number().positive(),
  }),
});
const prices = (): Prices => PRICE_LIST.parse(JSON.parse(readFileSync(FILE, 'utf8'))).usd;
const sumOf = (lines: readonly { readonly usd: number }[]) => lines.reduce((sum, { usd }) => sum + usd, 0);

const aFeed = (name: string, more: Readonly<Record<string, unknown>> = {}) => ({
  name,
  slots: { s: { files: `s3://landing/${name}/{date:yyyyMMdd}` } },
  job: { batch: { queue: 'q', definition: 'd' } },
  ...more,
});
const configure = (...feeds: readonly unknown[]) => parseConfiguration({ timeZone: 'UTC', feeds }).configuration;

describe('estimateCost', () => {
  it('has a line for each function, queue, cluster and feed of the shipped configuration', async () => {
    const { configuration } = await loadConfiguration();

    const lines = estimateCost(configuration, prices());

    const namesOf = (kind: string) => lines.filter((line) => line.kind === kind).map(({ name }) => name);
    expect(namesOf('function')).toHaveLength(7);
    expect(namesOf('queue')).toEqual(['recommendation-adhoc', 'recommendation-etl']);
    expect(namesOf('cluster')).toEqual(['recommendation']);
    expect(namesOf('feed')).toEqual(configuration.feeds.map(({ name }) => name));
    expect(lines.every(({ usd }) => usd > 0 && Number.isFinite(usd))).toBe(true);
  });

  it('costs in proportion to the prices, and no less with another feed', () => {
    const one = configure(aFeed('a'));
    const two = configure(aFeed('a'), aFeed('b'));
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 100, noNaN: true }), (factor) => {
        const dearer = Object.fromEntries(Object.entries(prices()).map(([name, usd]) => [name, usd * factor]));

        expect(sumOf(estimateCost(one, dearer as Prices))).toBeCloseTo(sumOf(estimateCost(one, prices())) * factor, 6);
      }),
    );
    expect(sumOf(estimateCost(two, prices()))).toBeGreaterThan(sumOf(estimateCost(one, prices())));
  });

  it('counts the search for lost events by its places, and by no more than its ticks may ask', () => {
    const searched = (count: number) =>
      estimateCost(configure(...Array.from({ length: count }, (_, index) => aFeed(`f-${index}`))), prices()).find(
        ({ name }) => name === 'search for lost events',
      )?.usd ?? 0;

    expect(searched(1)).toBeCloseTo(5 * 8_760 * prices().listRequest, 9);
    expect(searched(500)).toBeCloseTo(80 * 43_800 * prices().listRequest, 9);
  });

  it('counts a metric more for a feed that is due', () => {
    const [plain, due] = [aFeed('a'), aFeed('a', { due: '09:00' })].map((feed) =>
      estimateCost(configure(feed), prices()).find(({ kind }) => kind === 'feed'),
    );

    expect((due?.usd ?? 0) - (plain?.usd ?? 0)).toBeCloseTo(prices().customMetric, 9);
  });
});

describe('runsPerMonth', () => {
  it.each<[string, Readonly<Record<string, unknown>>, number, boolean]>([
    ['a day', {}, 30.5, false],
    ['an hour', { slots: { s: { files: 's3://landing/{date:yyyyMMddHH}' } } }, 730, false],
    [
      'a day and listed value',
      { slots: { s: { files: 's3://landing/{date:yyyyMMdd}/{shop}' } }, values: { shop: ['a', 'b'] } },
      61,
      false,
    ],
    ['a day and unlisted value', { slots: { s: { files: 's3://landing/{date:yyyyMMdd}/{shop}' } } }, 305, true],
    ['an object', { slots: { s: { files: 's3://landing/*' } } }, 100, true],
  ])('counts one %s', (_, more, runs, isGuess) => {
    const [feed] = configure(aFeed('a', more)).feeds;

    expect(runsPerMonth(feed!)).toEqual({ runs, isGuess });
  });
});
