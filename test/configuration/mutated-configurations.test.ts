import { dirname, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { ConfigurationError, parseConfiguration } from '../../configuration/load.ts';
import { sizeOf } from '../support/test-size.ts';

// Thousands of examples, on a machine that can be busy.
vi.setConfig({ testTimeout: 60_000 });

const FILES = ['breakaway.config.ts', 'docs/examples/workflow.config.ts', 'docs/examples/emr-uis.config.ts'].map(
  (file) => resolve(import.meta.dirname, '../..', file),
);

type Path = readonly string[];

const isContainer = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const pathsIn = (value: unknown, path: Path = []): Path[] => [
  path,
  ...(isContainer(value) ? Object.keys(value).flatMap((key) => pathsIn(value[key], [...path, key])) : []),
];

/** Copies data with another value at a path. `__proto__` is a key like all others, as in JSON. */
const withValue = (data: unknown, [key, ...rest]: Path, value: unknown): unknown => {
  if (key === undefined || !isContainer(data)) {
    return value;
  }
  if (Array.isArray(data) && !/^\d+$/.test(key)) {
    return data;
  }
  const copy: object = Array.isArray(data) ? [...data] : { ...data };
  const inside = Object.hasOwn(data, key) ? data[key] : undefined;

  return Object.defineProperty(copy, key, {
    value: withValue(inside, rest, value),
    enumerable: true,
    configurable: true,
    writable: true,
  });
};

const KEYS = [
  '__proto__',
  'constructor',
  'toString',
  'length',
  'due',
  'cutOff',
  'at',
  'feed',
  'files',
  'values',
  'since',
];

/** Values that are right, or nearly right, in some field. */
const TEXTS = [
  '',
  '\u0000',
  ...KEYS,
  ...['0000-01-01', '9999-12-31', '2026-02-30', '00:00', '+999d 23:59', '+9999h', '-9999y', '+9999mo', '60s', '30d'],
  ...['* * * * *', '0 0 29 2 *', '@reboot', '@daily', '5-1 * * * *'],
  ...['s3://', 's3://landing/*', 's3://landing/{date:HH}', '{date:yyyy}', '{shop}', '{orders.uri}', '{manifest}', '}{'],
  ...['northwind-sales', 'daily-features', 'recommendation-train', 'office', 'UTC', 'Etc/GMT+12', '+09:00'],
  ...['holidays.txt', '.', 'instance', 'one'],
];

const problemsOf = (config: unknown): readonly string[] => {
  try {
    parseConfiguration(config);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
};

const SLOTS = [
  { feed: 'daily-features' },
  { feed: 'northwind-catalog', offset: '-1mo', all: ['shop'] },
  { at: '*/7 * * * *' },
  { files: 's3://northwind-landing/catalog/{date:yyyyMMdd}/{shop}', min: 2 },
];

const someValue = fc.oneof(
  fc.constantFrom<unknown>(...TEXTS, ...SLOTS, null, undefined, true, 0, -1, 1e308, Number.NaN, [], {}),
  fc.jsonValue({ maxDepth: 2 }),
  fc.string(),
);

const someChange = (paths: readonly Path[]) =>
  fc.record({
    path: fc.constantFrom(...paths),
    key: fc.option(fc.oneof(fc.constantFrom(...KEYS), fc.string()), { nil: undefined, freq: 3 }),
    value: someValue,
  });

const JOB = { batch: { queue: 'etl', definition: 'import' } };

const RIGHT = {
  timeZone: 'UTC',
  feeds: [
    {
      name: 'a',
      slots: { orders: { files: 's3://landing/a/{date:yyyyMMdd}_{shop}' } },
      job: JOB,
      due: '09:00',
      values: { shop: ['x'] },
    },
    { name: 'b', slots: { a: { feed: 'a', all: ['shop'] }, c: { feed: 'c' } }, job: JOB },
    { name: 'c', slots: { orders: { files: 's3://landing/c/{date:yyyyMMdd}/*' } }, job: JOB },
    { name: 'd', slots: { orders: { files: 's3://landing/d/{date:yyyyMMdd}/*' } }, job: JOB },
    { name: 'e', slots: { orders: { files: 's3://landing/e/{date:yyyyMMdd}/*' } }, job: JOB },
  ],
  queues: {},
};

/** Single mistakes: the path, the value, and the beginnings of the reported problems. */
const MISTAKES: readonly (readonly [path: string, value: unknown, ...problems: string[]])[] = [
  ['timeZone', 'Mars', 'timeZone: "Mars" is not an IANA time zone'],
  ['zebra', 1, 'configuration: unknown key zebra'],
  ['queues.count', [], 'queues, count: the list is empty'],
  ['queues.remindEvery', Number.NaN, 'queues, remindEvery: must be a string, not NaN'],
  ['feeds.0.due', '25:00', 'feed a, due: "25:00" is not a moment'],
  ['feeds.0.values', undefined, 'feed a, due: needs the values of shop'],
  [
    'feeds.0.job.batch.parameters',
    { x: '{y}' },
    'feed a, job, parameter x, position 1: {y} is not a placeholder of this feed',
  ],
  ['feeds.1.slots.a.all', ['shp'], 'feed b, slot a, all: a has no capture {shp}'],
  ['feeds.1.slots.c.offset', '-1h', 'feed b, slot c, offset: is finer than the dates'],
  ['feeds.1.slots.z', { feed: 'zz' }, 'feed b, slot z: there is no feed "zz"'],
  [
    'feeds.1.slots.y',
    { files: 's3//B/{date:YYYY}' },
    'feed b, slot y, position 1: a template starts with s3://',
    'feed b, slot y, position 5: a bucket name has 3 to 63',
    'feed b, slot y, position 13: "YYYY" is not a unit of a date',
  ],
  ['feeds.1.slots.__proto__', { feed: 'a' }, 'feed b, slots: unknown key __proto__'],
  [
    'feeds.2.outputs',
    ['s3://landing/c/{date:yyyyMMdd}', 's3://landing/{x}'],
    'feeds c -> c: the job would',
    'feed c, output 2, position',
  ],
  ['feeds.2.slots.orders.min', 'two', 'feed c, slot orders, min: must be a whole number'],
  ['feeds.2.job.batch.retrys', 3, 'feed c, job, batch: unknown key retrys'],
  ['feeds.3.name', 'c', 'feed c: 2 feeds have this name'],
  [
    'feeds.4.outputs',
    ['s3://landing/e/{date:yyyyMMdd}', 's3://B/{manifest}'],
    'feeds e -> e: the job would',
    'feed e, output 2, position 6: a bucket name has',
    'feed e, output 2, position 8: this placeholder has no meaning',
  ],
  [
    'emr',
    { clusters: [{ name: 'x' }, { name: 'x' }], metrics: { lagMinutes: 0 } },
    "emr, clusters: { name: 'x' } occurs twice",
    'emr, metrics, lagMinutes: must',
  ],
];

describe('parseConfiguration', () => {
  it('reports every mistake of any combination', () => {
    fc.assert(
      fc.property(fc.subarray(MISTAKES.slice(), { minLength: 1 }), (mistakes) => {
        const wrong = mistakes.reduce<unknown>((data, [path, value]) => withValue(data, path.split('.'), value), RIGHT);
        const problems = problemsOf(wrong);
        const untold = mistakes
          .flatMap(([, , ...expected]) => expected)
          .filter((expected) => !problems.some((problem) => problem.startsWith(expected)));

        expect(untold).toEqual([]);
      }),
      { numRuns: sizeOf({ usual: 100, long: 5_000 }) },
    );

    expect(problemsOf(RIGHT)).toEqual([]);
  });

  it.each(FILES)('reads any mutation of %s, or reports every problem in words', async (file) => {
    const { default: written }: { default: unknown } = await import(file);
    let refused = 0;

    fc.assert(
      fc.property(fc.array(someChange(pathsIn(written)), { minLength: 1, maxLength: 4 }), (changes) => {
        const changed = changes.reduce(
          (data, { path, key, value }) => withValue(data, key === undefined ? path : [...path, key], value),
          written,
        );

        try {
          const { configuration } = parseConfiguration(changed, file, dirname(file));

          expect(JSON.parse(JSON.stringify(configuration))).toStrictEqual(configuration);
          expect(pathsIn(changed).filter((path) => path.at(-1) === '__proto__')).toEqual([]);
        } catch (error) {
          if (!(error instanceof ConfigurationError)) {
            throw error;
          }
          expect(error.problems).not.toEqual([]);
          // The value of the user is quoted at the end, and is not always a number.
          expect(
            error.problems.filter((problem) => /\bundefined\b|\[object |(?<!, not )\bNaN\b/.test(problem)),
          ).toEqual([]);
          refused += 1;
        }
      }),
      { numRuns: sizeOf({ usual: 60, long: 3_000 }) },
    );

    expect(refused).toBeGreaterThan(0);
  });
});
