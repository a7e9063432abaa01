/** One tick: counts the jobs of every queue, judges where they can run, and publishes what it found. */
import type { Feed } from '../../shared/feeds/feed.ts';
import { later } from '../../shared/instants.ts';
import type { JobQueue } from '../../shared/placement/compute-environment.ts';
import { processItems } from '../../shared/process-items.ts';
import type { Gauge } from '../../shared/telemetry/catalogue.ts';
import type { Judge } from './check-placement.ts';
import type { CountQueue } from './count-queue.ts';
import { gatherGauges } from './gather-gauges.ts';
import { gaugesOf, notCountedGauge } from './gauges.ts';
import type { QueueCount } from './job-tally.ts';
import { type Counted, chooseQueues } from './queue-choice.ts';
import type { ReconcileAlerts, Tended } from './reconcile-alerts.ts';
import { grouped, type Judged, unplaceable, unplaceableJobs } from './unplaceable-jobs.ts';

/** What one tick leaves to the next. */
export type Ticks = {
  /**
   * Begins a tick, unless another is at work.
   *
   * @returns the queues to begin with; or until when the other may go on
   */
  begin(
    owner: string,
    now: Date,
    until: Date,
    signal: AbortSignal,
  ): Promise<
    { readonly kind: 'begun'; readonly first: readonly string[] } | { readonly kind: 'busy'; readonly until: Date }
  >;
  /** Ends the tick, if it is still this owner's. */
  end(owner: string, first: readonly string[], signal: AbortSignal): Promise<void>;
  /** Reads by queue when STARTING jobs were first seen. */
  firstSeen(signal: AbortSignal): Promise<ReadonlyMap<string, ReadonlyMap<string, Date>>>;
  keepFirstSeen(queue: string, jobs: ReadonlyMap<string, Date>, signal: AbortSignal): Promise<void>;
};

export type Ports = {
  readonly ticks: Ticks;
  readonly queues: (signal: AbortSignal) => Promise<JobQueue[]>;
  readonly countQueue: CountQueue;
  readonly judge: Judge;
  readonly reconcileAlerts: ReconcileAlerts;
  readonly publish: (gauges: readonly Gauge[], signal: AbortSignal) => Promise<void>;
  readonly now: () => Date;
  /** Names this tick among all. */
  readonly newOwner: () => string;
  /** Makes a signal that aborts after a while. */
  readonly timeout: (ms: number) => AbortSignal;
};

export type Settings = {
  readonly counted: Counted;
  readonly feeds: readonly Feed[];
  /** How soon numbers are published once they are known. */
  readonly publishWithinMs: number;
};

/** Something that could not be done, and cost nothing else. */
export type Failure = {
  readonly part: 'count' | 'placement' | 'first seen' | 'publish' | 'alert';
  readonly queue?: string;
  readonly feed?: string;
  readonly alert?: string;
  readonly error: unknown;
};

/** A queue with its numbers. */
export type CountedQueue = QueueCount & { readonly unplaceable?: number };

export type Tick =
  | { readonly kind: 'gave way'; readonly until: Date }
  | {
      readonly kind: 'counted';
      readonly queues: readonly CountedQueue[];
      /** Queues that time ran out for; the next tick begins with them. */
      readonly outOfTime: readonly string[];
      /** Queues that the configuration names and Batch does not have. */
      readonly missing: readonly string[];
      readonly unplaceable: readonly Judged[];
      readonly alerts: readonly Tended[];
      readonly failures: readonly Failure[];
    };

/**
 * How long after its start a tick stops counting. A million jobs are a thousand pages, each of
 * which takes a tenth to a fifth of a second.
 */
export const COUNT_FOR_MS = 240_000;

/** How long a tick holds its lease: the timeout of the function, so that no two ticks overlap. */
export const LEASE_MS = 300_000;

/** So that a long queue does not keep the short ones waiting; and what is left over at the end was begun by few. */
const CONCURRENCY = 4;

/** For all that is done once before the queues, and once after. */
const ASIDE_MS = 30_000;

const areSame = (one: ReadonlyMap<string, Date>, other: ReadonlyMap<string, Date>): boolean =>
  one.size === other.size && [...one].every(([job, at]) => other.get(job)?.getTime() === at.getTime());

/**
 * Makes the function that runs one tick.
 *
 * @returns a function that rejects when nothing could be counted at all; what failed for one queue is among the failures
 */
export const createCountJobs = (ports: Ports, settings: Settings) => {
  const { ticks, countQueue, judge, reconcileAlerts, now } = ports;

  const within = (ms: number, signal: AbortSignal): AbortSignal => AbortSignal.any([signal, ports.timeout(ms)]);

  const count = async (first: readonly string[], signal: AbortSignal): Promise<{ tick: Tick; left: string[] }> => {
    const failures: Failure[] = [];
    const attempt = async <Result>(
      failure: Omit<Failure, 'error'>,
      act: () => Promise<Result>,
    ): Promise<Result | undefined> => {
      try {
        return await act();
      } catch (error) {
        failures.push({ ...failure, error });
        return undefined;
      }
    };

    const outOfTime = within(COUNT_FOR_MS, signal);
    const existing = await ports.queues(within(ASIDE_MS, outOfTime));
    const firstSeen = await ticks.firstSeen(signal);
    const isPrepared =
      (await attempt({ part: 'placement' }, async () => {
        await judge.prepare(within(ASIDE_MS, outOfTime));
        return true;
      })) ?? false;

    const byName = new Map(existing.map((queue) => [queue.name, queue]));
    const { queues, missing } = chooseQueues(settings.counted, [...byName.keys()], first);
    const gauges = gatherGauges((all) => ports.publish(all, signal), settings.publishWithinMs);
    const begun = new Set<string>();
    const placementsByQueue = new Map<string, readonly Judged[]>();

    const checkQueue = async ({ queue: name, runnable }: QueueCount): Promise<readonly Judged[] | undefined> => {
      const queue = byName.get(name);
      if (!isPrepared || queue === undefined) {
        return undefined;
      }
      const judged = await attempt({ part: 'placement', queue: name }, () => judge.waiting(queue, runnable, outOfTime));
      if (judged !== undefined) {
        placementsByQueue.set(name, judged);
      }
      return judged;
    };

    const countOne = async (queue: string): Promise<CountedQueue> => {
      outOfTime.throwIfAborted();
      begun.add(queue);
      const seen = firstSeen.get(queue) ?? new Map();
      const counted = await countQueue(queue, seen, outOfTime);
      const judged = await checkQueue(counted);
      const number = judged === undefined ? undefined : unplaceableJobs(judged);
      gauges.add(gaugesOf(counted, number));
      if (!areSame(seen, counted.starting)) {
        await attempt({ part: 'first seen', queue }, () => ticks.keepFirstSeen(queue, counted.starting, signal));
      }
      return { ...counted, ...(number === undefined ? {} : { unplaceable: number }) };
    };

    const left: string[] = [];
    const { done, failed } = await processItems(
      queues,
      async (queue) => {
        try {
          return await countOne(queue);
        } catch (error) {
          if (outOfTime.aborted) {
            left.push(queue);
          } else {
            failures.push({ part: 'count', queue, error });
          }
          throw error;
        }
      },
      { concurrency: CONCURRENCY },
    );
    gauges.add([notCountedGauge(failed.length + missing.length, now())]);

    const ofFeeds = isPrepared
      ? await attempt({ part: 'placement' }, () => judge.feeds(settings.feeds, existing, within(ASIDE_MS, signal)))
      : undefined;
    failures.push(...(ofFeeds?.failed ?? []).map((failed): Failure => ({ part: 'placement', ...failed })));
    const judged = [...(ofFeeds?.judged ?? []), ...[...placementsByQueue.values()].flat()];
    // A queue that is not counted, or is gone, has only feeds that speak of it.
    const wasLookedAt = (queue: string): boolean =>
      ofFeeds?.failed.every((failed) => failed.queue !== queue) === true &&
      (placementsByQueue.has(queue) || !queues.includes(queue));
    const tended = await attempt({ part: 'alert' }, () => reconcileAlerts(judged, wasLookedAt, signal));
    failures.push(
      ...(tended?.failed ?? []).map(
        ({ kind, subject, error }): Failure => ({ part: 'alert', alert: `${kind} ${subject}`, error }),
      ),
    );
    failures.push(...(await gauges.end()).map((error): Failure => ({ part: 'publish', error })));

    return {
      // Those that were never begun go first, so that a queue which takes all the time does not take the others'.
      left: left.toSorted((one, other) => Number(begun.has(one)) - Number(begun.has(other))),
      tick: {
        kind: 'counted',
        queues: done,
        outOfTime: left,
        missing,
        unplaceable: unplaceable(grouped(judged)),
        alerts: tended?.tended ?? [],
        failures,
      },
    };
  };

  return async (signal: AbortSignal): Promise<Tick> => {
    const owner = ports.newOwner();
    const begunAt = now();
    const begun = await ticks.begin(owner, begunAt, later(begunAt, LEASE_MS), signal);
    if (begun.kind === 'busy') {
      return { kind: 'gave way', until: begun.until };
    }
    let left = begun.first;
    try {
      const counted = await count(begun.first, signal);
      ({ left } = counted);
      return counted.tick;
    } finally {
      await ticks.end(owner, left, signal);
    }
  };
};
