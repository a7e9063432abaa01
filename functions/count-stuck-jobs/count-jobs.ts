/**
 * Runs one tick: counts every queue, checks where its jobs can run, publishes, and keeps the
 * alerts.
 */
import type { Feed } from '../../shared/feeds/feed.ts';
import { later } from '../../shared/instants.ts';
import type { JobQueue } from '../../shared/placement/compute-environment.ts';
import type { Gauge } from '../../shared/telemetry/catalogue.ts';
import { attempt } from './attempt.ts';
import type { CheckPlacement } from './check-placement.ts';
import type { CountQueue } from './count-queue.ts';
import { createCountQueues } from './count-queues.ts';
import { gatherGauges } from './gather-gauges.ts';
import { notCountedGauge } from './gauges.ts';
import { type CountedQueues, chooseQueues } from './queue-choice.ts';
import type { ReconcileAlerts } from './reconcile-alerts.ts';
import {
  allPlacements,
  countedQueues,
  type Failure,
  isFullyChecked,
  outOfTimeQueues,
  queueFailures,
  type Tick,
} from './tick-result.ts';
import { grouped, unplaceable } from './unplaceable-jobs.ts';

/** The state that one tick leaves to the next. */
export type Ticks = {
  /**
   * Begins a tick, unless another is running.
   *
   * @returns the queues to begin with, or the end of the other tick's lease
   */
  begin(
    owner: string,
    now: Date,
    until: Date,
    signal: AbortSignal,
  ): Promise<
    { readonly kind: 'begun'; readonly first: readonly string[] } | { readonly kind: 'busy'; readonly until: Date }
  >;
  /** Ends the tick, if this owner still has the lease. */
  end(owner: string, first: readonly string[], signal: AbortSignal): Promise<void>;
  /** Reads by queue when STARTING jobs were first seen. */
  firstSeen(signal: AbortSignal): Promise<ReadonlyMap<string, ReadonlyMap<string, Date>>>;
  keepFirstSeen(queue: string, jobs: ReadonlyMap<string, Date>, signal: AbortSignal): Promise<void>;
};

export type Ports = {
  readonly ticks: Ticks;
  readonly queues: (signal: AbortSignal) => Promise<JobQueue[]>;
  readonly countQueue: CountQueue;
  readonly placement: CheckPlacement;
  readonly reconcileAlerts: ReconcileAlerts;
  readonly publish: (gauges: readonly Gauge[], signal: AbortSignal) => Promise<void>;
  readonly now: () => Date;
  /** Makes a name for this tick that no other has. */
  readonly newOwner: () => string;
  /** Makes a signal that aborts after a while. */
  readonly timeout: (ms: number) => AbortSignal;
};

export type Settings = {
  readonly counted: CountedQueues;
  readonly feeds: readonly Feed[];
  /** How soon numbers are published once they are known. */
  readonly publishWithinMs: number;
};

/**
 * How long after its start a tick stops counting. A million jobs are a thousand pages, each of
 * which takes a tenth to a fifth of a second.
 */
export const COUNT_FOR_MS = 240_000;

/** How long a tick holds its lease: the timeout of the function, so that no two ticks overlap. */
export const LEASE_MS = 300_000;

/** The time for each step that is done once before the queues are counted, or once after. */
const STEP_MS = 30_000;

/**
 * Makes the function that runs one tick.
 *
 * @returns a function that rejects when the queues cannot be listed; a failure of one queue is
 * among the failures
 */
export const createCountJobs = (ports: Ports, settings: Settings) => {
  const { ticks, placement, reconcileAlerts, now } = ports;
  const countQueues = createCountQueues({ ...ports, keepFirstSeen: ticks.keepFirstSeen });

  const within = (ms: number, signal: AbortSignal): AbortSignal => AbortSignal.any([signal, ports.timeout(ms)]);

  const count = async (first: readonly string[], signal: AbortSignal): Promise<Extract<Tick, { kind: 'counted' }>> => {
    const outOfTime = within(COUNT_FOR_MS, signal);
    const existing = await ports.queues(within(STEP_MS, outOfTime));
    const firstSeen = await ticks.firstSeen(signal);
    const refreshed = await attempt({ part: 'placement' }, () => placement.refresh(within(STEP_MS, outOfTime)));
    const hasMachines = refreshed.failures.length === 0;

    const { queues, missing } = chooseQueues(settings.counted, existing, first);
    const gauges = gatherGauges((all) => ports.publish(all, signal), settings.publishWithinMs);
    const results = await countQueues(queues, { firstSeen, hasMachines, gauges, outOfTime }, signal);
    const counted = countedQueues(results);
    gauges.add([notCountedGauge(queues.length - counted.length + missing.length, now())]);

    const feeds = hasMachines
      ? await attempt({ part: 'placement' }, () =>
          placement.checkFeeds(settings.feeds, existing, within(STEP_MS, signal)),
        )
      : { result: undefined, failures: [] };
    const placements = allPlacements(results, feeds.result);
    const alerts = await attempt({ part: 'alert' }, () =>
      reconcileAlerts(placements, (queue) => isFullyChecked(queue, results, feeds.result), signal),
    );
    const unpublished = await gauges.end();

    return {
      kind: 'counted',
      queues: counted,
      outOfTime: outOfTimeQueues(results),
      missing,
      unplaceable: unplaceable(grouped(placements)),
      alerts: alerts.result?.changes ?? [],
      failures: [
        ...refreshed.failures,
        ...queueFailures(results),
        ...feeds.failures,
        ...(feeds.result?.failed ?? []).map((failed): Failure => ({ part: 'placement', ...failed })),
        ...alerts.failures,
        ...(alerts.result?.failed ?? []).map(
          ({ kind, subject, error }): Failure => ({ part: 'alert', alert: `${kind} ${subject}`, error }),
        ),
        ...unpublished.map((error): Failure => ({ part: 'publish', error })),
      ],
    };
  };

  return async (signal: AbortSignal): Promise<Tick> => {
    const owner = ports.newOwner();
    const startedAt = now();
    const begun = await ticks.begin(owner, startedAt, later(startedAt, LEASE_MS), signal);
    if (begun.kind === 'busy') {
      return { kind: 'skipped', until: begun.until };
    }
    const tick = await count(begun.first, signal).catch(async (error: unknown) => {
      await ticks.end(owner, begun.first, signal);
      throw error;
    });
    await ticks.end(owner, tick.outOfTime, signal);
    return tick;
  };
};
