import { describe, expect, it } from 'vitest';
import type { BatchJob } from '../../../shared/config/configuration.ts';
import {
  doubleJobWarnings,
  doubleSlotWarnings,
  loopProblems,
  nameProblems,
} from '../../../shared/config/workflow-problems.ts';
import { aFeed, aFileSlot } from '../../support/builders.ts';

const aFeedOf = (name: string, uri: string, ...outputs: string[]) =>
  aFeed({ name, slots: [aFileSlot({ uri })], outputs });

describe('nameProblems', () => {
  it('lists names that stand twice, or that job names could not keep apart', () => {
    expect(nameProblems(['a', 'b', 'a', 'a', 'C-d', 'c_d', 'e'].map((name) => aFeed({ name })))).toEqual([
      'feed a: 3 feeds have this name',
      'feeds C-d and c_d: the names of their jobs could not be told apart',
    ]);
  });
});

describe('loopProblems', () => {
  it('finds a job that would start itself', () => {
    expect(
      loopProblems([aFeedOf('sales', 's3://landing/sales/{shop}.csv', 's3://landing/sales/{shop}.done.csv')]),
    ).toEqual([
      'feeds sales -> sales: the job would start itself again and again, since slot orders of sales takes the output s3://landing/sales/{shop}.done.csv of sales, for example s3://landing/sales/x.done.csv',
    ]);
  });

  it('finds the shortest way around, and tells a loop once', () => {
    const feeds = [
      aFeedOf('start', 's3://landing/a/{date:yyyyMMdd}', 's3://landing/b/'),
      aFeedOf('b', 's3://landing/b/{date:yyyyMMdd}/x', 's3://landing/c/{date:yyyyMMdd}'),
      aFeedOf('c', 's3://landing/c/{date:yyyyMMdd}', 's3://landing/d/*', 's3://landing/b/{date:yyyyMMdd}/{feed}'),
      aFeedOf('d', 's3://landing/d/{date:yyyyMMdd}', 's3://landing/b/{date:yyyyMMdd}/*', 's3://elsewhere/x'),
    ];

    expect(loopProblems(feeds)).toEqual([
      [
        'feeds b -> c -> d -> b: the job would start itself again and again, since slot orders of c takes the output s3://landing/c/{date:yyyyMMdd} of b, for example s3://landing/c/20260101',
        'slot orders of d takes the output s3://landing/d/* of c, for example s3://landing/d/20260101',
        'slot orders of b takes the output s3://landing/b/{date:yyyyMMdd}/* of d, for example s3://landing/b/20260101/x',
      ].join(', and '),
    ]);
  });

  it('looks at every slot and every output', () => {
    const [feed] = [aFeedOf('sales', 's3://landing/sales/{shop}', 's3://warehouse/x', 's3://landing/extra/{shop}')];
    const slots = [
      ...(feed?.slots ?? []),
      aFileSlot({ name: 'extra', uri: 's3://landing/extra/{shop}', optional: true }),
    ];

    expect(loopProblems(feed ? [{ ...feed, slots }] : [])).toEqual([expect.stringContaining('slot extra of sales')]);
  });

  it.each([
    ['another folder', 's3://landing/out/{date:yyyyMMdd}.csv'],
    ['another bucket', 's3://warehouse/in/{date:yyyyMMdd}.csv'],
    ['another ending', 's3://landing/in/{date:yyyyMMdd}.parquet'],
    ['another depth', 's3://landing/in/{date:yyyyMMdd}/x.csv'],
    ['a date that never is', 's3://landing/in/20260231.csv'],
    ['what cannot be read', 'landing/in/{date:yyyyMMdd}.csv'],
  ])('takes %s for no loop', (_, output) => {
    expect(loopProblems([aFeedOf('sales', 's3://landing/in/{date:yyyyMMdd}.csv', output)])).toEqual([]);
  });

  it('takes a chain of feeds for no loop', () => {
    expect(
      loopProblems([
        aFeedOf('a', 's3://landing/a/{x}', 's3://landing/b/{x}', 's3://landing/c/{x}'),
        aFeedOf('b', 's3://landing/b/{x}', 's3://landing/c/{x}'),
        aFeedOf('c', 's3://landing/c/{x}', 's3://landing/d/{x}'),
      ]),
    ).toEqual([]);
  });
});

describe('doubleJobWarnings', () => {
  const aTaker = (name: string, uri: string, batch: Partial<BatchJob>) =>
    aFeed({ name, slots: [aFileSlot({ name: 'file', uri })], batch: { parameters: { file: '{file.uri}' }, ...batch } });

  it('finds two feeds that do the same with one object, whatever they call it', () => {
    const one = aTaker('one', 's3://landing/{date:yyyyMMdd}/a_{shop}', {});
    const other = {
      ...aTaker('other', 's3://landing/{date:yyyyMMdd}/{shop}', {
        parameters: { file: '{list.uri}' },
        tags: { a: 'b' },
      }),
      slots: [aFileSlot({ name: 'list', uri: 's3://landing/{date:yyyyMMdd}/{shop}' })],
    };

    expect(doubleJobWarnings([one, other])).toEqual([
      'feeds one and other: both would submit import-sales to etl for one object, for example s3://landing/20260101/a_x',
    ]);
  });

  it('tells a pair of feeds once', () => {
    const slots = [
      aFileSlot({ name: 'one', uri: 's3://landing/{date:yyyyMMdd}/x' }),
      aFileSlot({ name: 'other', uri: 's3://landing/{date:yyyyMMdd}/x' }),
    ];

    expect(doubleJobWarnings([aFeed({ name: 'a', slots }), aFeed({ name: 'b', slots })])).toHaveLength(1);
  });

  it.each([
    ['another queue', { queue: 'adhoc' }],
    ['another definition', { definition: 'import-shops' }],
    ['another parameter', { parameters: { file: '{file.key}' } }],
    ['another part of the date', { parameters: { file: '{date:yyyy}' } }],
    ['another capture', { parameters: { file: '{shop}' } }],
    ['the name of the feed', { parameters: { file: '{feed}' } }],
    ['the generation', { parameters: { file: '{generation}' } }],
    ['the file of another slot', { parameters: { file: '{other.uri}' } }],
    ['a command', { command: ['import', '{file.uri}'] }],
    ['another environment', { environment: { A: 'b' } }],
    ['an array', { arraySize: 2 }],
  ])('takes jobs that differ by %s for no mistake', (_, batch) => {
    const one = aTaker('one', 's3://landing/{date:yyyyMMdd}/{shop}', {});

    expect(doubleJobWarnings([one, aTaker('other', 's3://landing/{date:yyyyMMdd}/{shop}', batch)])).toEqual([]);
  });

  it('knows that the name of the feed makes a job another', () => {
    const parameters = { feed: '{feed}' };
    const uri = 's3://landing/{shop}';

    expect(doubleJobWarnings([aTaker('one', uri, { parameters }), aTaker('other', uri, { parameters })])).toEqual([]);
  });

  it('takes the same job for other objects for no mistake', () => {
    expect(
      doubleJobWarnings([aTaker('one', 's3://landing/a/{x}', {}), aTaker('other', 's3://landing/b/{x}', {})]),
    ).toEqual([]);
  });
});

describe('doubleSlotWarnings', () => {
  it('finds two slots that one object would fill', () => {
    const slots = [
      aFileSlot({ name: 'all', uri: 's3://landing/{date:yyyyMMdd}/*.csv' }),
      aFileSlot({ name: 'complete', uri: 's3://landing/{date:yyyyMMdd}/complete' }),
      aFileSlot({ name: 'extra', uri: 's3://landing/{date:yyyyMMdd}/extra.csv' }),
    ];

    expect(doubleSlotWarnings([aFeed({ slots })])).toEqual([
      'feed sales: one object would fill both slot all and slot extra, for example s3://landing/20260101/extra.csv',
    ]);
  });
});
