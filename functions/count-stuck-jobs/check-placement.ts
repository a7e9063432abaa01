/** Checks where jobs can run: waiting jobs, and jobs that feeds would submit. */
import { MINUTE_MS } from '../../shared/durations.ts';
import type { Feed } from '../../shared/feeds/feed.ts';
import { nameInArn } from '../../shared/jobs/name-in-arn.ts';
import type { ComputeEnvironment, JobQueue } from '../../shared/placement/compute-environment.ts';
import { instanceChoice, namesIn } from '../../shared/placement/instance-choice.ts';
import type { InstanceType } from '../../shared/placement/usable-memory.ts';
import { processItems } from '../../shared/process-items.ts';
import {
  type Capacity,
  type DefinedJob,
  feedPlacement,
  type JobPlacement,
  queuePlacements,
  takesJobs,
} from './job-placement.ts';
import type { RunnableJob } from './job-tally.ts';
import { createReadRequests, type Ports as RequestPorts } from './read-requests.ts';

export type Ports = RequestPorts & {
  readonly environments: (signal: AbortSignal) => Promise<ComputeEnvironment[]>;
  readonly definition: (name: string, signal: AbortSignal) => Promise<DefinedJob | undefined>;
  readonly instanceTypes: (names: readonly string[], signal: AbortSignal) => Promise<InstanceType[]>;
  readonly now: () => Date;
};

export type CheckedFeeds = {
  readonly placements: readonly JobPlacement[];
  /** Feeds whose job definition could not be read. */
  readonly failed: readonly { readonly feed: string; readonly queue: string; readonly error: unknown }[];
};

export type CheckPlacement = {
  /**
   * Reads the machines, unless the last answer is fresh. The other two functions use its answer.
   */
  refresh(signal: AbortSignal): Promise<void>;
  /** Checks the oldest RUNNABLE jobs of a queue. */
  checkQueue(queue: JobQueue, runnable: readonly RunnableJob[], signal: AbortSignal): Promise<JobPlacement[]>;
  /** Checks the jobs that feeds would submit; rejects only when the signal aborts. */
  checkFeeds(feeds: readonly Feed[], queues: readonly JobQueue[], signal: AbortSignal): Promise<CheckedFeeds>;
};

type Known = {
  readonly readAt: Date;
  readonly capacity: Capacity;
  /** Job definitions by the name that a feed gives, as they are read. */
  readonly definitions: Map<string, DefinedJob | undefined>;
};

/** Environments and definitions change rarely, and an alert may be a quarter of an hour late. */
const FRESH_MS = 15 * MINUTE_MS;

/** Makes the checks. They keep answers from one tick to the next. */
export const createCheckPlacement = (ports: Ports): CheckPlacement => {
  const readRequests = createReadRequests(ports);
  let last: Known | undefined;

  const known = (): Known => {
    if (last === undefined) {
      throw new Error('The compute environments have not been read');
    }
    return last;
  };

  const definitionOf = async (name: string, signal: AbortSignal): Promise<DefinedJob | undefined> => {
    const { definitions } = known();
    if (!definitions.has(name)) {
      definitions.set(name, await ports.definition(name, signal));
    }
    return definitions.get(name);
  };

  const checkFeed = async (feed: Feed, queues: readonly JobQueue[], signal: AbortSignal): Promise<JobPlacement> => {
    const { batch } = feed.job;
    const queue = queues.find(({ name }) => name === nameInArn(batch.queue));
    const defined = takesJobs(queue) ? await definitionOf(batch.definition, signal) : undefined;
    return feedPlacement(feed, queue, defined, known().capacity);
  };

  return {
    refresh: async (signal) => {
      const readAt = ports.now();
      if (last !== undefined && readAt.getTime() - last.readAt.getTime() < FRESH_MS) {
        return;
      }
      const environments = await ports.environments(signal);
      const names = environments.flatMap(({ machines }) =>
        machines.kind === 'instances' ? namesIn(instanceChoice(machines.instanceTypes)) : [],
      );
      const types = names.length === 0 ? [] : await ports.instanceTypes([...new Set(names)], signal);
      const byName = new Map(environments.map((environment) => [environment.name, environment]));
      last = { readAt, capacity: { environments: byName, types }, definitions: new Map() };
    },

    checkQueue: async (queue, runnable, signal) => {
      const { capacity } = known();
      return queuePlacements(queue, runnable, await readRequests(queue.name, runnable, signal), capacity);
    },

    checkFeeds: async (feeds, queues, signal) => {
      // One after the other, so that a definition of several feeds is read once.
      const { done, failed } = await processItems(feeds, (feed) => checkFeed(feed, queues, signal), { concurrency: 1 });
      signal.throwIfAborted();
      return {
        placements: done,
        failed: failed.map(({ item: { name, job }, error }) => ({
          feed: name,
          queue: nameInArn(job.batch.queue),
          error,
        })),
      };
    },
  };
};
