/**
 * Every complete run ends with exactly one job a generation, whatever breaks on the way.
 *
 * Assumed, and beyond it not promised: clocks at most five minutes apart while `ListJobs` lags by at most 20 seconds, or right clocks
 * while it lags by at most five minutes.
 */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Feed, OnOverwrite } from '../../shared/config/configuration.ts';
import { runKeyId } from '../../shared/feeds/run-key.ts';
import { aFeed, aFileSlot } from '../support/builders.ts';
import { createWorld, type Plan } from './world.ts';

const SCHEDULES = Number(process.env['BREAKAWAY_SCHEDULES'] ?? 1_000);
const SEED = Number(process.env['BREAKAWAY_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const PROPERTIES = 5;

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

const plans = (overwrites: boolean, refusals: number): fc.Arbitrary<Plan> =>
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
    .map(({ doubt, first, more, ...plan }) => ({ ...plan, refusals, ...doubt, puts: [...first, ...more] }));

type World = ReturnType<typeof createWorld>;

const jobsByName = ({ jobs }: World): Map<string, number> => {
  const names = new Map<string, number>();
  for (const { request } of jobs) {
    names.set(request.jobName, (names.get(request.jobName) ?? 0) + 1);
  }
  return names;
};

const generationsOf = (world: World) => world.runs().flatMap(({ run, past }) => [...past, run]);

/** Every generation of every run has come to its end: those that were refused without a job, all others with one. */
const expectOneJobEach = (world: World): void => {
  expect(
    world
      .runs()
      .map(({ id }) => id)
      .sort(),
  ).toEqual(['2026-11-21', '2026-11-22'].map((date) => runKeyId({ feed: 'sales', date, values: {} })));
  const generations = generationsOf(world);
  expect(generations.filter(({ state }) => state !== 'succeeded' && state !== 'refused')).toEqual([]);
  const submitted = generations.filter(({ state }) => state === 'succeeded');
  const names = submitted.map(({ claim }) => claim?.request.jobName);
  expect([...jobsByName(world)].sort()).toEqual(names.map((name) => [name, 1]).sort());
  expect(world.unsettled()).toEqual([]);
};

const expectNoRefusal = (world: World): void => {
  expect(generationsOf(world).filter(({ state }) => state === 'refused')).toEqual([]);
};

type ManifestLine = { readonly bucket: string; readonly key: string; readonly etag: string };

const manifestOf = (world: World, run: ReturnType<World['runs']>[number]['run']): ManifestLine[] =>
  (world.manifests.get(run.claim?.request.parameters?.['manifest'] ?? '') ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

const folderOf = ({ key }: ReturnType<World['runs']>[number]['run']): string =>
  `${key.date?.replaceAll('-', '') ?? ''}/`;

const check = async (
  {
    overwrites = true,
    refusals = 0,
    onOverwrite,
  }: { overwrites?: boolean; refusals?: number; onOverwrite: OnOverwrite },
  then: (world: World) => void,
): Promise<void> => {
  const old = [feedWith(onOverwrite, 'import-sales:1')];
  const young = [feedWith(onOverwrite, 'import-sales:2')];
  await fc.assert(
    fc.asyncProperty(plans(overwrites, refusals), async (plan) => {
      const world = createWorld(plan, [old, young]);

      await world.live();

      expectOneJobEach(world);
      if (refusals === 0) {
        expectNoRefusal(world);
      }
      then(world);
    }),
    { numRuns: Math.ceil(SCHEDULES / PROPERTIES), seed: SEED },
  );
};

afterAll(() => {
  process.stdout.write(`Schedules: ${SCHEDULES}; BREAKAWAY_SEED=${SEED} tries the same again\n`);
});

describe('every complete run has exactly one job a generation', () => {
  it('without overwrites, and its manifest lists the files that were claimed', async () => {
    await check({ overwrites: false, onOverwrite: 'ignore' }, (world) => {
      for (const { run } of world.runs()) {
        expect(run.generation).toBe(1);
        expect(
          manifestOf(world, run)
            .map(({ key }) => key)
            .sort(),
        ).toEqual(KEYS.filter((key) => key.startsWith(folderOf(run))).sort());
      }
    });
  });

  it('when overwrites are ignored', async () => {
    await check({ onOverwrite: 'ignore' }, (world) => {
      expect(world.runs().map(({ run }) => run.generation)).toEqual([1, 1]);
      expect(world.alerts).toEqual([]);
    });
  });

  it('when overwrites are told', async () => {
    await check({ onOverwrite: 'alert' }, (world) => {
      expect(world.runs().map(({ run }) => run.generation)).toEqual([1, 1]);
      expect(new Set(world.alerts.map(({ kind }) => kind))).toEqual(
        new Set(world.alerts.length > 0 ? ['file-overwritten'] : []),
      );
    });
  });

  it('when overwrites make reruns, and the last generation has read what S3 holds', async () => {
    await check({ onOverwrite: 'rerun' }, (world) => {
      for (const { run, past } of world.runs()) {
        expect(past.map(({ generation }) => generation)).toEqual(past.map((_, index) => index + 1));
        expect(run.rerunRequestedAt).toBeUndefined();
        const listed = manifestOf(world, run).map(({ bucket, key, etag }) => [`${bucket}/${key}`, etag]);
        const held = [...world.objects].filter(([place]) => place.startsWith(`landing/${folderOf(run)}`));
        expect(listed.sort()).toEqual(held.map(([place, { etag }]) => [place, etag]).sort());
      }
    });
  });

  it('or none and an alert that names it, when Batch refuses jobs now and then', async () => {
    await check({ refusals: 30, onOverwrite: 'rerun' }, (world) => {
      const told = new Set(world.alerts.filter(({ kind }) => kind === 'submit-refused').map(({ subject }) => subject));
      const refused = generationsOf(world).filter(({ state }) => state === 'refused');
      expect(refused.filter(({ key, generation }) => !told.has(`${runKeyId(key)}#${generation}`))).toEqual([]);
    });
  });
});
