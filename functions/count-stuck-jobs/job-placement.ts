/** Decides where the jobs of queues and feeds can run. */
import type { Feed } from '../../shared/feeds/feed.ts';
import { nameInArn } from '../../shared/jobs/name-in-arn.ts';
import type { ComputeEnvironment, JobQueue } from '../../shared/placement/compute-environment.ts';
import { type Placement, placementOf } from '../../shared/placement/placement.ts';
import { type JobShape, type Requirement, type Resources, requirementOf } from '../../shared/placement/requirement.ts';
import type { InstanceType } from '../../shared/placement/usable-memory.ts';
import type { RunnableJob } from './job-tally.ts';

/** The placement of jobs that request the same of one queue. */
export type JobPlacement = {
  readonly queue: string;
  /** `import-sales:7`. */
  readonly definition: string;
  /** The requested resources, overrides included; left out where they do not decide. */
  readonly resources?: Resources;
  readonly placement: Placement;
  /** The number of jobs that wait in RUNNABLE. */
  readonly jobs: number;
  /** The feeds that submit such jobs. */
  readonly feeds: readonly string[];
};

/** A job definition as Batch describes it, or a job with its definition. */
export type DefinedJob = { readonly definition: string; readonly shape: JobShape };

export type RequestedJob = { readonly definition: string; readonly requirement: Requirement };

/** The machines that jobs can run on. */
export type Capacity = {
  /** By name. */
  readonly environments: ReadonlyMap<string, ComputeEnvironment>;
  readonly types: readonly InstanceType[];
};

const environmentsOf = ({ environments }: JobQueue, capacity: Capacity): ComputeEnvironment[] =>
  environments.map((nameOrArn) => {
    const name = nameInArn(nameOrArn);
    return (
      capacity.environments.get(name) ?? {
        name,
        arn: nameOrArn,
        isUsable: 'not yet',
        state: 'not described yet',
        machines: { kind: 'unmodelled', reason: 'is not described yet' },
      }
    );
  });

const resourcesOf = (requirement: Requirement): { readonly resources?: Resources } =>
  requirement.kind === 'resources' ? { resources: { vcpus: requirement.vcpus, memoryMiB: requirement.memoryMiB } } : {};

/**
 * Decides for the RUNNABLE jobs of a queue.
 *
 * @param requested - by job id; a job that is not in it has gone since it was listed
 */
export const queuePlacements = (
  queue: JobQueue,
  runnable: readonly RunnableJob[],
  requested: ReadonlyMap<string, RequestedJob>,
  capacity: Capacity,
): JobPlacement[] => {
  const environments = environmentsOf(queue, capacity);
  const known = new Map<string, Placement>();
  const placementFor = (requirement: Requirement): Placement => {
    const key = JSON.stringify(requirement);
    const placement = known.get(key) ?? placementOf(requirement, environments, capacity.types);
    known.set(key, placement);
    return placement;
  };
  return runnable.flatMap(({ jobId, jobs }) => {
    const job = requested.get(jobId);
    if (job === undefined) {
      return [];
    }
    const { definition, requirement } = job;
    const placement = placementFor(requirement);
    return [{ queue: queue.name, definition, ...resourcesOf(requirement), placement, jobs, feeds: [] }];
  });
};

/** Returns whether a queue exists and takes jobs. */
export const takesJobs = (queue: JobQueue | undefined): queue is JobQueue => queue?.isEnabled === true;

/**
 * Decides for the job that a feed would submit.
 *
 * @param queue - the feed's queue, where it exists
 * @param defined - the feed's job definition, where it exists
 */
export const feedPlacement = (
  { name, job: { batch } }: Feed,
  queue: JobQueue | undefined,
  defined: DefinedJob | undefined,
  capacity: Capacity,
): JobPlacement => {
  const common = { queue: nameInArn(batch.queue), definition: nameInArn(batch.definition), jobs: 0, feeds: [name] };
  const never = (reason: string): JobPlacement => ({
    ...common,
    placement: { kind: 'never', reason, byEnvironment: [] },
  });

  if (!takesJobs(queue)) {
    return never(queue === undefined ? `there is no queue ${common.queue}` : `the queue ${common.queue} is disabled`);
  }
  if (defined === undefined) {
    return never(`there is no active job definition ${common.definition}`);
  }
  const requirement = requirementOf(defined.shape, batch.resources);
  return {
    ...common,
    definition: defined.definition,
    ...resourcesOf(requirement),
    placement: placementOf(requirement, environmentsOf(queue, capacity), capacity.types),
  };
};
