import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { arrivalPatterns, type EventPattern } from '../../../shared/feeds/event-patterns.ts';
import { matchTemplate } from '../../../shared/feeds/match.ts';
import { aFeed, aFileSlot } from '../../support/builders.ts';
import { someKeyFor, someTemplate } from './templates.ts';

// Thousands of examples, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000 });

const feedsOf = (...uris: string[]) => uris.map((uri) => aFeed({ slots: [aFileSlot({ uri })] }));

const prefixesOf = ({ detail }: EventPattern) => detail.object?.key.map(({ prefix }) => prefix);

const takes = ({ detail }: EventPattern, bucket: string, key: string): boolean =>
  detail.bucket.name.includes(bucket) &&
  (detail.object === undefined || detail.object.key.some(({ prefix }) => key.startsWith(prefix)));

describe('arrivalPatterns', () => {
  it('takes the objects under the prefixes of a bucket', () => {
    const feeds = feedsOf('s3://landing/sales/{date:yyyyMMdd}/x', 's3://landing/catalog/{shop}');

    expect(arrivalPatterns(feeds)).toEqual([
      {
        source: ['aws.s3'],
        'detail-type': ['Object Created'],
        detail: {
          bucket: { name: ['landing'] },
          object: { key: [{ prefix: 'catalog/' }, { prefix: 'sales/' }] },
        },
      },
    ]);
  });

  it('drops a prefix that another one covers', () => {
    const feeds = feedsOf(
      's3://landing/a/b/{x}',
      's3://landing/a/{x}',
      's3://landing/a/c',
      's3://landing/ab',
      's3://landing/a/{y}',
    );

    expect(arrivalPatterns(feeds).map(prefixesOf)).toEqual([['a/', 'ab']]);
  });

  it('takes a whole bucket for a template that starts with a capture', () => {
    const feeds = feedsOf('s3://landing/a/{x}', 's3://landing/{x}/b');

    expect(arrivalPatterns(feeds)).toEqual([
      { source: ['aws.s3'], 'detail-type': ['Object Created'], detail: { bucket: { name: ['landing'] } } },
    ]);
  });

  it('gives each bucket patterns of its own, the same whatever order the feeds stand in', () => {
    const uris = ['s3://landing/b', 's3://uploads/c', 's3://landing/a', 's3://archive/d'];
    const patterns = arrivalPatterns(feedsOf(...uris));

    expect(patterns.map(({ detail }) => detail.bucket.name)).toEqual([['archive'], ['landing'], ['uploads']]);
    expect(arrivalPatterns(feedsOf(...uris.toReversed()))).toEqual(patterns);
  });

  it('has no patterns without feeds', () => {
    expect(arrivalPatterns([])).toEqual([]);
  });

  it('makes several patterns of a bucket with more prefixes than one can hold', () => {
    const uris = Array.from({ length: 200 }, (_, index) => `s3://landing/provider-${index}/x_{shop}`);
    const patterns = arrivalPatterns(feedsOf(...uris));

    expect(patterns.length).toBeGreaterThan(1);
    expect(patterns.length).toBeLessThan(6);
    expect(patterns.every((pattern) => JSON.stringify(pattern).length <= 2_048)).toBe(true);
    expect(patterns.flatMap((pattern) => prefixesOf(pattern) ?? [])).toHaveLength(200);
  });

  it('cuts a prefix that does not fit', () => {
    const [pattern] = arrivalPatterns(feedsOf(`s3://landing/${'\\'.repeat(1_000)}{x}`));
    const [prefix = ''] = (pattern && prefixesOf(pattern)) ?? [];

    expect(prefix).toMatch(/^\\{900,999}$/);
    expect(JSON.stringify(pattern).length).toBeLessThanOrEqual(2_048);
  });

  it.each([
    ['sales/売上/a', ['sales/']],
    ['sales/caf\u00e9/a', ['sales/caf']],
    ['sales/\u{1f600}/a', ['sales/']],
    ['売上/a', undefined],
  ])('cuts the prefix %j before what is not ASCII, which CloudFormation may not keep', (key, prefixes) => {
    expect(arrivalPatterns(feedsOf(`s3://landing/${key}`)).map(prefixesOf)).toEqual([prefixes]);
  });

  it('takes every object that matches, with patterns that EventBridge accepts', () => {
    const long = fc.integer({ min: 0, max: 700 }).map((count) => 'p'.repeat(count));
    const cases = fc
      .array(fc.tuple(fc.constantFrom('landing', 'uploads'), long, someTemplate), { minLength: 1, maxLength: 12 })
      .map((some) =>
        some.map(([bucket, prefix, template]) => ({
          bucket,
          prefix,
          template: {
            ...template,
            bucket,
            parts: prefix === '' ? template.parts : [{ kind: 'literal' as const, text: prefix }, ...template.parts],
          },
        })),
      )
      .chain((some) =>
        fc.tuple(
          fc.constant(some),
          fc.oneof(...some.map((one) => someKeyFor(one.template).map((key) => ({ bucket: one.bucket, key })))),
        ),
      );
    let matches = 0;

    fc.assert(
      fc.property(cases, ([some, { bucket, key }]) => {
        const patterns = arrivalPatterns(some.map(({ template }) => aFeed({ slots: [aFileSlot({ template })] })));
        const isWanted = some.some((one) => one.bucket === bucket && matchTemplate(one.template, key));
        matches += isWanted ? 1 : 0;
        expect(patterns.every((pattern) => /^[ -~]{1,2048}$/.test(JSON.stringify(pattern)))).toBe(true);
        expect(!isWanted || patterns.some((pattern) => takes(pattern, bucket, key))).toBe(true);
      }),
      { numRuns: 500 },
    );

    expect(matches).toBeGreaterThan(30);
  });
});
