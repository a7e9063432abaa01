/**
 * Every complete run ends with exactly one job a generation, whatever breaks on the way.
 *
 * Assumed, and beyond it not promised: clocks at most five minutes apart while `ListJobs` lags by at most 20 seconds, or right clocks
 * while it lags by at most five minutes.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Feed, OnOverwrite } from '../../shared/config/configuration.ts';
import { runKeyId } from '../../shared/feeds/run-key.ts';
import { aFeed, aFileSlot } from '../support/builders.ts';
import { createWorld, type Plan } from './world.ts';

const SCHEDULES = Number(process.env['BREAKAWAY_SCHEDULES'] ?? 1_000);
const PROPERTIES = 4;

const feedWith = (onOverwrite: OnOverwrite, definition: string): Feed =>
  aFeed({
    name: 'sales',
    slots: [
      aFileSlot({ name: 'orders', uri: 's3://landing/{date:yyyyMMdd}/orders_*', min: 2 }),
      aFileSlot({ name: 'complete', uri: 's3://landing/{date:yyyyMMdd}/_SUCCESS' }),
    ],
    onOverwrite,
    batch: { definition, parameters: { manifest: '{manifest}' } },
  });

const KEYS = [
  '20261121/orders_a',
  '20261121/orders_b',
  '20261121/_SUCCESS',
  '20261122/orders_a',
  '20261122/orders_b',
  '20261122/_SUCCESS',
];

const minutes = (most: number) => fc.integer({ min: 0, max: most * 60_000 });

const putOf = (key: string) =>
  fc.record({
    key: fc.constant(key),
    content: fc.constant(1),
    atMs: fc.oneof(minutes(5), fc.constant(0)),
    deliveries: fc.integer({ min: 1, max: 6 }),
    delayMs: fc.oneof(minutes(3), fc.constant(30_000)),
  });

const overwrite = fc.record({
  key: fc.constantFrom(...KEYS, '20261121/orders_late'),
  content: fc.integer({ min: 1, max: 3 }),
  atMs: minutes(40),
  deliveries: fc.integer({ min: 1, max: 2 }),
  delayMs: minutes(3),
});

const plans = (overwrites: boolean): fc.Arbitrary<Plan> =>
  fc
    .record({
      seed: fc.integer(),
      faults: fc.constantFrom(0, 5, 20, 40, 60),
      deaths: fc.constantFrom(0, 2, 8, 15),
      doubt: fc.constantFrom(
        { listingLagMs: 0, clockSkewMs: 0 },
        { listingLagMs: 300_000, clockSkewMs: 0 },
        { listingLagMs: 20_000, clockSkewMs: 300_000 },
      ),
      first: fc.tuple(...KEYS.map(putOf)),
      more: fc.array(overwrite, { maxLength: overwrites ? 6 : 0 }),
    })
    .map(({ doubt, first, more, ...plan }) => ({ ...plan, ...doubt, puts: [...first, ...more] }));

type World = ReturnType<typeof createWorld>;

const jobsByName = ({ jobs }: World): Map<string, number> => {
  const names = new Map<string, number>();
  for (const { request } of jobs) {
    names.set(request.jobName, (names.get(request.jobName) ?? 0) + 1);
  }
  return names;
};

const expectOneJobEach = (world: World): void => {
  const runs = world.runs();
  expect(runs.map(({ id }) => id).sort()).toEqual(
    ['2026-11-21', '2026-11-22'].map((date) => runKeyId({ feed: 'sales', date, values: {} })),
  );
  const generations = runs.flatMap(({ run, past }) => [...past, run]);
  const names = generations.map(({ claim }) => claim?.request.jobName);
  expect([...jobsByName(world)].sort()).toEqual(names.map((name) => [name, 1]).sort());
  expect(generations.map(({ state }) => state)).toEqual(generations.map(() => 'succeeded'));
  expect(world.unsettled()).toEqual([]);
};

const manifestOf = (world: World, run: ReturnType<World['runs']>[number]['run']): string[] =>
  (world.manifests.get(run.claim?.request.parameters?.['manifest'] ?? '') ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line).key);

const check = async (overwrites: boolean, onOverwrite: OnOverwrite, then: (world: World) => void): Promise<void> => {
  const old = [feedWith(onOverwrite, 'import-sales:1')];
  const young = [feedWith(onOverwrite, 'import-sales:2')];
  await fc.assert(
    fc.asyncProperty(plans(overwrites), async (plan) => {
      const world = createWorld(plan, [old, young]);

      await world.live();

      expectOneJobEach(world);
      then(world);
    }),
    { numRuns: Math.ceil(SCHEDULES / PROPERTIES) },
  );
};

describe('every complete run has exactly one job a generation', () => {
  it('without overwrites, and its manifest lists the files that were claimed', async () => {
    await check(false, 'ignore', (world) => {
      for (const { run } of world.runs()) {
        expect(run.generation).toBe(1);
        expect(manifestOf(world, run).sort()).toEqual(
          KEYS.filter((key) => key.startsWith(run.key.date?.replaceAll('-', '') ?? '')).sort(),
        );
      }
    });
  });

  it('when overwrites are ignored', async () => {
    await check(true, 'ignore', (world) => {
      expect(world.runs().map(({ run }) => run.generation)).toEqual([1, 1]);
      expect(world.alerts).toEqual([]);
    });
  });

  it('when overwrites are told', async () => {
    await check(true, 'alert', (world) => {
      expect(world.runs().map(({ run }) => run.generation)).toEqual([1, 1]);
      expect(new Set(world.alerts.map(({ kind }) => kind))).toEqual(
        new Set(world.alerts.length > 0 ? ['file-overwritten'] : []),
      );
    });
  });

  it('when overwrites make reruns, and the last generation has read what S3 holds', async () => {
    await check(true, 'rerun', (world) => {
      for (const { run, past } of world.runs()) {
        expect(past.map(({ generation }) => generation)).toEqual(past.map((_, index) => index + 1));
        expect(run.rerunRequestedAt).toBeUndefined();
      }
    });
  });
});
