/**
 * Every complete run ends with exactly one job a generation, whatever breaks on the way.
 *
 * Assumed, and beyond it not promised: clocks at most five minutes apart while `ListJobs` lags by at most 20 seconds, or right clocks
 * while it lags by at most five minutes.
 */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Feed, OnOverwrite } from '../../shared/feeds/feed.ts';
import { type RunKey, runKeyId } from '../../shared/feeds/run-key.ts';
import { hasEnded } from '../../shared/runs/state-machine.ts';
import { aFeed, aFileSlot } from '../support/builders.ts';
import { sizeOf } from '../support/test-size.ts';
import { createWorld, type Plan } from './world.ts';

const SCHEDULES = Number(process.env['BREAKAWAY_SCHEDULES'] ?? sizeOf({ usual: 200, long: 20_000 }));
const SEED = Number(process.env['BREAKAWAY_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const PROPERTIES = 7;
/** About what it takes to read a run and to claim it. */
const BURST_MS = 1_000;

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

const DATES = ['2026-11-21', '2026-11-22'];
const SALES = DATES.map((date) => ({ feed: 'sales', date, values: {} }));

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

/** Has a file come, with all the copies of its event, while the others come. */
const inBurst = (put: Plan['puts'][number]) => ({
  ...put,
  atMs: put.atMs % BURST_MS,
  deliveries: 2 * put.deliveries,
  delayMs: put.delayMs % BURST_MS,
});

type Choice = { readonly overwrites: boolean; readonly refusals: number; readonly keys: readonly string[] };

const plans = ({ overwrites, refusals, keys }: Choice): fc.Arbitrary<Plan> =>
  fc
    .record({
      seed: fc.integer(),
      faults: fc.constantFrom(0, 5, 20, 40, 60),
      deaths: fc.constantFrom(0, 2, 8, 15),
      throttles: fc.constantFrom(0, 0, 30, 90),
      doubt: fc.constantFrom(
        { listingLagMs: 0, clockSkewMs: 0 },
        { listingLagMs: 300_000, clockSkewMs: 0 },
        { listingLagMs: 20_000, clockSkewMs: 300_000 },
      ),
      isBurst: fc.integer({ min: 1, max: 3 }).map((third) => third === 1),
      first: fc.tuple(...keys.map(putOf)),
      more: fc.array(overwrite, { maxLength: overwrites ? 6 : 0 }),
    })
    .map(({ doubt, isBurst, first, more, ...plan }) => {
      const puts = [...first, ...more];
      return { ...plan, refusals, ...doubt, puts: isBurst ? puts.map(inBurst) : puts };
    });

type World = ReturnType<typeof createWorld>;

const jobsByName = ({ jobs }: World): Map<string, number> => {
  const names = new Map<string, number>();
  for (const { request } of jobs) {
    names.set(request.jobName, (names.get(request.jobName) ?? 0) + 1);
  }
  return names;
};

const generationsOf = (world: World) => world.runs().flatMap(({ run, past }) => [...past, run]);

/**
 * Every generation of every run has come to its end: those that were refused without a job, all others with one. On the way there, and at the end,
 * no run was in a state that nobody would lead it out of, unless an alert has named it.
 */
const expectOneJobEach = (world: World, runs: readonly RunKey[] = SALES): void => {
  expect(
    world
      .runs()
      .map(({ id }) => id)
      .sort(),
  ).toEqual(runs.map(runKeyId).sort());
  expect(world.deadEnds).toEqual([]);
  const generations = generationsOf(world);
  const submitted = generations.filter(({ state }) => hasEnded(state));
  expect(generations.filter(({ state }) => !hasEnded(state) && state !== 'refused')).toEqual([]);
  const names = submitted.map(({ claim }) => claim?.request.jobName);
  expect([...jobsByName(world)].sort()).toEqual(names.map((name) => [name, 1]).sort());
  expect(world.unsettled()).toEqual([]);
};

const refusedOf = (world: World) => generationsOf(world).filter(({ state }) => state === 'refused');

/** Of what people are told, without that a job failed. */
const kindsTold = ({ alerts }: World): Set<string> =>
  new Set(alerts.map(({ kind }) => kind).filter((kind) => kind !== 'job-failed'));

const toldOf = ({ alerts }: World, kind: string): Set<string> =>
  new Set(alerts.filter((alert) => alert.kind === kind).map(({ subject }) => subject));

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
    fc.asyncProperty(plans({ overwrites, refusals, keys: KEYS }), async (plan) => {
      const world = createWorld(plan, [old, young]);

      await world.live();

      expectOneJobEach(world);
      if (refusals === 0) {
        expect(refusedOf(world)).toEqual([]);
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
      expect(kindsTold(world)).toEqual(new Set());
    });
  });

  it('when overwrites are told', async () => {
    await check({ onOverwrite: 'alert' }, (world) => {
      expect(world.runs().map(({ run }) => run.generation)).toEqual([1, 1]);
      expect([...kindsTold(world)].filter((kind) => kind !== 'file-overwritten')).toEqual([]);
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

  it('also where one waits for the success of another', async () => {
    const versions = ['1', '2'].map((version) => [
      feedWith('ignore', `import-sales:${version}`),
      aFeed({
        name: 'report',
        slots: [{ kind: 'feed', name: 'sales', feed: 'sales', min: 1, optional: false }],
        batch: { definition: `report:${version}` },
      }),
    ]);
    await fc.assert(
      fc.asyncProperty(plans({ overwrites: false, refusals: 0, keys: KEYS }), async (plan) => {
        const world = createWorld(plan, versions);

        await world.live();

        const succeeded = world
          .runs()
          .filter(({ run: { key, state } }) => key.feed === 'sales' && state === 'succeeded');
        expectOneJobEach(world, [...SALES, ...succeeded.map(({ run: { key } }) => ({ ...key, feed: 'report' }))]);
      }),
      { numRuns: Math.ceil(SCHEDULES / PROPERTIES), seed: SEED },
    );
  });

  it('or none and an alert that names it, when Batch refuses jobs now and then', async () => {
    await check({ refusals: 30, onOverwrite: 'rerun' }, (world) => {
      const told = toldOf(world, 'submit-refused');
      expect(refusedOf(world).filter(({ key, generation }) => !told.has(`${runKeyId(key)}#${generation}`))).toEqual([]);
    });
  });

  it('or none and an alert that names it, when what a file is called would be read as an option of the program', async () => {
    const feed = aFeed({
      name: 'shops',
      slots: [aFileSlot({ name: 'list', uri: 's3://landing/{date:yyyyMMdd}/list_{shop}' })],
      batch: { parameters: { shop: '{shop}' } },
    });
    const runs = DATES.flatMap((date) => ['-rf', 'tokyo'].map((shop) => ({ feed: 'shops', date, values: { shop } })));
    const keys = runs.map(({ date, values: { shop } }) => `${date.replaceAll('-', '')}/list_${shop}`);
    await fc.assert(
      fc.asyncProperty(plans({ overwrites: false, refusals: 0, keys }), async (plan) => {
        const world = createWorld(plan, [[feed], [feed]]);

        await world.live();

        expectOneJobEach(world, runs);
        const bad = refusedOf(world).map(({ key, generation }) => `${runKeyId(key)}#${generation}`);
        expect(bad.sort()).toEqual(DATES.map((date) => `shops@${date},shop=-rf#1`));
        expect([...toldOf(world, 'submit-refused')].sort()).toEqual(bad);
        expect(refusedOf(world).map(({ claim }) => claim?.problem)).toEqual(
          bad.map(() => expect.stringContaining("'-rf', which a program would read as an option")),
        );
      }),
      { numRuns: Math.ceil(SCHEDULES / PROPERTIES), seed: SEED },
    );
  });
});
