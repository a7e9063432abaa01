import { describe, expect, it } from 'vitest';
import { createExecutePlan, isDone } from '../../../cli/replay/execute-plan.ts';
import { planReplay } from '../../../cli/replay/plan.ts';
import { parseConfiguration } from '../../../configuration/load.ts';
import type { RunKey } from '../../../shared/feeds/run-key.ts';
import type { Run } from '../../../shared/runs/run.ts';
import { createSettleRun } from '../../../shared/runs/settle-run.ts';
import { anArrival } from '../../support/builders.ts';
import { runPorts, START } from '../../support/run-ports.ts';

const { feeds } = parseConfiguration({
  timeZone: 'UTC',
  feeds: [
    {
      name: 'sales',
      slots: { orders: { files: 's3://landing/{date:yyyyMMdd}' } },
      job: { batch: { queue: 'q', definition: 'd' } },
    },
  ],
}).configuration;
const feed = feeds[0]!;
const keyOf = (day: number): RunKey => ({ feed: 'sales', date: `2026-11-${10 + day}`, values: {} });

const setUp = async (count: number) => {
  const world = runPorts();
  const signal = new AbortController().signal;
  for (let day = 0; day < count; day += 1) {
    await world.ledger.recordArrival(keyOf(day), anArrival(), START, signal);
  }
  const runs = (): Run[] => [...world.ledger.entries.values()].map(({ run }) => run);
  const settleRun = createSettleRun(world.ports, { stage: 'test', pausesMs: [] });
  const paced: number[] = [];
  const executePlan = (interruption: AbortSignal, isForced = false, afterEach: () => void = () => undefined) =>
    createExecutePlan({
      ledger: world.ledger,
      settleRun,
      pace: async () => {
        paced.push(world.submitted.length);
      },
      now: world.ports.now,
      onResult: afterEach,
    })(
      feed,
      planReplay(feed, runs(), isForced, START).filter(({ act }) => act !== 'leave'),
      interruption,
    );
  return { ...world, runs, executePlan, paced, signal };
};

describe('createExecutePlan', () => {
  it('submits each run once, one after another, at its pace', async () => {
    const { executePlan, submitted, paced, signal } = await setUp(3);

    const results = await executePlan(signal);
    const again = await executePlan(signal);

    expect(results.map(({ kind }) => kind)).toEqual(['submitted', 'submitted', 'submitted']);
    expect(paced).toEqual([0, 1, 2]);
    expect(again).toEqual([]);
    expect(submitted).toHaveLength(3);
  });

  it('starts no run after an interruption, and leaves none half done', async () => {
    const { executePlan, runs } = await setUp(4);
    const interruption = new AbortController();

    const results = await executePlan(interruption.signal, false, () => interruption.abort());

    expect(results).toHaveLength(1);
    expect(runs().map(({ state }) => state)).toEqual(['submitted', 'waiting', 'waiting', 'waiting']);
  });

  it('opens the next generation of what has ended, and keeps the one before', async () => {
    const { executePlan, ledger, runs, signal } = await setUp(1);
    await executePlan(signal);
    await ledger.recordJob(keyOf(0), 1, { jobId: 'job-1', state: 'failed', attempts: 1 }, START, signal);

    const results = await executePlan(signal, true);

    expect(results).toMatchObject([{ kind: 'submitted', jobId: 'job-2' }]);
    expect(runs()[0]).toMatchObject({ generation: 2, state: 'submitted' });
    expect([...ledger.entries.values()][0]?.past).toMatchObject([{ generation: 1, state: 'failed' }]);
  });

  it('submits what a shadow feed did not with --force only', async () => {
    const { executePlan, ledger, runs, submitted, signal } = await setUp(1);
    await ledger.noteWouldSubmit(runs()[0] ?? expect.unreachable(), START, signal);

    const left = await executePlan(signal);
    const forced = await executePlan(signal, true);

    expect(left).toEqual([]);
    expect(forced).toMatchObject([{ kind: 'submitted', jobId: 'job-1' }]);
    expect(runs()[0]).toMatchObject({ generation: 2, state: 'submitted' });
    expect(submitted).toHaveLength(1);
  });

  it('does not report a run as submitted that another process did not submit', async () => {
    const { executePlan, ledger, runs, submitted, signal } = await setUp(2);
    const second = runs()[1] ?? expect.unreachable();

    const results = await executePlan(signal, false, () => void ledger.noteWouldSubmit(second, START, signal));

    expect(results).toMatchObject([{ kind: 'submitted' }, { kind: 'changed', said: 'it is now waiting' }]);
    expect(results.map(isDone)).toEqual([true, false]);
    expect(submitted).toHaveLength(1);
  });

  it('leaves a run alone that has changed since it was planned', async () => {
    const { executePlan, ledger, submitted, signal } = await setUp(1);
    await executePlan(signal);
    await ledger.recordJob(keyOf(0), 1, { jobId: 'job-1', state: 'failed', attempts: 1 }, START, signal);
    ledger.openNextGeneration = async () => false;

    const results = await executePlan(signal, true);

    expect(results).toMatchObject([{ kind: 'changed' }]);
    expect(submitted).toHaveLength(1);
  });

  it('goes on after a run that is refused, cannot be sent, or cannot be settled, and says why', async () => {
    const { executePlan, submit, ledger, signal } = await setUp(4);
    submit.mockResolvedValueOnce({ kind: 'refused', reason: 'no queue' });
    submit.mockResolvedValueOnce({ kind: 'unsent', error: new Error('slow down') });
    const { readRun } = ledger;
    ledger.readRun = async (key, abort) => {
      if (key.date === keyOf(2).date) {
        throw new Error('no table');
      }
      return readRun(key, abort);
    };

    const results = await executePlan(signal);

    expect(results.map(({ kind, said }) => [kind, said])).toEqual([
      ['refused', 'no queue'],
      ['unsent', 'slow down'],
      ['failed', 'no table'],
      ['submitted', undefined],
    ]);
    expect(results.map(isDone)).toEqual([false, false, false, true]);
  });
});
