/**
 * The queues, compute environments, job definitions and single jobs of AWS Batch, for the check of
 * where a job can run.
 */
import {
  type BatchClient,
  type ComputeEnvironmentDetail,
  DescribeComputeEnvironmentsCommand,
  DescribeJobDefinitionsCommand,
  DescribeJobQueuesCommand,
  DescribeJobsCommand,
  type JobDefinition,
  type JobDetail,
  type JobQueueDetail,
} from '@aws-sdk/client-batch';
import { nameInArn } from '../jobs/name-in-arn.ts';
import type { Pace } from '../pace.ts';
import type { ComputeEnvironment, JobQueue, Machines } from '../placement/compute-environment.ts';
import type { ContainerResources, JobShape } from '../placement/requirement.ts';
import { allPages, type Page } from './all-pages.ts';
import { createPacedBatch } from './paced-batch.ts';

/** A job definition in one revision. */
export type DefinedJob = {
  /** `import-sales:7`. */
  readonly definition: string;
  readonly shape: JobShape;
};

/** A job in Batch, with the overrides of its submission. */
export type DescribedJob = DefinedJob & { readonly jobId: string; readonly status: string };

export type BatchEnvironments = {
  /** Lists the queues that jobs can be in. */
  queues(signal: AbortSignal): Promise<JobQueue[]>;
  /** Lists the compute environments. */
  environments(signal: AbortSignal): Promise<ComputeEnvironment[]>;
  /**
   * Reads a job definition.
   *
   * @param name - `name:revision`, or a name, which stands for its latest active revision
   * @returns `undefined` without an active definition of this name
   */
  definition(name: string, signal: AbortSignal): Promise<DefinedJob | undefined>;
  /** Reads jobs by their ids; those that Batch no longer knows are left out. */
  jobs(jobIds: readonly string[], signal: AbortSignal): Promise<DescribedJob[]>;
};

/** @see https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeJobs.html */
const MAX_JOBS = 100;

const MAX_ATTEMPTS = 5;

const queueOf = (queue: JobQueueDetail): JobQueue => ({
  name: queue.jobQueueName ?? '',
  arn: queue.jobQueueArn ?? '',
  isEnabled: queue.state === 'ENABLED',
  environments: (queue.computeEnvironmentOrder ?? [])
    .toSorted((one, other) => (one.order ?? 0) - (other.order ?? 0))
    .map(({ computeEnvironment = '' }) => computeEnvironment),
});

const machinesOf = (environment: ComputeEnvironmentDetail): Machines => {
  if (environment.containerOrchestrationType === 'EKS' || environment.eksConfiguration !== undefined) {
    return { kind: 'unmodelled', reason: 'is on EKS' };
  }
  const resources = environment.computeResources;
  if (environment.type === 'UNMANAGED' || resources === undefined) {
    return { kind: 'unmodelled', reason: 'is unmanaged' };
  }
  const { type, maxvCpus: maxVcpus = 0, instanceTypes = [], allocationStrategy = 'BEST_FIT' } = resources;
  switch (type) {
    case 'FARGATE':
    case 'FARGATE_SPOT':
      return { kind: 'fargate', maxVcpus };
    case 'EC2':
    case 'SPOT':
      return {
        kind: 'instances',
        maxVcpus,
        instanceTypes,
        // This strategy, the default, is the only one that never starts more instances than the
        // maximum allows.
        isMaxStrict: type === 'EC2' && allocationStrategy === 'BEST_FIT',
      };
    default:
      return { kind: 'unmodelled', reason: `has machines of type ${type}` };
  }
};

const usability = ({ state, status }: ComputeEnvironmentDetail): Pick<ComputeEnvironment, 'isUsable' | 'state'> => {
  if (state !== 'ENABLED') {
    return { isUsable: 'no', state: state ?? 'in no state' };
  }
  if (status === 'VALID') {
    return { isUsable: 'yes', state: status };
  }
  const isChanging = status === 'CREATING' || status === 'UPDATING';
  return { isUsable: isChanging ? 'not yet' : 'no', state: status ?? 'of no status' };
};

const environmentOf = (environment: ComputeEnvironmentDetail): ComputeEnvironment => ({
  name: environment.computeEnvironmentName ?? '',
  arn: environment.computeEnvironmentArn ?? '',
  ...usability(environment),
  machines: machinesOf(environment),
});

/** The properties that a job definition and a described job share. */
type Shaped = {
  readonly platformCapabilities?: readonly string[] | undefined;
  readonly nodeProperties?: object | undefined;
  readonly eksProperties?: object | undefined;
  readonly ecsProperties?:
    | {
        readonly taskProperties?:
          | readonly { readonly containers?: readonly ContainerResources[] | undefined }[]
          | undefined;
      }
    | undefined;
};

/** @param container - the only container, where there is only one */
const shapeOf = (job: Shaped, container: ContainerResources | undefined): JobShape => ({
  platformCapabilities: job.platformCapabilities,
  container,
  taskContainers: (job.ecsProperties?.taskProperties ?? []).flatMap(({ containers = [] }) => containers),
  isMultiNode: job.nodeProperties !== undefined,
  isEks: job.eksProperties !== undefined,
});

const definedJob = (definition: JobDefinition): DefinedJob => ({
  definition: nameInArn(definition.jobDefinitionArn ?? ''),
  shape: shapeOf(definition, definition.containerProperties),
});

const describedJob = (job: JobDetail): DescribedJob => ({
  jobId: job.jobId ?? '',
  status: job.status ?? '',
  definition: nameInArn(job.jobDefinition ?? ''),
  shape: shapeOf(job, job.container),
});

/** @throws Error without a list: a missing list is not an empty one */
const pageOf = <Item>(
  operation: string,
  items: readonly Item[] | undefined,
  nextToken: string | undefined,
): Page<Item> => {
  if (items === undefined) {
    throw new Error(`${operation} answered without a list`);
  }
  return { items, nextToken };
};

/** Opens AWS Batch for questions about where jobs can run. */
export const createBatchEnvironments = ({ pace }: { readonly pace: Pace }): BatchEnvironments => {
  const client: BatchClient = createPacedBatch(pace, { maxAttempts: MAX_ATTEMPTS });

  return {
    queues: async (abortSignal) => {
      const queues = await allPages(async (token) => {
        const answer = await client.send(new DescribeJobQueuesCommand({ nextToken: token }), { abortSignal });
        return pageOf('DescribeJobQueues', answer.jobQueues, answer.nextToken);
      });
      return (
        queues
          // Queues of SageMaker hold service jobs, which `ListJobs` does not list.
          .filter(({ jobQueueType, status }) => jobQueueType !== 'SAGEMAKER_TRAINING' && status !== 'DELETED')
          .map(queueOf)
      );
    },

    environments: async (abortSignal) => {
      const environments = await allPages(async (token) => {
        const answer = await client.send(new DescribeComputeEnvironmentsCommand({ nextToken: token }), { abortSignal });
        return pageOf('DescribeComputeEnvironments', answer.computeEnvironments, answer.nextToken);
      });
      return environments.map(environmentOf);
    },

    definition: async (name, abortSignal) => {
      const which = name.includes(':') ? { jobDefinitions: [name] } : { jobDefinitionName: name, status: 'ACTIVE' };
      const found = await allPages(async (token) => {
        const command = new DescribeJobDefinitionsCommand({ ...which, nextToken: token });
        const answer = await client.send(command, { abortSignal });
        return pageOf('DescribeJobDefinitions', answer.jobDefinitions, answer.nextToken);
      });
      const [latest] = found
        .filter(({ status = 'ACTIVE' }) => status === 'ACTIVE')
        .toSorted((one, other) => (other.revision ?? 0) - (one.revision ?? 0));
      return latest === undefined ? undefined : definedJob(latest);
    },

    jobs: async (jobIds, abortSignal) => {
      const described: DescribedJob[] = [];
      for (let from = 0; from < jobIds.length; from += MAX_JOBS) {
        const command = new DescribeJobsCommand({ jobs: jobIds.slice(from, from + MAX_JOBS) });
        const { jobs } = await client.send(command, { abortSignal });
        described.push(...pageOf('DescribeJobs', jobs, undefined).items.map(describedJob));
      }
      return described;
    },
  };
};
