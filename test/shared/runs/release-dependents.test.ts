import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Feed } from '../../../shared/feeds/feed.ts';
import { createReleaseDependents } from '../../../shared/runs/release-dependents.ts';
import type { Run } from '../../../shared/runs/run.ts';
import { createSettleRun } from '../../../shared/runs/settle-run.ts';
import { aFeed, aFeedSlot, aFileSlot, anArrival, aRun } from '../../support/builders.ts';
import { runPorts, START } from '../../support/run-ports.ts';

const signal = new AbortController().signal;
const KEY = { feed: 'report', date: '2026-11-22', values: {} };
const catalog = aFeed({ name: 'catalog' });
const report = aFeed({ name: 'report', slots: [aFeedSlot()] });

let world: ReturnType<typeof runPorts>;

beforeEach(() => {
  world = runPorts();
});

const releasing = (feeds: readonly Feed[], ledger = world.ledger) => {
  const ports = { ...world.ports, ledger };
  const settleRun = createSettleRun(ports, { stage: 'test', pausesMs: [] });
  return createReleaseDependents({ ...ports, settleRun }, new Map(feeds.map((feed) => [feed.name, feed])));
};

const aSource = (differences: Partial<Run> = {}): Run =>
  aRun({ key: { feed: 'catalog', date: '2026-11-22', values: {} }, state: 'succeeded', ...differences });

const read = (key = KEY) => world.ledger.readRun(key, signal);

/** Brings the job of the dependent run to its end. */
const end = async () => {
  const run = await read();
  await world.ledger.recordJob(
    KEY,
    run?.generation ?? 1,
    { jobId: run?.job?.id ?? '', state: 'succeeded', attempts: 1 },
    START,
    signal,
  );
};

describe('createReleaseDependents', () => {
  it('submits a run that waited for nothing else, once, however often it is told', async () => {
    const release = releasing([catalog, report]);

    const first = await release(aSource(), signal);
    const again = await release(aSource(), signal);

    expect(first).toMatchObject([{ kind: 'submitted', run: 'report@2026-11-22' }]);
    expect(again).toMatchObject([{ kind: 'settled', run: 'report@2026-11-22' }]);
    expect(world.submitted).toHaveLength(1);
  });

  it.each(['waiting', 'claimed', 'submitted', 'running', 'failed', 'refused'] as const)(
    'releases nothing while the run is %s',
    async (state) => {
      expect(await releasing([catalog, report])(aSource({ state }), signal)).toEqual([]);
      expect(await read()).toBeUndefined();
    },
  );

  it('leaves a run waiting that waits for more', async () => {
    const feed = aFeed({ name: 'report', slots: [aFeedSlot(), aFileSlot()] });

    expect(await releasing([catalog, feed])(aSource(), signal)).toMatchObject([
      { kind: 'waiting', missing: [{ slot: 'orders' }] },
    ]);
    await world.ledger.recordArrival(KEY, anArrival(), START, signal);
    expect(await releasing([catalog, feed])(aSource(), signal)).toMatchObject([{ kind: 'submitted' }]);
  });

  it('fills each slot in which a run waits for another', async () => {
    const feed = aFeed({ name: 'report', slots: [aFeedSlot(), aFeedSlot({ name: 'again' })] });

    expect(await releasing([catalog, feed])(aSource(), signal)).toMatchObject([{ kind: 'submitted' }]);
    expect((await read())?.filled).toEqual(
      new Map([
        ['catalog', 1],
        ['again', 1],
      ]),
    );
  });

  it('waits for every listed value, in any order and with repeats, and submits once', async () => {
    const shops = ['tokyo', 'osaka', 'kyoto'];
    const source = aFeed({ name: 'catalog', captures: ['shop'], values: { shop: shops } });
    const feed = aFeed({ name: 'report', slots: [aFeedSlot({ min: shops.length })] });

    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...shops, 'unlisted'), { maxLength: 12 }), async (told) => {
        world = runPorts();
        const release = releasing([source, feed]);

        for (const shop of told) {
          await release(aSource({ key: { ...aSource().key, values: { shop } } }), signal);
        }

        expect(world.submitted).toHaveLength(shops.every((shop) => told.includes(shop)) ? 1 : 0);
      }),
    );
  });

  it.each([
    ['ignore', 1, 0],
    ['alert', 1, 1],
    ['rerun', 2, 0],
  ] as const)('follows the policy %s when a source runs again after the claim', async (onOverwrite, jobs, alerts) => {
    const release = releasing([catalog, { ...report, onOverwrite }]);
    await release(aSource(), signal);
    await end();

    await release(aSource({ generation: 2 }), signal);
    await release(aSource({ generation: 2 }), signal);
    await release(aSource({ generation: 1 }), signal);

    expect(world.submitted).toHaveLength(jobs);
    expect(world.alerts.map(({ kind }) => kind)).toEqual(Array.from({ length: alerts }, () => 'file-overwritten'));
    expect(world.steps).toContainEqual({
      kind: 'source ran again',
      feed: 'report',
      run: 'report@2026-11-22',
      generation: 1,
      source: 'catalog@2026-11-22',
      sourceGeneration: 2,
      policy: onOverwrite,
    });
  });

  it('takes a new generation before the claim without a word', async () => {
    const feed = aFeed({ name: 'report', slots: [aFeedSlot(), aFileSlot()], onOverwrite: 'alert' });
    const release = releasing([catalog, feed]);
    await release(aSource(), signal);

    await release(aSource({ generation: 2 }), signal);

    expect(world.alerts).toEqual([]);
    expect((await read())?.filled).toEqual(new Map([['catalog', 1]]));
  });

  it('takes a run that was complete in a shadow feed for done among shadow feeds only', async () => {
    const shadow = aFeed({ name: 'shadow-report', slots: [aFeedSlot()], shadow: true });
    const source = aSource({ state: 'waiting', wouldSubmitAt: START });

    expect(await releasing([catalog, report, shadow])(source, signal)).toMatchObject([
      { kind: 'would submit', feed: 'shadow-report' },
    ]);
  });

  it('fails alone for a run that cannot be told, and does the others', async () => {
    const other = aFeed({ name: 'other', slots: [aFeedSlot()] });
    const ledger = {
      ...world.ledger,
      fillSlot: (...args: Parameters<typeof world.ledger.fillSlot>) =>
        args[0].feed === 'report' ? Promise.reject(new Error('table down')) : world.ledger.fillSlot(...args),
    };

    expect(await releasing([catalog, report, other], ledger)(aSource(), signal)).toEqual([
      expect.objectContaining({ kind: 'submitted', feed: 'other' }),
      { kind: 'failed', feed: 'report', run: 'report@2026-11-22', error: new Error('table down') },
    ]);
  });

  it('says which generation could not be settled', async () => {
    const ledger = { ...world.ledger, claim: () => Promise.reject('no answer') };

    expect(await releasing([catalog, report], ledger)(aSource(), signal)).toMatchObject([
      { kind: 'failed', generation: 1, error: { message: 'no answer' } },
    ]);
  });

  it('gives up on a run that changes under every try', async () => {
    const ledger = {
      ...world.ledger,
      fillSlot: async () => ({ kind: 'late' as const }),
      changeSuccess: async () => false,
    };
    await world.ledger.openRun(KEY, START, signal);

    expect(await releasing([catalog, report], ledger)(aSource(), signal)).toMatchObject([
      { kind: 'failed', error: { message: 'Success of run catalog@2026-11-22 met another change 10 times' } },
    ]);
  });
});
