/** What AWS Batch tells of its queues, compute environments, job definitions and single jobs. */
import { type Fields, listOfFields, optionalFields, optionalNumber, optionalText } from '../fields.ts';
import type { Pace } from '../pace.ts';
import type { ComputeEnvironment, JobQueue, Machines } from '../placement/compute-environment.ts';
import type { ContainerResources, JobShape } from '../placement/requirement.ts';
import { allPages, type Page } from './all-pages.ts';
import { createJsonService } from './json-service.ts';

/** A job definition in one revision. */
export type DefinedJob = {
  /** `import-sales:7`. */
  readonly definition: string;
  readonly shape: JobShape;
};

/** A job in Batch, as it was submitted: with its overrides. */
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
   * @returns `undefined` when there is no such active definition
   */
  definition(name: string, signal: AbortSignal): Promise<DefinedJob | undefined>;
  /** Reads jobs by their ids; those that Batch no longer knows are left out. */
  jobs(jobIds: readonly string[], signal: AbortSignal): Promise<DescribedJob[]>;
};

/** @see https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeJobs.html */
const MAX_JOBS = 100;

const MAX_ATTEMPTS = 5;

const HEADERS = { 'content-type': 'application/json' };

/** What of an ARN people know a thing by: `import-sales:7` of `arn:...:job-definition/import-sales:7`. */
const shortName = (arn: string): string => arn.slice(arn.indexOf('/') + 1);

const textOf = (fields: Fields, name: string): string => optionalText(fields[name]) ?? '';

const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((text): text is string => typeof text === 'string') : [];

const queueOf = (queue: Fields): JobQueue => ({
  name: textOf(queue, 'jobQueueName'),
  arn: textOf(queue, 'jobQueueArn'),
  isEnabled: queue['state'] === 'ENABLED',
  environments: listOfFields(queue['computeEnvironmentOrder'])
    .toSorted((one, other) => (optionalNumber(one['order']) ?? 0) - (optionalNumber(other['order']) ?? 0))
    .map((environment) => textOf(environment, 'computeEnvironment')),
});

const machinesOf = (environment: Fields): Machines => {
  if (environment['containerOrchestrationType'] === 'EKS' || hasFields(environment, 'eksConfiguration')) {
    return { kind: 'unmodelled', reason: 'is on EKS' };
  }
  if (environment['type'] === 'UNMANAGED' || !hasFields(environment, 'computeResources')) {
    return { kind: 'unmodelled', reason: 'is unmanaged' };
  }
  const resources = optionalFields(environment['computeResources']);
  const type = textOf(resources, 'type');
  const maxVcpus = optionalNumber(resources['maxvCpus']) ?? 0;
  switch (type) {
    case 'FARGATE':
    case 'FARGATE_SPOT':
      return { kind: 'fargate', maxVcpus };
    case 'EC2':
    case 'SPOT':
      return {
        kind: 'instances',
        maxVcpus,
        instanceTypes: textsOf(resources['instanceTypes']),
        // Of all strategies, only this one never starts one instance too many. It is the default.
        isMaxStrict: type === 'EC2' && (optionalText(resources['allocationStrategy']) ?? 'BEST_FIT') === 'BEST_FIT',
      };
    default:
      return { kind: 'unmodelled', reason: `has machines of type ${type}` };
  }
};

const usability = (environment: Fields): Pick<ComputeEnvironment, 'isUsable' | 'state'> => {
  const [state, status] = [optionalText(environment['state']), optionalText(environment['status'])];
  if (state !== 'ENABLED') {
    return { isUsable: 'no', state: state ?? 'in no state' };
  }
  if (status === 'VALID') {
    return { isUsable: 'yes', state: status };
  }
  const isChanging = status === 'CREATING' || status === 'UPDATING';
  return { isUsable: isChanging ? 'not yet' : 'no', state: status ?? 'of no status' };
};

const environmentOf = (environment: Fields): ComputeEnvironment => ({
  name: textOf(environment, 'computeEnvironmentName'),
  arn: textOf(environment, 'computeEnvironmentArn'),
  ...usability(environment),
  machines: machinesOf(environment),
});

/** Batch answers `null` for what is not there. */
const hasFields = (fields: Fields, name: string): boolean => typeof fields[name] === 'object' && fields[name] !== null;

const resourcesOf = (container: Fields): ContainerResources => ({
  resourceRequirements: listOfFields(container['resourceRequirements']).map((requirement) => ({
    type: optionalText(requirement['type']),
    value: optionalText(requirement['value']),
  })),
  vcpus: optionalNumber(container['vcpus']),
  memory: optionalNumber(container['memory']),
});

/** @param container - the name of the field that holds the only container, where there is only one */
const shapeOf = (fields: Fields, container: 'container' | 'containerProperties'): JobShape => ({
  platformCapabilities: textsOf(fields['platformCapabilities']),
  container: hasFields(fields, container) ? resourcesOf(optionalFields(fields[container])) : undefined,
  taskContainers: listOfFields(optionalFields(fields['ecsProperties'])['taskProperties'])
    .flatMap(({ containers }) => listOfFields(containers))
    .map(resourcesOf),
  isMultiNode: hasFields(fields, 'nodeProperties'),
  isEks: hasFields(fields, 'eksProperties'),
});

const definedJob = (definition: Fields): DefinedJob => ({
  definition: shortName(textOf(definition, 'jobDefinitionArn')),
  shape: shapeOf(definition, 'containerProperties'),
});

const describedJob = (job: Fields): DescribedJob => ({
  jobId: textOf(job, 'jobId'),
  status: textOf(job, 'status'),
  definition: shortName(textOf(job, 'jobDefinition')),
  shape: shapeOf(job, 'container'),
});

/** Opens what Batch tells of where jobs run. */
export const createBatchEnvironments = ({ pace }: { readonly pace: Pace }): BatchEnvironments => {
  const call = createJsonService({ endpointName: 'BATCH', signingName: 'batch', pace }, { maxAttempts: MAX_ATTEMPTS });

  const ask = async (operation: string, listed: string, input: object, signal: AbortSignal): Promise<Page<Fields>> => {
    const path = `/v1/${operation.toLowerCase()}`;
    const answer = optionalFields(await call({ operation, path, headers: HEADERS, input }, signal));
    // No list is not an empty one: to take it for none would be a lie.
    if (!Array.isArray(answer[listed])) {
      throw new Error(`${operation} answered without ${listed}`);
    }
    return { items: listOfFields(answer[listed]), nextToken: optionalText(answer['nextToken']) };
  };

  const askAll = (operation: string, listed: string, input: object, signal: AbortSignal): Promise<Fields[]> =>
    allPages((nextToken) => ask(operation, listed, { ...input, nextToken }, signal));

  return {
    queues: async (signal) => {
      const queues = await askAll('DescribeJobQueues', 'jobQueues', {}, signal);
      return (
        queues
          // Queues of SageMaker hold service jobs, which are no jobs of `ListJobs`.
          .filter(({ jobQueueType, status }) => jobQueueType !== 'SAGEMAKER_TRAINING' && status !== 'DELETED')
          .map(queueOf)
      );
    },

    environments: async (signal) => {
      const environments = await askAll('DescribeComputeEnvironments', 'computeEnvironments', {}, signal);
      return environments.map(environmentOf);
    },

    definition: async (name, signal) => {
      const which = name.includes(':') ? { jobDefinitions: [name] } : { jobDefinitionName: name, status: 'ACTIVE' };
      const found = await askAll('DescribeJobDefinitions', 'jobDefinitions', which, signal);
      const [latest] = found
        .filter(({ status = 'ACTIVE' }) => status === 'ACTIVE')
        .toSorted((one, other) => (optionalNumber(other['revision']) ?? 0) - (optionalNumber(one['revision']) ?? 0));
      return latest === undefined ? undefined : definedJob(latest);
    },

    jobs: async (jobIds, signal) => {
      const described: DescribedJob[] = [];
      for (let from = 0; from < jobIds.length; from += MAX_JOBS) {
        const { items } = await ask('DescribeJobs', 'jobs', { jobs: jobIds.slice(from, from + MAX_JOBS) }, signal);
        described.push(...items.map(describedJob));
      }
      return described;
    },
  };
};
