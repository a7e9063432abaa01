/**
 * Counts queues and checks where their waiting jobs can run. Each queue is published when it is
 * done.
 */
import type { JobQueue } from '../../shared/placement/compute-environment.ts';
import { processItems } from '../../shared/process-items.ts';
import { attempt } from './attempt.ts';
import type { CheckPlacement } from './check-placement.ts';
import type { CountQueue } from './count-queue.ts';
import type { GatheredGauges } from './gather-gauges.ts';
import { gaugesOf } from './gauges.ts';
import type { QueueResult } from './tick-result.ts';
import { unplaceableJobs } from './unplaceable-jobs.ts';

type FirstSeen = ReadonlyMap<string, Date>;

export type Ports = {
  readonly countQueue: CountQueue;
  readonly placement: Pick<CheckPlacement, 'checkQueue'>;
  readonly keepFirstSeen: (queue: string, jobs: FirstSeen, signal: AbortSignal) => Promise<void>;
};

/** The data that the tick read before. */
export type Context = {
  /** When STARTING jobs were first seen, by queue. */
  readonly firstSeen: ReadonlyMap<string, FirstSeen>;
  /** Whether the machines are known, so that placement can be checked. */
  readonly hasMachines: boolean;
  readonly gauges: Pick<GatheredGauges, 'add'>;
  /** Aborts when the time for counting ends. */
  readonly outOfTime: AbortSignal;
};

/**
 * Few at a time, so that few are unfinished when time runs out; one long queue holds back no other.
 */
const CONCURRENCY = 4;

const areSame = (one: FirstSeen, other: FirstSeen): boolean =>
  one.size === other.size && [...one].every(([job, at]) => other.get(job)?.getTime() === at.getTime());

/**
 * Makes the function that counts queues.
 *
 * @returns a function that answers for each queue, in the order of the queues
 */
export const createCountQueues = ({ countQueue, placement, keepFirstSeen }: Ports) => {
  const countOne = async (queue: JobQueue, context: Context, signal: AbortSignal): Promise<QueueResult> => {
    const { firstSeen, hasMachines, gauges, outOfTime } = context;
    const { name } = queue;
    const seen = firstSeen.get(name) ?? new Map();
    const count = await countQueue(name, seen, outOfTime);
    const checked = hasMachines
      ? await attempt({ part: 'placement', queue: name }, () => placement.checkQueue(queue, count.runnable, outOfTime))
      : { result: undefined, failures: [] };
    gauges.add(gaugesOf(count, checked.result && unplaceableJobs(checked.result)));
    const kept = areSame(seen, count.starting)
      ? { failures: [] }
      : await attempt({ part: 'first seen', queue: name }, () => keepFirstSeen(name, count.starting, signal));
    return {
      kind: 'counted',
      queue: name,
      count,
      placements: checked.result,
      failures: [...checked.failures, ...kept.failures],
    };
  };

  return async (queues: readonly JobQueue[], context: Context, signal: AbortSignal): Promise<QueueResult[]> => {
    const { outOfTime } = context;
    const resultOf = async (one: JobQueue): Promise<QueueResult> => {
      const queue = one.name;
      if (outOfTime.aborted) {
        return { kind: 'outOfTime', queue, wasStarted: false };
      }
      try {
        return await countOne(one, context, signal);
      } catch (error) {
        return outOfTime.aborted ? { kind: 'outOfTime', queue, wasStarted: true } : { kind: 'failed', queue, error };
      }
    };
    const { done } = await processItems(queues, resultOf, { concurrency: CONCURRENCY });
    return done;
  };
};
