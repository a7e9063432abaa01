import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { commonKey } from '../../configuration/common-key.ts';
import { readOutput } from '../../configuration/outputs.ts';
import {
  doubleJobWarnings,
  doubleSlotWarnings,
  loopProblems,
  MAX_DOUBLES,
  MAX_LOOPS,
  nameProblems,
} from '../../configuration/workflow-problems.ts';
import type { BatchJob, Feed } from '../../shared/feeds/feed.ts';
import { fileSlotsOf } from '../../shared/feeds/file-slots.ts';
import { somePlainTemplate } from '../shared/feeds/templates.ts';
import { aFeed, aFeedSlot, aFileSlot } from '../support/builders.ts';

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

  it('tells both of names that stand twice beside another that job names could not keep apart', () => {
    expect(nameProblems(['a', 'a', 'A', 'A', 'A'].map((name) => aFeed({ name })))).toEqual([
      'feed a: 2 feeds have this name',
      'feed A: 3 feeds have this name',
      'feeds a and A: the names of their jobs could not be told apart',
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

  it.each([
    ['a folder', 's3://landing/in/{date:yyyyMMdd}'],
    ['a folder of folders', 's3://landing/in'],
    ['a folder called like a file', 's3://landing/in/*'],
  ])('finds a job that would start itself through %s without a / at its end', (_, output) => {
    expect(loopProblems([aFeedOf('sales', 's3://landing/in/{date:yyyyMMdd}/*', output)])).toEqual([
      `feeds sales -> sales: the job would start itself again and again, since slot orders of sales takes the output ${output} of sales, for example s3://landing/in/20260101/`,
    ]);
  });

  it('tells each way in which feeds start each other, also those that share a feed', () => {
    const feeds = [
      aFeedOf('a', 's3://landing/a/{x}', 's3://landing/b/{x}'),
      aFeedOf('b', 's3://landing/b/{x}', 's3://landing/a/{x}', 's3://landing/c/{x}'),
      aFeedOf('c', 's3://landing/c/{x}', 's3://landing/b/{x}', 's3://landing/c/{x}'),
    ];

    expect(loopProblems(feeds).map((problem) => problem.split(':')[0])).toEqual([
      'feeds a -> b -> a',
      'feeds b -> c -> b',
      'feeds c -> c',
    ]);
  });

  it('tells each output that starts its own job', () => {
    expect(loopProblems([aFeedOf('sales', 's3://landing/{shop}', 's3://landing/x.csv', 's3://landing/y.csv')])).toEqual(
      [
        expect.stringContaining('the output s3://landing/x.csv of sales'),
        expect.stringContaining('the output s3://landing/y.csv of sales'),
      ],
    );
  });

  it('tells a long way around once, and from its first feed on', () => {
    const names = ['m', 'z', 'b', 'y', 'a'];
    const feeds = names.map((name, index) =>
      aFeedOf(name, `s3://landing/${name}/{x}`, `s3://landing/${names[(index + 2) % names.length]}/{x}`),
    );

    expect(loopProblems(feeds)).toEqual([expect.stringMatching(/^feeds m -> b -> a -> z -> y -> m: /)]);
  });

  it('tells the first of very many ways, and how many more there are', () => {
    const outputs = Array.from({ length: 100 }, (_, index) => `s3://landing/${index}.csv`);

    const problems = loopProblems([aFeedOf('sales', 's3://landing/{shop}', ...outputs)]);

    expect(problems).toHaveLength(MAX_LOOPS + 1);
    expect(problems[MAX_LOOPS - 1]).toContain(`the output s3://landing/${MAX_LOOPS - 1}.csv of sales`);
    expect(problems[MAX_LOOPS]).toBe(`feeds: ${100 - MAX_LOOPS} more loops like these`);
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
    ['a file that only begins alike', 's3://landing/i'],
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

  it('tells the first of very many pairs of the same job, and how many more there are', () => {
    const feeds = (definition: string, count: number) =>
      Array.from({ length: count }, (_, index) =>
        aTaker(`${definition}-${index}`, 's3://landing/{date:yyyyMMdd}/{shop}', { definition }),
      );

    const warnings = doubleJobWarnings([...feeds('a', 100), ...feeds('b', 2)]);

    expect(warnings).toHaveLength(MAX_DOUBLES + 2);
    expect(warnings.slice(MAX_DOUBLES)).toEqual([
      `feeds: ${(4_950 - MAX_DOUBLES).toLocaleString('en')} more pairs would submit a to etl for one object`,
      expect.stringMatching(/^feeds b-0 and b-1: both would submit b to etl/),
    ]);
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

type PlainEdge = { readonly from: Feed; readonly to: Feed; readonly words: string };

/** Compares everything with everything, as slow as it is plain. */
const edgesByPairs = (feeds: readonly Feed[]): PlainEdge[] =>
  feeds.flatMap((from) => [
    ...from.outputs.flatMap((output) => {
      const read = readOutput(output, from);
      return (read.kind === 'patterns' ? read.patterns : []).flatMap((pattern) =>
        feeds.flatMap((to) =>
          fileSlotsOf(to)
            .filter(({ template }) => commonKey(pattern, template) !== undefined)
            .map(({ name }) => ({
              from,
              to,
              words: `slot ${name} of ${to.name} takes the output ${output} of ${from.name}, `,
            })),
        ),
      );
    }),
    ...feeds.flatMap((to) =>
      to.slots
        .filter((slot) => slot.kind === 'feed' && slot.feed === from.name)
        .map(({ name }) => ({ from, to, words: `slot ${name} of ${to.name} waits for ${from.name}` })),
    ),
  ]);

/** Counts the steps from one feed to another, 0 from a feed to itself. */
const distanceBetween = (from: Feed, to: Feed, edges: readonly PlainEdge[]): number => {
  let reached = new Set([from]);
  for (let steps = 0; steps <= edges.length; steps += 1) {
    if (reached.has(to)) return steps;
    reached = new Set([...reached, ...edges.filter((edge) => reached.has(edge.from)).map((edge) => edge.to)]);
  }
  return Number.POSITIVE_INFINITY;
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

const pathOf = (problem: string): string[] => /^feeds (.*?): /.exec(problem)?.[1]?.split(' -> ') ?? [];

describe('what is found between feeds', () => {
  it('are the shortest loops through all that is part of one, each once, and nothing else', () => {
    const seen = { loops: 0, many: 0 };

    fc.assert(
      fc.property(someFeeds, (feeds) => {
        const edges = edgesByPairs(feeds);
        const inLoops = edges
          .map((edge) => ({ ...edge, length: distanceBetween(edge.to, edge.from, edges) + 1 }))
          .filter(({ length }) => length < Number.POSITIVE_INFINITY);
        const problems = loopProblems(feeds);
        const told = problems.slice(0, MAX_LOOPS);

        expect(told.length > 0).toBe(inLoops.length > 0);
        for (const problem of told) {
          const path = pathOf(problem);
          const parts = edges.filter(
            ({ from, to, words }) =>
              problem.includes(words) && path.some((name, at) => name === from.name && path[at + 1] === to.name),
          );

          expect(path.at(-1)).toBe(path[0]);
          expect(new Set(path).size).toBe(path.length - 1);
          expect(parts.length).toBeGreaterThanOrEqual(path.length - 1);
          expect(inLoops.some(({ words, length }) => problem.includes(words) && length === path.length - 1)).toBe(true);
        }
        if (problems.length === told.length) {
          for (const { words, length } of inLoops) {
            expect(told.some((problem) => problem.includes(words) && pathOf(problem).length === length + 1)).toBe(true);
          }
        }
        expect(
          new Set(
            told.map((problem) =>
              problem
                .replace(/.*since /, '')
                .split(', and ')
                .sort()
                .join(),
            ),
          ).size,
        ).toBe(told.length);
        seen.loops += told.length;
        seen.many += told.length > 1 ? 1 : 0;
      }),
      { numRuns: 500 },
    );

    expect(Math.min(seen.loops, seen.many)).toBeGreaterThan(50);
  });

  it('are the pairs that comparing each with each finds', () => {
    let seen = 0;

    fc.assert(
      fc.property(someFeeds, (feeds) => {
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
        const warnings = doubleJobWarnings(feeds);
        const told = warnings.flatMap((warning) => /^(feeds \S+ and \S+): both/.exec(warning)?.[1] ?? []);
        const more = warnings.map((warning) => Number(/^feeds: (\d+) more pairs/.exec(warning)?.[1] ?? 0));

        expect(pairs).toEqual(expect.arrayContaining(told));
        expect(new Set(told).size).toBe(told.length);
        expect(more.reduce((sum, count) => sum + count, told.length)).toBe(pairs.length);
        seen += pairs.length;
      }),
      { numRuns: 500 },
    );

    expect(seen).toBeGreaterThan(50);
  });
});
