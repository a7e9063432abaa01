/** Judges where jobs can run: those that wait, and those that feeds would submit. */
import type { Feed } from '../../shared/feeds/feed.ts';
import type { ComputeEnvironment, JobQueue } from '../../shared/placement/compute-environment.ts';
import { instanceChoice, namesIn } from '../../shared/placement/instance-choice.ts';
import { type Placement, placementOf } from '../../shared/placement/placement.ts';
import { type JobShape, type Requirement, requirementOf } from '../../shared/placement/requirement.ts';
import type { InstanceType } from '../../shared/placement/usable-memory.ts';
import { processItems } from '../../shared/process-items.ts';
import type { RunnableJob } from './job-tally.ts';
import type { Judged } from './unplaceable-jobs.ts';

type DefinedJob = { readonly definition: string; readonly shape: JobShape };

export type Ports = {
  readonly environments: (signal: AbortSignal) => Promise<ComputeEnvironment[]>;
  readonly definition: (name: string, signal: AbortSignal) => Promise<DefinedJob | undefined>;
  readonly jobs: (
    jobIds: readonly string[],
    signal: AbortSignal,
  ) => Promise<readonly (DefinedJob & { readonly jobId: string })[]>;
  readonly instanceTypes: (names: readonly string[], signal: AbortSignal) => Promise<InstanceType[]>;
  readonly now: () => Date;
};

/** What became of the feeds: answers, and those of which there is none now. */
export type CheckedFeeds = {
  readonly judged: readonly Judged[];
  readonly failed: readonly { readonly feed: string; readonly queue: string; readonly error: unknown }[];
};

export type Judge = {
  /** Reads the compute environments and their machines, unless what was read last is fresh. The other two go by what it read. */
  prepare(signal: AbortSignal): Promise<void>;
  /** Judges the oldest RUNNABLE jobs of a queue. */
  waiting(queue: JobQueue, runnable: readonly RunnableJob[], signal: AbortSignal): Promise<Judged[]>;
  /** Judges the jobs that feeds would submit; rejects only when it is told to stop. */
  feeds(feeds: readonly Feed[], queues: readonly JobQueue[], signal: AbortSignal): Promise<CheckedFeeds>;
};

/** What is known of where jobs can run. */
type World = {
  readonly readAt: Date;
  /** By name. */
  readonly environments: ReadonlyMap<string, ComputeEnvironment>;
  readonly types: readonly InstanceType[];
  /** Job definitions by the name that a feed gives; filled as they are asked for. */
  readonly definitions: Map<string, DefinedJob | undefined>;
};

type Asked = { readonly definition: string; readonly requirement: Requirement };

/** Environments and definitions change seldom, and an alert may be a quarter of an hour late. */
const FRESH_MS = 15 * 60 * 1000;

const shortName = (nameOrArn: string): string => nameOrArn.slice(nameOrArn.indexOf('/') + 1);

const never = (reason: string): Placement => ({ kind: 'never', reason, verdicts: [] });

const judged = ({
  requirement,
  ...rest
}: Omit<Judged, 'resources'> & { readonly requirement?: Requirement }): Judged => ({
  ...rest,
  ...(requirement?.kind === 'resources'
    ? { resources: { vcpus: requirement.vcpus, memoryMiB: requirement.memoryMiB } }
    : {}),
});

/** Makes what judges placement; it keeps what it read from one tick to the next. */
export const createCheckPlacement = (ports: Ports): Judge => {
  let world: World | undefined;
  /** What the jobs of a queue ask for, which never changes; no more of them than were judged last. */
  const askedByQueue = new Map<string, ReadonlyMap<string, Asked>>();

  const known = (): World => {
    if (world === undefined) {
      throw new Error('The compute environments have not been read');
    }
    return world;
  };

  const environmentsOf = ({ environments }: JobQueue): ComputeEnvironment[] =>
    environments.map(
      (arn) =>
        // Whoever made the queue may have named them either way.
        known().environments.get(shortName(arn)) ?? {
          name: shortName(arn),
          arn,
          isUsable: 'not yet',
          state: 'not described yet',
          machines: { kind: 'unmodelled', reason: 'is not described yet' },
        },
    );

  const askedBy = async (
    queue: string,
    runnable: readonly RunnableJob[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Asked>> => {
    const before = askedByQueue.get(queue);
    const unknown = runnable.map(({ jobId }) => jobId).filter((jobId) => before?.has(jobId) !== true);
    const described = unknown.length === 0 ? [] : await ports.jobs(unknown, signal);
    const asked = new Map([
      ...runnable.flatMap(({ jobId }): [string, Asked][] => {
        const job = before?.get(jobId);
        return job === undefined ? [] : [[jobId, job]];
      }),
      ...described.map(({ jobId, definition, shape }): [string, Asked] => [
        jobId,
        { definition, requirement: requirementOf(shape) },
      ]),
    ]);
    askedByQueue.set(queue, asked);
    return asked;
  };

  const definitionOf = async (name: string, signal: AbortSignal): Promise<DefinedJob | undefined> => {
    const { definitions } = known();
    if (!definitions.has(name)) {
      definitions.set(name, await ports.definition(name, signal));
    }
    return definitions.get(name);
  };

  const ofFeed = async (
    { name, job: { batch } }: Feed,
    queues: readonly JobQueue[],
    signal: AbortSignal,
  ): Promise<Judged> => {
    const queueName = shortName(batch.queue);
    const definitionName = shortName(batch.definition);
    const common = { queue: queueName, definition: definitionName, jobs: 0, feeds: [name] };
    const queue = queues.find((one) => one.name === queueName);
    if (queue === undefined) {
      return { ...common, placement: never(`there is no queue ${queueName}`) };
    }
    if (!queue.isEnabled) {
      return { ...common, placement: never(`the queue ${queueName} is disabled`) };
    }
    const defined = await definitionOf(batch.definition, signal);
    if (defined === undefined) {
      return { ...common, placement: never(`there is no active job definition ${definitionName}`) };
    }
    const requirement = requirementOf(defined.shape, batch.resources);
    return judged({
      ...common,
      definition: defined.definition,
      requirement,
      placement: placementOf(requirement, environmentsOf(queue), known().types),
    });
  };

  return {
    prepare: async (signal) => {
      const now = ports.now();
      if (world !== undefined && now.getTime() - world.readAt.getTime() < FRESH_MS) {
        return;
      }
      const environments = await ports.environments(signal);
      const names = environments.flatMap(({ machines }) =>
        machines.kind === 'instances' ? namesIn(instanceChoice(machines.instanceTypes)) : [],
      );
      const types = names.length === 0 ? [] : await ports.instanceTypes([...new Set(names)], signal);
      world = {
        readAt: now,
        environments: new Map(environments.map((environment) => [environment.name, environment])),
        types,
        definitions: new Map(),
      };
    },

    waiting: async (queue, runnable, signal) => {
      const environments = environmentsOf(queue);
      const asked = await askedBy(queue.name, runnable, signal);
      const placements = new Map<string, Placement>();
      const place = (requirement: Requirement): Placement => {
        const key = JSON.stringify(requirement);
        const placement = placements.get(key) ?? placementOf(requirement, environments, known().types);
        placements.set(key, placement);
        return placement;
      };
      return runnable.flatMap(({ jobId, jobs }) => {
        const job = asked.get(jobId);
        // What Batch does not describe has gone since it was listed.
        return job === undefined
          ? []
          : [judged({ queue: queue.name, ...job, placement: place(job.requirement), jobs, feeds: [] })];
      });
    },

    feeds: async (feeds, queues, signal) => {
      // One after the other, so that a definition that several use is asked for once.
      const { done, failed } = await processItems(feeds, (feed) => ofFeed(feed, queues, signal), { concurrency: 1 });
      signal.throwIfAborted();
      return {
        judged: done,
        failed: failed.map(({ item: { name, job }, error }) => ({
          feed: name,
          queue: shortName(job.batch.queue),
          error,
        })),
      };
    },
  };
};
