import { dirname, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { ConfigurationError, parseConfiguration } from '../../../shared/config/load.ts';

// Thousands of examples, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000 });

const FILES = ['breakaway.config.ts', 'docs/examples/workflow.config.ts', 'docs/examples/emr-uis.config.ts'].map(
  (file) => resolve(import.meta.dirname, '../../..', file),
);

type Path = readonly string[];

const isContainer = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const pathsIn = (value: unknown, path: Path = []): Path[] => [
  path,
  ...(isContainer(value) ? Object.keys(value).flatMap((key) => pathsIn(value[key], [...path, key])) : []),
];

/** Copies data with another value at a path; `__proto__` too becomes a key like all others, as in JSON. */
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

/** Values that are right somewhere, or nearly. */
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

describe('parseConfiguration', () => {
  it.each(FILES)('reads whatever becomes of %s, or names every problem in words', async (file) => {
    const { default: written }: { default: unknown } = await import(file);
    const seen = { read: 0, refused: 0 };

    fc.assert(
      fc.property(fc.array(someChange(pathsIn(written)), { minLength: 1, maxLength: 4 }), (changes) => {
        const changed = changes.reduce(
          (data, { path, key, value }) => withValue(data, key === undefined ? path : [...path, key], value),
          written,
        );

        try {
          const { configuration } = parseConfiguration(changed, file, dirname(file));

          expect(JSON.parse(JSON.stringify(configuration))).toStrictEqual(configuration);
          seen.read += 1;
        } catch (error) {
          if (!(error instanceof ConfigurationError)) {
            throw error;
          }
          expect(error.problems).not.toEqual([]);
          expect(error.problems.filter((problem) => /\bundefined\b|\[object |\bNaN\b/.test(problem))).toEqual([]);
          seen.refused += 1;
        }
      }),
      { numRuns: 300 },
    );

    expect(seen.read).toBeGreaterThan(0);
    expect(seen.refused).toBeGreaterThan(0);
  });
});
