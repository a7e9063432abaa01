import { describe, expect, it, vi } from 'vitest';
import {
  COUNT_FOR_MS,
  createCountJobs,
  LEASE_MS,
  type Ports,
  type Settings,
  type Ticks,
} from '../../../functions/count-stuck-jobs/count-jobs.ts';
import type { Gauge } from '../../../shared/telemetry/catalogue.ts';
import { aFeed } from '../../support/builders.ts';
import { AT, aCount, ago, aPlacement, aQueue } from './builders.ts';

const { signal } = new AbortController();

/** The table in memory, with its conditions. */
const memoryTicks = () => {
  let tick: { owner?: string; until?: Date; first: readonly string[] } = { first: [] };
  const seen = new Map<string, ReadonlyMap<string, Date>>();
  const ticks: Ticks = {
    begin: async (owner, now, until) => {
      if (tick.owner !== undefined && tick.owner !== owner && (tick.until ?? now) > now) {
        return { kind: 'busy', until: tick.until ?? now };
      }
      tick = { ...tick, owner, until };
      return { kind: 'begun', first: tick.first };
    },
    end: async (owner, first) => {
      if (tick.owner === owner) tick = { first };
    },
    firstSeen: async () => seen,
    keepFirstSeen: async (queue, jobs) => void seen.set(queue, jobs),
  };
  return { ticks, seen, state: () => tick };
};

const createHarness = (overrides: Partial<Ports> = {}, settings: Partial<Settings> = {}) => {
  const memory = memoryTicks();
  const published: Gauge[] = [];
  const deadline = new AbortController();
  const counted: string[] = [];
  const placement = {
    refresh: vi.fn<Ports['placement']['refresh']>(async () => undefined),
    checkQueue: vi.fn<Ports['placement']['checkQueue']>(async () => []),
    checkFeeds: vi.fn<Ports['placement']['checkFeeds']>(async () => ({ placements: [], failed: [] })),
  };
  const reconcileAlerts = vi.fn<Ports['reconcileAlerts']>(async () => ({ changes: [], failed: [] }));
  const ports: Ports = {
    ticks: memory.ticks,
    queues: async () => ['a', 'b', 'c'].map((name) => aQueue(name)),
    countQueue: async (queue: string) => {
      counted.push(queue);
      return aCount({ queue });
    },
    placement,
    reconcileAlerts,
    publish: async (gauges: readonly Gauge[]) => void published.push(...gauges),
    now: () => AT,
    newOwner: () => 'me',
    // The counting has the longest of all.
    timeout: (ms: number) => (ms === COUNT_FOR_MS ? deadline.signal : new AbortController().signal),
    ...overrides,
  };
  const run = createCountJobs(ports, {
    counted: 'all',
    feeds: [],
    publishWithinMs: 10,
    ...settings,
  });
  const gauge = (metric: string, queue?: string) =>
    published.find(
      ({ metric: name, dimensions }) => name === metric && (dimensions as { JobQueue?: string }).JobQueue === queue,
    )?.value;
  return {
    ...memory,
    placement,
    reconcileAlerts,
    published,
    deadline,
    counted,
    gauge,
    tick: async () => counting(await run(signal)),
    run,
  };
};

const counting = (tick: Awaited<ReturnType<ReturnType<typeof createCountJobs>>>) => {
  if (tick.kind !== 'counted') throw new Error('The tick was skipped');
  return tick;
};

describe('a tick', () => {
  it('counts every queue and publishes all its numbers, zeros included', async () => {
    const { tick, published, gauge, state } = createHarness();

    expect(await tick()).toMatchObject({ outOfTime: [], missing: [], unplaceable: [], alerts: [], failures: [] });

    expect(published).toHaveLength(3 * 12 + 1);
    expect(gauge('StuckJobs', 'b')).toBe(0);
    expect(gauge('UnplaceableJobs', 'c')).toBe(0);
    expect(gauge('QueuesNotCounted')).toBe(0);
    expect(state()).toEqual({ first: [] });
  });

  it('counts only the queues of the configuration, and names missing ones', async () => {
    const { tick, counted, gauge } = createHarness({}, { counted: ['a', 'gone', 'x*'] });

    expect((await tick()).missing).toEqual(['gone']);
    expect(counted).toEqual(['a']);
    expect(gauge('QueuesNotCounted')).toBe(1);
  });

  it('does nothing while another tick is running', async () => {
    const { run, ticks, published, state } = createHarness();
    await ticks.begin('other', AT, new Date(AT.getTime() + 1000), signal);

    expect(await run(signal)).toEqual({ kind: 'skipped', until: new Date(AT.getTime() + 1000) });
    expect(published).toEqual([]);
    expect(state().owner).toBe('other');
  });

  it('runs after the lease of a tick that died', async () => {
    const { run, ticks } = createHarness();
    await ticks.begin('other', ago(LEASE_MS), AT, signal);

    expect((await run(signal)).kind).toBe('counted');
  });

  it('gives its lease back when the queues cannot be listed', async () => {
    const { run, ticks, state } = createHarness({ queues: () => Promise.reject(new Error('denied')) });
    await ticks.begin('me', AT, AT, signal);
    await ticks.end('me', ['b'], signal);

    await expect(run(signal)).rejects.toThrow('denied');
    expect(state()).toEqual({ first: ['b'] });
  });
});

it('leaves time within the lease for the steps after counting', () => {
  expect(LEASE_MS - COUNT_FOR_MS).toBeGreaterThanOrEqual(60_000);
});

describe('a queue that fails', () => {
  it('leaves no number, and costs no other queue', async () => {
    const error = new Error('access denied');
    const { tick, gauge, state } = createHarness({
      countQueue: async (queue) => {
        if (queue === 'b') throw error;
        return aCount({ queue });
      },
    });

    const { failures, queues } = await tick();

    expect(failures).toEqual([{ part: 'count', queue: 'b', error }]);
    expect(queues.map(({ queue }) => queue)).toEqual(['a', 'c']);
    expect(gauge('StuckJobs', 'b')).toBeUndefined();
    expect(gauge('StuckJobs', 'c')).toBe(0);
    expect(gauge('QueuesNotCounted')).toBe(1);
    // Nothing was out of time, so nothing goes first.
    expect(state().first).toEqual([]);
  });
});

describe('when time runs out', () => {
  /** Counts `a` at once, and `slow` until the deadline. */
  const untilDeadline = (names: string[], slow: string[], endsAfterMs = 30) => {
    const harness = createHarness({
      queues: async () => names.map((name) => aQueue(name)),
      countQueue: (queue, _, deadline) => {
        if (!slow.includes(queue)) return Promise.resolve(aCount({ queue }));
        setTimeout(() => harness.deadline.abort(), endsAfterMs);
        return new Promise((_resolve, reject) => {
          deadline.addEventListener('abort', () => reject(deadline.reason));
        });
      },
    });
    return harness;
  };

  it('publishes complete queues, names the rest, and begins with it the next time', async () => {
    const { tick, state, gauge } = untilDeadline(['a', 'b', 'c', 'd', 'e', 'f', 'g'], ['b', 'c', 'd', 'e']);

    const { outOfTime, queues, failures } = await tick();

    expect(queues.map(({ queue }) => queue)).toEqual(['a']);
    expect(failures).toEqual([]);
    expect(new Set(outOfTime)).toEqual(new Set(['b', 'c', 'd', 'e', 'f', 'g']));
    expect(gauge('StuckJobs', 'a')).toBe(0);
    expect(gauge('StuckJobs', 'b')).toBeUndefined();
    expect(gauge('QueuesNotCounted')).toBe(6);
    // Those that were never begun go before those that took the time.
    expect(state().first).toEqual(['f', 'g', 'b', 'c', 'd', 'e']);
  });

  it('begins with those that the tick before had no time for', async () => {
    const { tick, ticks, counted } = createHarness();
    await ticks.begin('before', AT, AT, signal);
    await ticks.end('before', ['c', 'b'], signal);

    await tick();

    expect(counted).toEqual(['c', 'b', 'a']);
  });

  it('does not keep the numbers of short queues back', async () => {
    const { run, published, deadline } = untilDeadline(['a', 'slow'], ['slow'], 60_000);
    const running = run(signal);

    await expect.poll(() => published.map(({ dimensions }) => dimensions)).toContainEqual({ JobQueue: 'a' });
    deadline.abort();
    await running;
  });
});

describe('placement', () => {
  const runnable = [{ jobId: 'job-1', jobs: 3 }];
  const never = aPlacement({ queue: 'a', jobs: 3 });

  it('counts the jobs that can never run, and keeps their alerts', async () => {
    const { tick, placement, reconcileAlerts, gauge } = createHarness(
      { countQueue: async (queue) => aCount({ queue, runnable }) },
      { feeds: [aFeed()] },
    );
    placement.checkQueue.mockImplementation(async ({ name }) => (name === 'a' ? [never] : []));
    placement.checkFeeds.mockResolvedValue({
      placements: [aPlacement({ queue: 'a', jobs: 0, feeds: ['sales'] })],
      failed: [],
    });
    reconcileAlerts.mockResolvedValue({
      changes: [{ kind: 'job-unplaceable', subject: 'x', change: 'opened' }],
      failed: [{ kind: 'job-unplaceable', subject: 'y', error: 'no table' }],
    });

    const tick1 = await tick();

    expect(gauge('UnplaceableJobs', 'a')).toBe(3);
    expect(gauge('UnplaceableJobs', 'b')).toBe(0);
    expect(tick1.unplaceable).toEqual([aPlacement({ queue: 'a', jobs: 3, feeds: ['sales'] })]);
    expect(tick1.alerts).toEqual([{ kind: 'job-unplaceable', subject: 'x', change: 'opened' }]);
    expect(tick1.failures).toEqual([{ part: 'alert', alert: 'job-unplaceable y', error: 'no table' }]);
    expect(placement.checkFeeds.mock.calls[0]?.[0].map(({ name }) => name)).toEqual(['sales']);
  });

  it('publishes no number where it could not be checked, and still counts the jobs', async () => {
    const error = new Error('EC2 denied');
    const { tick, placement, reconcileAlerts, gauge } = createHarness();
    placement.refresh.mockRejectedValue(error);

    const { failures } = await tick();

    expect(failures).toEqual([{ part: 'placement', error }]);
    expect(gauge('StuckJobs', 'a')).toBe(0);
    expect(gauge('UnplaceableJobs', 'a')).toBeUndefined();
    expect(placement.checkFeeds).not.toHaveBeenCalled();
    expect(reconcileAlerts.mock.calls[0]?.[1]('a')).toBe(false);
  });

  it('names the feed whose job could not be checked, and counts the jobs', async () => {
    const error = new Error('AccessDeniedException');
    const { tick, placement, gauge } = createHarness();
    placement.checkFeeds.mockResolvedValue({ placements: [], failed: [{ feed: 'sales', queue: 'b', error }] });

    expect((await tick()).failures).toEqual([{ part: 'placement', feed: 'sales', queue: 'b', error }]);
    expect(gauge('StuckJobs', 'b')).toBe(0);
  });

  it('costs no number when alerts cannot be kept', async () => {
    const { tick, reconcileAlerts, gauge } = createHarness();
    reconcileAlerts.mockRejectedValue(new Error('no table'));

    expect((await tick()).failures).toMatchObject([{ part: 'alert' }]);
    expect(gauge('StuckJobs', 'a')).toBe(0);
  });
});

describe('the state for the next tick', () => {
  it('is when STARTING jobs were first seen, written when it changes', async () => {
    const keepFirstSeen = vi.fn(async () => undefined);
    const memory = memoryTicks();
    memory.seen.set('a', new Map([['job-1', ago(60)]]));
    memory.seen.set('b', new Map([['job-1', ago(60)]]));
    memory.seen.set('c', new Map([['job-1', ago(60)]]));
    const starting: Record<string, Map<string, Date>> = {
      a: new Map([['job-1', ago(60)]]),
      b: new Map(),
      c: new Map([['job-2', AT]]),
    };
    const handed: [string, number][] = [];
    const { tick } = createHarness({
      ticks: { ...memory.ticks, keepFirstSeen },
      countQueue: async (queue, seen) => {
        handed.push([queue, seen.size]);
        return aCount({ queue, starting: starting[queue] ?? new Map() });
      },
    });

    await tick();

    expect(handed).toEqual([
      ['a', 1],
      ['b', 1],
      ['c', 1],
    ]);
    expect(keepFirstSeen.mock.calls.map(([queue, jobs]: unknown[]) => [queue, jobs])).toEqual([
      ['b', new Map()],
      ['c', starting['c']],
    ]);
  });

  it('costs no number when it cannot be kept', async () => {
    const memory = memoryTicks();
    const { tick, gauge } = createHarness({
      ticks: { ...memory.ticks, keepFirstSeen: () => Promise.reject(new Error('no table')) },
      countQueue: async (queue) => aCount({ queue, starting: new Map([['job-1', AT]]) }),
    });

    expect((await tick()).failures.map(({ part, queue }) => [part, queue])).toEqual([
      ['first seen', 'a'],
      ['first seen', 'b'],
      ['first seen', 'c'],
    ]);
    expect(gauge('StuckJobs', 'a')).toBe(0);
  });
});

it('names a failure to publish numbers', async () => {
  const error = new Error('no CloudWatch');
  const { tick } = createHarness({ publish: () => Promise.reject(error) }, { publishWithinMs: 1000 });

  expect((await tick()).failures).toEqual([{ part: 'publish', error }]);
});
