import { beforeEach, describe, expect, it } from 'vitest';
import type { Feed } from '../../../shared/feeds/feed.ts';
import { isUnderWay } from '../../../shared/runs/job-observation.ts';
import type { Outcome } from '../../../shared/runs/outcome.ts';
import { createSettleRun, type SettleRun } from '../../../shared/runs/settle-run.ts';
import {
  LEASE_MS,
  LOOKUP_GAP_MS,
  SETTLE_MS,
  WAITING_REVISIT_MS,
  WAITING_YOUNG_MS,
} from '../../../shared/runs/state-machine.ts';
import { createSweepRuns } from '../../../shared/runs/sweep-runs.ts';
import { aFeed, aFeedSlot, aFileSlot, anArrival, aTimeSlot } from '../../support/builders.ts';
import { runPorts, START } from '../../support/run-ports.ts';

const signal = new AbortController().signal;
const KEY = { feed: 'sales', date: '2026-11-22', values: {} };
const feed = aFeed({ slots: [aFileSlot({ min: 2 })] });

let world: ReturnType<typeof runPorts>;

beforeEach(() => {
  world = runPorts();
});

const sweep = (
  settleRun: SettleRun = createSettleRun(world.ports, { stage: 'test', pausesMs: [] }),
  of: Feed = feed,
): Promise<Outcome[]> => createSweepRuns({ ...world.ports, settleRun }, new Map([[of.name, of]]))(signal);

const arrive = (key: string) => world.ledger.recordArrival(KEY, anArrival({ key }), START, signal);

const unsettled = () =>
  [...world.ledger.entries.values()].filter(
    ({ candidateAt, run }) => candidateAt !== undefined && !isUnderWay(run.state),
  );

describe('createSweepRuns', () => {
  it('finds nothing to do where nothing was left half done', async () => {
    expect(await sweep()).toEqual([]);
  });

  it('looks at a run that waits for more every hour while it is young, since a new configuration may complete it', async () => {
    await arrive('a');
    world.pass(SETTLE_MS);

    expect(await sweep()).toMatchObject([{ kind: 'waiting' }]);
    expect(await sweep()).toEqual([]);
    world.pass(WAITING_REVISIT_MS);
    expect(await sweep()).toMatchObject([{ kind: 'waiting' }]);

    world.pass(WAITING_YOUNG_MS);
    expect(await sweep()).toMatchObject([{ kind: 'waiting' }]);
    expect(unsettled()).toEqual([]);
  });

  it('looks at a run that waits for a time when that comes, and every hour before it', async () => {
    const timed = aFeed({ slots: [aFileSlot(), aTimeSlot('13:30')] });
    const lookedAt = () => world.ledger.entries.get('sales@2026-11-22')?.candidateAt?.getTime();
    await arrive('a');
    world.pass(SETTLE_MS);

    await sweep(undefined, timed);
    expect(lookedAt()).toBe(START.getTime() + SETTLE_MS + WAITING_REVISIT_MS);
    world.pass(WAITING_REVISIT_MS);
    await sweep(undefined, timed);
    expect(lookedAt()).toBe(START.getTime() + 90 * 60_000);
    world.pass(25 * 60_000);
    expect(await sweep(undefined, timed)).toMatchObject([{ kind: 'submitted' }]);
  });

  it('submits a complete run whose last event died right after its record', async () => {
    await arrive('a');
    await arrive('b');
    world.pass(SETTLE_MS);

    expect(await sweep()).toMatchObject([{ kind: 'submitted', jobId: 'job-1' }]);
    expect(unsettled()).toEqual([]);
    expect(await sweep()).toEqual([]);
  });

  it('finishes a claim whose owner died, minute by minute', async () => {
    await arrive('a');
    await arrive('b');
    world.submit.mockResolvedValueOnce({ kind: 'ambiguous', error: new Error('reset') });
    world.pass(SETTLE_MS);
    await sweep();

    expect(await sweep()).toEqual([]);
    world.pass(LEASE_MS);
    expect(await sweep()).toMatchObject([{ kind: 'unconfirmed' }]);
    world.pass(LOOKUP_GAP_MS);
    expect(await sweep()).toMatchObject([{ kind: 'submitted', jobId: 'job-1' }]);
  });

  it('looks at a run of a feed that is not configured every hour while it is young, since that may be a mistake', async () => {
    const key = { ...KEY, feed: 'gone' };
    await world.ledger.recordArrival(key, anArrival(), START, signal);
    world.pass(SETTLE_MS);

    expect(await sweep()).toMatchObject([{ kind: 'settled', feed: 'gone', state: 'waiting' }]);
    expect(await sweep()).toEqual([]);
    world.pass(WAITING_REVISIT_MS);
    expect(await sweep()).toMatchObject([{ kind: 'settled', feed: 'gone', state: 'waiting' }]);

    world.pass(WAITING_YOUNG_MS);
    await sweep();
    expect(unsettled()).toEqual([]);
  });

  it.each([
    ['an error', new Error('table down')],
    ['whatever else was thrown', 'table down'],
  ])('tells %s with the run, goes on with the others, and puts the run to the end of the list', async (_, thrown) => {
    await arrive('a');
    await world.ledger.recordArrival({ ...KEY, date: '2026-11-23' }, anArrival(), START, signal);
    world.pass(SETTLE_MS);
    const settleRun = createSettleRun(world.ports, { stage: 'test', pausesMs: [] });

    const outcomes = await sweep((key, ...rest) =>
      key.date === KEY.date ? Promise.reject(thrown) : settleRun(key, ...rest),
    );

    expect(outcomes).toMatchObject([
      { kind: 'waiting', run: 'sales@2026-11-23' },
      { kind: 'failed', run: 'sales@2026-11-22', error: new Error('table down') },
    ]);
    const failed = world.ledger.entries.get('sales@2026-11-22');
    expect(failed?.candidateAt).toEqual(world.ports.now());
  });

  describe('with feeds that wait for others', () => {
    const report = aFeed({ name: 'report', slots: [aFeedSlot({ name: 'sales', feed: 'sales' })] });
    const sales = aFeed();
    const REPORT = { ...KEY, feed: 'report' };
    const feeds = new Map([sales, report].map((one) => [one.name, one]));

    const sweepAll = (ledger = world.ledger) => {
      const ports = { ...world.ports, ledger };
      const settleRun = createSettleRun(ports, { stage: 'test', pausesMs: [] });
      return createSweepRuns({ ...ports, settleRun }, feeds)(signal);
    };

    /** The job of the source has ended, and whoever heard of it died right after that was recorded. */
    const end = async (state: 'succeeded' | 'failed') => {
      await arrive('a');
      await createSettleRun(world.ports, { stage: 'test', pausesMs: [] })(KEY, sales, signal);
      await world.ledger.recordJob(KEY, 1, { jobId: 'job-1', state, attempts: 1 }, START, signal);
      world.pass(SETTLE_MS);
    };

    it('releases what waits for a run whose success was recorded and not passed on', async () => {
      await end('succeeded');

      expect(await sweepAll()).toMatchObject([
        { kind: 'settled', feed: 'sales' },
        { kind: 'submitted', feed: 'report' },
      ]);
      expect(unsettled()).toEqual([]);
    });

    it('holds what waits for a run that failed', async () => {
      await end('failed');

      expect(await sweepAll()).toMatchObject([{ kind: 'settled', feed: 'sales' }]);
      expect(await world.ledger.readRun(REPORT, signal)).toBeUndefined();
    });

    it('keeps a run on the list until all is released that waits for it', async () => {
      await end('succeeded');
      const ledger = { ...world.ledger, fillSlot: () => Promise.reject(new Error('table down')) };

      expect(await sweepAll(ledger)).toMatchObject([
        { kind: 'settled', feed: 'sales' },
        { kind: 'failed', feed: 'report', error: { message: 'table down' } },
      ]);
      expect(await sweepAll()).toMatchObject([{ kind: 'settled' }, { kind: 'submitted', feed: 'report' }]);
    });

    it('finds out that a run has all that it waits for, though nobody told it', async () => {
      await end('succeeded');
      const source = world.ledger.entries.get('sales@2026-11-22');
      await world.ledger.openRun(REPORT, START, signal);
      // As if the source had succeeded before the feed was there that waits for it.
      await world.ledger.revisit(source?.run ?? expect.unreachable(), 'never', signal);

      expect(await sweepAll()).toMatchObject([{ kind: 'submitted', feed: 'report' }]);
    });
  });

  it('leaves a run alone until its time, and submits it then', async () => {
    const timed = aFeed({ slots: [aFileSlot(), aTimeSlot('12:30')] });
    const settleRun = createSettleRun(world.ports, { stage: 'test', pausesMs: [] });
    const sweepTimed = () => createSweepRuns({ ...world.ports, settleRun }, new Map([[timed.name, timed]]))(signal);
    await arrive('a');
    world.pass(SETTLE_MS);

    expect(await sweepTimed()).toMatchObject([{ kind: 'waiting', until: new Date(START.getTime() + 30 * 60_000) }]);
    world.pass(24 * 60_000);
    expect(await sweepTimed()).toEqual([]);
    world.pass(60_000);
    expect(await sweepTimed()).toMatchObject([{ kind: 'submitted' }]);
  });

  it('gives a run whose job is under way to those who watch, whatever it was listed for', async () => {
    await arrive('a');
    await arrive('b');
    const settleRun = createSettleRun(world.ports, { stage: 'test', pausesMs: [] });
    await settleRun(KEY, feed, signal);
    const submitted = await world.ledger.readRun(KEY, signal);
    const ledger = { ...world.ledger, unsettledRuns: async () => [submitted ?? expect.unreachable()] };
    world.pass(SETTLE_MS);

    const outcomes = await createSweepRuns({ ...world.ports, ledger, settleRun }, new Map([[feed.name, feed]]))(signal);

    expect(outcomes).toMatchObject([{ kind: 'settled', state: 'submitted' }]);
    expect(await world.ledger.watchedRuns(world.ports.now(), 9, signal)).toEqual([submitted]);
  });

  it('rejects when the list cannot be read', async () => {
    const ledger = { ...world.ledger, unsettledRuns: () => Promise.reject(new Error('table down')) };
    const settleRun = createSettleRun(world.ports, { stage: 'test', pausesMs: [] });

    const swept = createSweepRuns({ ...world.ports, ledger, settleRun }, new Map())(signal);

    await expect(swept).rejects.toThrow('table down');
  });
});
