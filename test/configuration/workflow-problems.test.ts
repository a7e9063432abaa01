import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type KeyPattern, sharedExample } from '../../configuration/key-pattern.ts';
import { readOutput } from '../../configuration/outputs.ts';
import { createPatternIndex } from '../../configuration/pattern-index.ts';
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
import { sizeOf } from '../support/test-size.ts';

// Thousands of examples, on a machine that can be busy.
vi.setConfig({ testTimeout: 60_000 });

const aFeedOf = (name: string, uri: string, ...outputs: string[]) =>
  aFeed({ name, slots: [aFileSlot({ uri })], outputs });

describe('nameProblems', () => {
  it('lists names that exist twice, or that are equal in the names of jobs', () => {
    expect(nameProblems(['a', 'b', 'a', 'a', 'C-d', 'c_d', 'e'].map((name) => aFeed({ name })))).toEqual([
      'feed a: 3 feeds have this name',
      'feeds C-d and c_d: their jobs would have the same names',
    ]);
  });

  it('lists names that exist twice beside another name that is equal in the names of jobs', () => {
    expect(nameProblems(['a', 'a', 'A', 'A', 'A'].map((name) => aFeed({ name })))).toEqual([
      'feed a: 2 feeds have this name',
      'feed A: 3 feeds have this name',
      'feeds a and A: their jobs would have the same names',
    ]);
  });
});

describe('loopProblems', () => {
  it('refuses a job that would start itself', () => {
    expect(
      loopProblems([aFeedOf('sales', 's3://landing/sales/{shop}.csv', 's3://landing/sales/{shop}.done.csv')]),
    ).toEqual({
      problems: [
        'feeds sales -> sales: the job would start itself again and again, since slot orders of sales takes the output s3://landing/sales/{shop}.done.csv of sales, for example s3://landing/sales/x.done.csv',
      ],
      warnings: [],
    });
  });

  it.each([
    's3://landing/sales/{shop}_{date:yyyyMMdd}.csv',
    's3://landing/{date:yyyy}/{date:MM}/{date:dd}/*_{shop}.csv.gz',
    's3://landing/sales/{date:yyyyMMddHHmm}/',
    's3://landing/sales/_SUCCESS',
  ])('refuses a job whose output is the same as its slot: %s', (uri) => {
    expect(loopProblems([aFeedOf('sales', uri, uri)])).toMatchObject({
      problems: [expect.stringMatching(/^feeds sales -> sales: the job would start itself/)],
    });
  });

  it('finds the shortest way around, and lists a loop once', () => {
    const feeds = [
      aFeedOf('start', 's3://landing/a/{date:yyyyMMdd}', 's3://landing/b/'),
      aFeedOf('b', 's3://landing/b/{date:yyyyMMdd}/x', 's3://landing/c/{date:yyyyMMdd}'),
      aFeedOf('c', 's3://landing/c/{date:yyyyMMdd}', 's3://landing/d/*', 's3://landing/b/{date:yyyyMMdd}/{feed}'),
      aFeedOf('d', 's3://landing/d/{shop}', 's3://landing/b/{date:yyyyMMdd}/*', 's3://elsewhere/x'),
    ];

    expect(loopProblems(feeds)).toEqual({
      problems: [
        [
          'feeds b -> c -> d -> b: the job would start itself again and again, since slot orders of c takes the output s3://landing/c/{date:yyyyMMdd} of b, for example s3://landing/c/20260101',
          'slot orders of d takes the output s3://landing/d/* of c, for example s3://landing/d/x',
          'slot orders of b takes the output s3://landing/b/{date:yyyyMMdd}/* of d, for example s3://landing/b/20260101/x',
        ].join(', and '),
      ],
      warnings: [],
    });
  });

  it('refuses a job that would start itself through a folder whose name has no / at its end', () => {
    const [problem] = loopProblems([
      aFeedOf('sales', 's3://landing/in/{date:yyyyMMdd}/*', 's3://landing/in/{date:yyyyMMdd}'),
    ]).problems;

    expect(problem).toMatch(/of sales, for example s3:\/\/landing\/in\/20260101\/x$/);
  });

  it.each([
    ['a folder of folders', 's3://landing/in/{date:yyyyMMdd}/*', 's3://landing/in'],
    ['a folder with the name of a file', 's3://landing/in/{date:yyyyMMdd}/*', 's3://landing/in/*'],
    ['any file of the folder', 's3://landing/in/{date:yyyyMMdd}.csv', 's3://landing/in/*'],
    ['two open ends', 's3://landing/in/a*', 's3://landing/in/*b'],
    ['a date that does not exist', 's3://landing/in/{date:yyyyMMdd}.csv', 's3://landing/in/20260231.csv'],
  ])('only warns where the output may fill the slot: %s', (_, slot, output) => {
    expect(loopProblems([aFeedOf('sales', slot, output)])).toEqual({
      problems: [],
      warnings: [
        `feeds sales -> sales: perhaps the job would start itself again and again, since slot orders of sales may take the output ${output} of sales`,
      ],
    });
  });

  it('warns of a loop in which one step is uncertain, and refuses a loop in which a job waits for itself', () => {
    const feeds = [
      aFeed({
        name: 'a',
        slots: [aFileSlot({ uri: 's3://landing/in/{shop}-*' }), aFeedSlot({ feed: 'b' })],
        outputs: ['s3://landing/out/'],
      }),
      aFeedOf('b', 's3://landing/out/{shop}/x', 's3://landing/in/*'),
      aFeed({ name: 'c', slots: [aFeedSlot({ feed: 'c' })] }),
    ];

    expect(loopProblems(feeds)).toEqual({
      problems: [expect.stringMatching(/^feeds c -> c: the job would wait for itself for ever/)],
      warnings: [
        'feeds a -> b -> a: perhaps the job would start itself again and again, since slot orders of b may take the output s3://landing/out/ of a, and slot orders of a may take the output s3://landing/in/* of b',
        'feeds a -> b -> a: perhaps the job would wait for itself for ever, or start itself again and again, since slot orders of b may take the output s3://landing/out/ of a, and slot catalog of a waits for b',
      ],
    });
  });

  it('lists each way in which feeds start each other, also ways that share a feed', () => {
    const feeds = [
      aFeedOf('a', 's3://landing/a/{x}', 's3://landing/b/{x}'),
      aFeedOf('b', 's3://landing/b/{x}', 's3://landing/a/{x}', 's3://landing/c/{x}'),
      aFeedOf('c', 's3://landing/c/{x}', 's3://landing/b/{x}', 's3://landing/c/{x}'),
    ];

    expect(loopProblems(feeds).problems.map((problem) => problem.split(':')[0])).toEqual([
      'feeds a -> b -> a',
      'feeds b -> c -> b',
      'feeds c -> c',
    ]);
  });

  it('lists each output that starts its own job', () => {
    expect(
      loopProblems([aFeedOf('sales', 's3://landing/{shop}', 's3://landing/x.csv', 's3://landing/y.csv')]).problems,
    ).toEqual([
      expect.stringContaining('the output s3://landing/x.csv of sales'),
      expect.stringContaining('the output s3://landing/y.csv of sales'),
    ]);
  });

  it('lists a long loop once, from its first feed on', () => {
    const names = ['m', 'z', 'b', 'y', 'a'];
    const feeds = names.map((name, index) =>
      aFeedOf(name, `s3://landing/${name}/{x}`, `s3://landing/${names[(index + 2) % names.length]}/{x}`),
    );

    expect(loopProblems(feeds).problems).toEqual([expect.stringMatching(/^feeds m -> b -> a -> z -> y -> m: /)]);
  });

  it('lists the first of very many loops, and says how many more there are', () => {
    const outputs = Array.from({ length: 100 }, (_, index) => `s3://landing/${index}.csv`);

    const { problems } = loopProblems([aFeedOf('sales', 's3://landing/{shop}', ...outputs)]);

    expect(problems).toHaveLength(MAX_LOOPS + 1);
    expect(problems[MAX_LOOPS - 1]).toContain(`the output s3://landing/${MAX_LOOPS - 1}.csv of sales`);
    expect(problems[MAX_LOOPS]).toBe(`feeds: ${100 - MAX_LOOPS} more loops like these`);
  });

  it('compares every slot with every output', () => {
    const [feed] = [aFeedOf('sales', 's3://landing/sales/{shop}', 's3://warehouse/x', 's3://landing/extra/{shop}')];
    const slots = [
      ...(feed?.slots ?? []),
      aFileSlot({ name: 'extra', uri: 's3://landing/extra/{shop}', optional: true }),
    ];

    expect(loopProblems(feed ? [{ ...feed, slots }] : []).problems).toEqual([
      expect.stringContaining('slot extra of sales'),
    ]);
  });

  it.each([
    ['another folder', 's3://landing/out/{date:yyyyMMdd}.csv'],
    ['another bucket', 's3://warehouse/in/{date:yyyyMMdd}.csv'],
    ['another ending', 's3://landing/in/{date:yyyyMMdd}.parquet'],
    ['another depth', 's3://landing/in/{date:yyyyMMdd}/x.csv'],
    ['a file that only begins alike', 's3://landing/i'],
    ['an output that cannot be read', 'landing/in/{date:yyyyMMdd}.csv'],
  ])('finds no loop through %s', (_, output) => {
    expect(loopProblems([aFeedOf('sales', 's3://landing/in/{date:yyyyMMdd}.csv', output)])).toEqual({
      problems: [],
      warnings: [],
    });
  });

  it('finds no loop in a chain of feeds', () => {
    expect(
      loopProblems([
        aFeedOf('a', 's3://landing/a/{x}', 's3://landing/b/{x}', 's3://landing/c/{x}'),
        aFeedOf('b', 's3://landing/b/{x}', 's3://landing/c/{x}'),
        aFeedOf('c', 's3://landing/c/{x}', 's3://landing/d/{x}'),
      ]),
    ).toEqual({ problems: [], warnings: [] });
  });
});

describe('doubleJobWarnings', () => {
  const aTaker = (name: string, uri: string, batch: Partial<BatchJob>) =>
    aFeed({ name, slots: [aFileSlot({ name: 'file', uri })], batch: { parameters: { file: '{file.uri}' }, ...batch } });

  it('finds two feeds that do the same work on one object, although their slots have other names', () => {
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

  it('lists a pair of feeds once', () => {
    const slots = [
      aFileSlot({ name: 'one', uri: 's3://landing/{date:yyyyMMdd}/x' }),
      aFileSlot({ name: 'other', uri: 's3://landing/{date:yyyyMMdd}/x' }),
    ];

    expect(doubleJobWarnings([aFeed({ name: 'a', slots }), aFeed({ name: 'b', slots })])).toHaveLength(1);
  });

  it('lists the first of very many pairs with the same job, and says how many more there are', () => {
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
  ])('accepts jobs that differ by %s', (_, batch) => {
    const one = aTaker('one', 's3://landing/{date:yyyyMMdd}/{shop}', {});

    expect(doubleJobWarnings([one, aTaker('other', 's3://landing/{date:yyyyMMdd}/{shop}', batch)])).toEqual([]);
  });

  it('accepts jobs that differ by the name of their feed', () => {
    const parameters = { feed: '{feed}' };
    const uri = 's3://landing/{shop}';

    expect(doubleJobWarnings([aTaker('one', uri, { parameters }), aTaker('other', uri, { parameters })])).toEqual([]);
  });

  it('says perhaps where the templates only begin and end alike', () => {
    expect(
      doubleJobWarnings([aTaker('one', 's3://landing/a*.csv', {}), aTaker('other', 's3://landing/*b.csv', {})]),
    ).toEqual(['feeds one and other: perhaps both would submit import-sales to etl for one object']);
  });

  it('accepts the same job for other objects', () => {
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

  it('says perhaps where two templates only begin and end alike', () => {
    const slots = [
      aFileSlot({ name: 'first', uri: 's3://landing/a*.csv' }),
      aFileSlot({ name: 'last', uri: 's3://landing/*b.csv' }),
    ];

    expect(doubleSlotWarnings([aFeed({ slots })])).toEqual([
      'feed sales: perhaps one object would fill both slot first and slot last',
    ]);
  });
});

type PlainEdge = { readonly from: Feed; readonly to: Feed; readonly words: string };

const canMeet = (one: KeyPattern, other: KeyPattern): boolean =>
  createPatternIndex([one], (only) => only)(other).length > 0;

/** Compares everything with everything, as slow as it is plain. */
const edgesByPairs = (feeds: readonly Feed[]): { readonly certain: PlainEdge[]; readonly possible: PlainEdge[] } => {
  const outputs = feeds.flatMap((from) =>
    from.outputs.flatMap((output) => {
      const read = readOutput(output, from);
      const patterns = read.kind === 'patterns' ? read.patterns : [];
      return feeds.flatMap((to) =>
        fileSlotsOf(to)
          .filter(({ template }) => patterns.some((pattern) => canMeet(pattern, template)))
          .map(({ name, template }) => ({
            from,
            to,
            words: ` the output ${output} of ${from.name}`,
            slot: `slot ${name} of ${to.name} `,
            isCertain: patterns.some((pattern) => sharedExample(pattern, template) !== undefined),
          })),
      );
    }),
  );
  const successes = feeds.flatMap((from) =>
    feeds.flatMap((to) =>
      to.slots
        .filter((slot) => slot.kind === 'feed' && slot.feed === from.name)
        .map(({ name }) => ({ from, to, words: `slot ${name} of ${to.name} waits for ${from.name}` })),
    ),
  );
  const certain = outputs
    .filter(({ isCertain }) => isCertain)
    .map((edge) => ({ ...edge, words: `${edge.slot}takes${edge.words}, ` }));
  const possible = outputs
    .filter(({ isCertain }) => !isCertain)
    .map((edge) => ({ ...edge, words: `${edge.slot}may take${edge.words}` }));

  return { certain: [...certain, ...successes], possible };
};

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

describe('problems between feeds', () => {
  it('are the shortest loops through every edge of a loop, each once, and nothing else', () => {
    const seen = { loops: 0, many: 0, warnings: 0 };

    fc.assert(
      fc.property(someFeeds, (feeds) => {
        const { certain: edges, possible } = edgesByPairs(feeds);
        const inLoops = edges
          .map((edge) => ({ ...edge, length: distanceBetween(edge.to, edge.from, edges) + 1 }))
          .filter(({ length }) => length < Number.POSITIVE_INFINITY);
        const { problems, warnings } = loopProblems(feeds);
        const canLoop = possible.some(({ from, to }) =>
          Number.isFinite(distanceBetween(to, from, [...edges, ...possible])),
        );

        expect(warnings.length > 0).toBe(canLoop);
        expect(warnings.filter((warning) => !/: perhaps .* may take |more loops/.test(warning))).toEqual([]);
        seen.warnings += warnings.length;
        const listed = problems.slice(0, MAX_LOOPS);

        expect(listed.length > 0).toBe(inLoops.length > 0);
        for (const problem of listed) {
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
        if (problems.length === listed.length) {
          for (const { words, length } of inLoops) {
            expect(listed.some((problem) => problem.includes(words) && pathOf(problem).length === length + 1)).toBe(
              true,
            );
          }
        }
        expect(
          new Set(
            listed.map((problem) =>
              problem
                .replace(/.*since /, '')
                .split(', and ')
                .sort()
                .join(),
            ),
          ).size,
        ).toBe(listed.length);
        seen.loops += listed.length;
        seen.many += listed.length > 1 ? 1 : 0;
      }),
      { numRuns: sizeOf({ usual: 100, long: 5_000 }) },
    );

    expect(Math.min(seen.loops, seen.many, seen.warnings)).toBeGreaterThan(0);
  });

  it('are the pairs that a comparison of all pairs finds', () => {
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
                  fileSlotsOf(other).some(({ template }) => canMeet(slot.template, template)),
                ),
            )
            .map((other) => `feeds ${one.name} and ${other.name}`),
        );
        const warnings = doubleJobWarnings(feeds);
        const listed = warnings.flatMap(
          (warning) => /^(feeds \S+ and \S+): (?:perhaps )?both/.exec(warning)?.[1] ?? [],
        );
        const more = warnings.map((warning) => Number(/^feeds: (\d+) more pairs/.exec(warning)?.[1] ?? 0));

        expect(pairs).toEqual(expect.arrayContaining(listed));
        expect(new Set(listed).size).toBe(listed.length);
        expect(more.reduce((sum, count) => sum + count, listed.length)).toBe(pairs.length);
        seen += pairs.length;
      }),
      { numRuns: sizeOf({ usual: 100, long: 5_000 }) },
    );

    expect(seen).toBeGreaterThan(0);
  });
});
