import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { BatchJob, Feed } from '../../../shared/config/configuration.ts';
import { readOutput } from '../../../shared/config/outputs.ts';
import {
  doubleJobWarnings,
  doubleSlotWarnings,
  loopProblems,
  nameProblems,
} from '../../../shared/config/workflow-problems.ts';
import { commonKey } from '../../../shared/feeds/common-key.ts';
import { fileSlotsOf } from '../../../shared/feeds/file-slots.ts';
import { aFeed, aFeedSlot, aFileSlot } from '../../support/builders.ts';
import { somePlainTemplate } from '../feeds/templates.ts';

// Thousands of examples, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000 });

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

/** Compares everything with everything, as slow as it is plain. */
const loopsByPairs = (feeds: readonly Feed[]): string[][] => {
  const takersOf = (from: Feed): Feed[] => [
    ...from.outputs.flatMap((output) => {
      const read = readOutput(output, from);
      return feeds.filter((to) =>
        fileSlotsOf(to).some(
          ({ template }) => read.kind === 'pattern' && commonKey(read.pattern, template) !== undefined,
        ),
      );
    }),
    ...feeds.filter(({ slots }) => slots.some((slot) => slot.kind === 'feed' && slot.feed === from.name)),
  ];
  const told = new Set<Feed>();
  const loops: string[][] = [];
  for (const start of feeds) {
    let ways: Feed[][] = [[start]];
    const seen = new Set<Feed>();
    while (!told.has(start) && ways.length > 0) {
      ways = ways.flatMap((way) => {
        const last = way[way.length - 1] as Feed;
        const isNew = !seen.has(last);
        seen.add(last);
        return isNew ? takersOf(last).map((feed) => [...way, feed]) : [];
      });
      const loop = ways.find((way) => way[way.length - 1] === start);
      if (loop !== undefined) {
        for (const feed of loop) {
          told.add(feed);
        }
        loops.push(loop.map(({ name }) => name));
      }
    }
  }
  return loops;
};

const someSlots = fc.record(
  {
    orders: somePlainTemplate.map(({ uri }) => aFileSlot({ uri })),
    extra: somePlainTemplate.map(({ uri }) => aFileSlot({ name: 'extra', uri })),
    catalog: fc.constantFrom('feed-0', 'feed-1', 'feed-2', 'feed-9').map((feed) => aFeedSlot({ feed })),
  },
  { requiredKeys: [] },
);

const someOutput = fc
  .oneof(
    somePlainTemplate.map(({ parts }) =>
      parts.map((part) => {
        switch (part.kind) {
          case 'literal':
            return part.text;
          case 'date':
            return `{date:${part.unit}}`;
          default:
            return '*';
        }
      }),
    ),
    fc.constantFrom(['x/'], ['{feed}/', '*'], ['{generation}', '/y']),
  )
  .map((pieces) => `s3://landing/${pieces.join('')}`);

/** A few feeds of which some take what others give. */
const someFeeds = fc
  .array(fc.tuple(someSlots, fc.array(someOutput, { maxLength: 2 }), fc.boolean()), { maxLength: 7 })
  .map((feeds) =>
    feeds.map(([slots, outputs, isOther], index) =>
      aFeed({
        name: `feed-${index}`,
        slots: Object.values(slots),
        outputs,
        batch: { definition: isOther ? 'other' : 'import' },
      }),
    ),
  );

describe('what is found between feeds', () => {
  it('is what comparing each with each finds', () => {
    const seen = { loops: 0, doubles: 0 };

    fc.assert(
      fc.property(someFeeds, (feeds) => {
        const loops = loopsByPairs(feeds);
        const pairs = feeds.flatMap((one, index) =>
          feeds
            .slice(index + 1)
            .filter(
              (other) =>
                one.job.batch.definition === other.job.batch.definition &&
                fileSlotsOf(one).some((slot) =>
                  fileSlotsOf(other).some(({ template }) => commonKey(slot.template, template) !== undefined),
                ),
            )
            .map((other) => `feeds ${one.name} and ${other.name}`),
        );
        const warned = doubleJobWarnings(feeds).map((warning) => warning.split(':')[0]);

        expect(loopProblems(feeds).map((problem) => /^feeds (.*?): /.exec(problem)?.[1]?.split(' -> '))).toEqual(loops);
        expect(Array.from(new Set(warned)).sort()).toEqual(pairs.sort());
        seen.loops += loops.length;
        seen.doubles += pairs.length;
      }),
      { numRuns: 500 },
    );

    expect(Math.min(seen.loops, seen.doubles)).toBeGreaterThan(50);
  });
});
