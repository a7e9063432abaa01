/** What becomes of a file that is written again, or comes late, in every state of its run and under every policy. */
import { describe, expect, it } from 'vitest';
import type { OnOverwrite } from '../../shared/feeds/feed.ts';
import { createMatcher } from '../../shared/feeds/match-feeds.ts';
import type { RunKey } from '../../shared/feeds/run-key.ts';
import { createAdvanceRuns } from '../../shared/runs/advance-runs.ts';
import type { Run, RunState } from '../../shared/runs/run.ts';
import { createSettleRun } from '../../shared/runs/settle-run.ts';
import { LEASE_MS, SETTLE_MS } from '../../shared/runs/state-machine.ts';
import { createSweepRuns } from '../../shared/runs/sweep-runs.ts';
import { createTrackJob } from '../../shared/runs/track-job.ts';
import { aFeed, aFileSlot } from '../support/builders.ts';
import { runPorts } from '../support/run-ports.ts';

const KEY: RunKey = { feed: 'sales', date: '2026-11-22', values: {} };
const FILE = 'sales/20261122/orders_a';
const LATE = 'sales/20261122/orders_b';
const signal = new AbortController().signal;

const STATES: readonly RunState[] = ['waiting', 'claimed', 'submitted', 'running', 'succeeded', 'failed', 'refused'];
const POLICIES: readonly OnOverwrite[] = ['ignore', 'alert', 'rerun'];

/** A run whose only required file is there, brought to a state. */
const worldIn = async (state: RunState, onOverwrite: OnOverwrite) => {
  const world = runPorts();
  const feed = aFeed({
    slots: [
      aFileSlot({ name: 'orders', uri: 's3://landing/sales/{date:yyyyMMdd}/orders_*', minBytes: 1 }),
      aFileSlot({
        name: 'complete',
        uri: 's3://landing/sales/{date:yyyyMMdd}/_SUCCESS',
        optional: state !== 'waiting',
      }),
    ],
    onOverwrite,
    batch: { parameters: { manifest: '{manifest}' } },
  });
  const settings = { stage: 'test', pausesMs: [] };
  const startHost = () => createAdvanceRuns(world.ports, { ...settings, match: createMatcher([feed]) });
  const [host, otherHost] = [startHost(), startHost()];
  const settleRun = createSettleRun(world.ports, settings);
  const feeds = new Map([[feed.name, feed]]);
  const sweep = createSweepRuns({ ...world.ports, settleRun }, feeds);
  const { ofRun } = createTrackJob({ ...world.ports, settleRun }, feeds);

  const put = (key: string, etag: string, sizeBytes = 100): void => {
    world.heads.set(`landing/${key}`, { etag, sizeBytes });
  };
  const announce = (key: string, etag: string, sizeBytes = 100, at = host) =>
    at({ bucket: 'landing', key, etag, sizeBytes }, signal);
  const arrive = (key: string, etag: string, sizeBytes = 100) => {
    put(key, etag, sizeBytes);
    return announce(key, etag, sizeBytes);
  };
  const hear = (jobState: 'running' | 'succeeded' | 'failed', generation = 1) =>
    ofRun(KEY, generation, { jobId: `job-${generation}`, state: jobState, attempts: 1 }, signal);
  const current = async (): Promise<Run> => {
    const run = await world.ledger.readRun(KEY, signal);
    if (run === undefined) {
      throw new Error('no run');
    }
    return run;
  };
  const manifest = (job: number): string[] =>
    (world.manifests.get((world.submitted[job]?.parameters?.['manifest'] ?? '').replace('s3://suite/', '')) ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
      .map(({ key, etag }) => `${key} ${etag}`);

  if (state === 'claimed') {
    world.submit.mockResolvedValueOnce({ kind: 'ambiguous', error: new Error('reset') });
  }
  if (state === 'refused') {
    world.submit.mockResolvedValueOnce({ kind: 'refused', reason: 'no such queue' });
  }
  await arrive(FILE, 'etag-1');
  if (state === 'running' || state === 'succeeded' || state === 'failed') {
    await hear(state);
  }
  world.alerts.length = 0;
  world.steps.length = 0;
  expect((await current()).state).toBe(state);
  return { ...world, put, announce, otherHost, arrive, hear, sweep, current, manifest };
};

type World = Awaited<ReturnType<typeof worldIn>>;

/** Lets whatever is under way come to its end: leases, jobs, sweeps, and the last file of a run that waits. */
const comeToRest = async (world: World, state: RunState): Promise<void> => {
  if (state === 'waiting') {
    await world.arrive('sales/20261122/_SUCCESS', 'etag-s');
  }
  if (state === 'claimed') {
    world.find.mockResolvedValueOnce([{ jobId: 'job-1', createdAt: new Date() }]);
    world.submitted.push({ jobName: 'found', jobQueue: 'etl', jobDefinition: 'import-sales' });
    world.pass(LEASE_MS + 1);
    await world.sweep(signal);
  }
  if ((await world.current()).state === 'submitted' && (await world.current()).generation === 1) {
    await world.hear('succeeded');
  }
  if ((await world.current()).state === 'running') {
    await world.hear('succeeded');
  }
  world.pass(SETTLE_MS);
  await world.sweep(signal);
};

const CHANGES = [
  ['is written again', FILE, [`${FILE} etag-2`]],
  ['comes late', LATE, [`${FILE} etag-1`, `${LATE} etag-2`]],
] as const;

describe.each(CHANGES)('a file that %s', (_, key, files) => {
  describe.each(STATES)('while its run is %s', (state) => {
    it.each(POLICIES)('under the policy %s', async (policy) => {
      const world = await worldIn(state, policy);
      const isClaimed = state !== 'waiting';
      const before = world.submitted.length;

      await world.arrive(key, 'etag-2');
      // Its event comes twice.
      await world.arrive(key, 'etag-2');
      await comeToRest(world, state);

      const told = world.alerts.filter(({ kind }) => kind === 'file-overwritten');
      expect(told).toHaveLength(isClaimed && policy === 'alert' ? 1 : 0);
      const reruns = isClaimed && policy === 'rerun' && state !== 'refused';
      expect((await world.current()).generation).toBe(reruns ? 2 : 1);
      const jobs = { waiting: 1, claimed: 1, submitted: 0, running: 0, succeeded: 0, failed: 0, refused: 0 }[state];
      expect(world.submitted).toHaveLength(before + jobs + Number(reruns));
      if (reruns || state === 'waiting') {
        expect(world.manifest(world.submitted.length - 1).filter((line) => !line.includes('_SUCCESS'))).toEqual(files);
      }
      expect(world.steps.filter(({ kind }) => kind === 'overwritten')).toHaveLength(Number(isClaimed));
    });
  });
});

describe('several files that change', () => {
  it.each<RunState>(['claimed', 'submitted', 'running'])('while a run is %s make one rerun', async (state) => {
    const world = await worldIn(state, 'rerun');

    await world.arrive(FILE, 'etag-2');
    await world.arrive(LATE, 'etag-2');
    await world.arrive(FILE, 'etag-3');
    await comeToRest(world, state);

    expect((await world.current()).generation).toBe(2);
    expect(world.manifest(world.submitted.length - 1)).toEqual([`${FILE} etag-3`, `${LATE} etag-2`]);
  });

  it('while the rerun runs make another one', async () => {
    const world = await worldIn('succeeded', 'rerun');

    await world.arrive(FILE, 'etag-2');
    await world.arrive(FILE, 'etag-3');
    expect((await world.current()).generation).toBe(2);
    await world.hear('succeeded', 2);

    expect((await world.current()).generation).toBe(3);
    expect(world.manifest(world.submitted.length - 1)).toEqual([`${FILE} etag-3`]);
  });
});

describe('a file that changes and changes back', () => {
  it('before its event is handled makes no rerun', async () => {
    const world = await worldIn('submitted', 'rerun');

    world.put(FILE, 'etag-2');
    world.put(FILE, 'etag-1');
    await world.announce(FILE, 'etag-2');
    await world.announce(FILE, 'etag-1');

    expect((await world.current()).rerunRequestedAt).toBeUndefined();
  });
});

describe('a file that shrinks', () => {
  it('below the smallest size while its run waits fills the slot no more', async () => {
    const world = await worldIn('waiting', 'ignore');

    await world.arrive(FILE, 'etag-2', 0);
    const [outcome] = await world.arrive('sales/20261122/_SUCCESS', 'etag-s');

    expect(outcome).toMatchObject({ kind: 'waiting', missing: [{ slot: 'orders', have: 0, need: 1 }] });
    await world.arrive(FILE, 'etag-3');
    expect(world.submitted).toHaveLength(1);
  });
});

describe('a claim that Batch did not take', () => {
  it('is made again for what has arrived meanwhile, and nothing runs twice', async () => {
    const world = await worldIn('waiting', 'rerun');
    world.submit.mockImplementationOnce(async () => {
      world.put(FILE, 'etag-2');
      await world.announce(FILE, 'etag-2', 100, world.otherHost);
      return { kind: 'unsent', error: new Error('TooManyRequestsException') };
    });

    await world.arrive('sales/20261122/_SUCCESS', 'etag-s');
    expect((await world.current()).state).toBe('waiting');
    await world.arrive('sales/20261122/_SUCCESS', 'etag-s');
    await world.hear('succeeded');

    expect(world.submitted).toHaveLength(1);
    expect((await world.current()).generation).toBe(1);
    expect(world.manifest(0)).toContain(`${FILE} etag-2`);
  });
});
