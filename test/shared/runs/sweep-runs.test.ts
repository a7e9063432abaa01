import { beforeEach, describe, expect, it } from 'vitest';
import { isUnderWay } from '../../../shared/runs/job-sighting.ts';
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
import { aFeed, aFileSlot, anArrival } from '../../support/builders.ts';
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
): Promise<Outcome[]> =>
  createSweepRuns({ ledger: world.ledger, settleRun, now: world.ports.now }, new Map([[feed.name, feed]]))(signal);

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

  it('takes a run of a feed that is no longer configured off the list', async () => {
    const key = { ...KEY, feed: 'gone' };
    await world.ledger.recordArrival(key, anArrival(), START, signal);
    world.pass(SETTLE_MS);

    expect(await sweep()).toMatchObject([{ kind: 'settled', feed: 'gone', state: 'waiting' }]);
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

  it('rejects when the list cannot be read', async () => {
    const ledger = { ...world.ledger, unsettledRuns: () => Promise.reject(new Error('table down')) };
    const settleRun = createSettleRun(world.ports, { stage: 'test', pausesMs: [] });

    const swept = createSweepRuns({ ledger, settleRun, now: world.ports.now }, new Map())(signal);

    await expect(swept).rejects.toThrow('table down');
  });
});
