/**
 * Reads a job from the JSON of AWS Batch. The `detail` of an event and a job of `DescribeJobs` have
 * the same fields.
 *
 * Only the fields that name the job are required. Batch adds fields and kinds of jobs over time,
 * and leaves out fields that do not apply.
 *
 * @see https://docs.aws.amazon.com/batch/latest/userguide/batch_job_events.html
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_JobDetail.html
 */
import {
  type Fields,
  fieldsAt,
  listOfFields,
  optionalFields,
  optionalNumber,
  optionalText,
  textAt,
} from '../fields.ts';
import {
  type ArrayProperties,
  type Attempt,
  type Confidential,
  type ContainerEnd,
  JOB_STATUSES,
  type Job,
  type JobContainer,
  type JobLocation,
  type JobShape,
  type JobStatus,
} from './job.ts';
import { DEFAULT_LOG_GROUP } from './log-location.ts';
import { nameInArn } from './name-in-arn.ts';

const DEFAULT_LOG_DRIVER = 'awslogs';

const instant = (value: unknown): Date | undefined => {
  const ms = optionalNumber(value);
  return ms === undefined || ms <= 0 ? undefined : new Date(ms);
};

const statusOf = (value: unknown): JobStatus => {
  const status = JOB_STATUSES.find((known) => known === value);
  if (status === undefined) {
    throw new Error(`Event field detail.status is not a status of a job: ${JSON.stringify(value)}`);
  }
  return status;
};

/** Reads the location from the first ARN: `arn:aws-cn:batch:cn-north-1:123456789012:job/...`. */
const locationOf = (detail: Fields, region: string): JobLocation => {
  const arns = [detail['jobArn'], detail['jobQueue'], detail['jobDefinition']].map(optionalText);
  const arn = arns.find((text) => text?.startsWith('arn:'));
  const [, partition = 'aws', , regionInArn] = arn?.split(':') ?? [];
  return { partition, region: regionInArn === undefined || regionInArn === '' ? region : regionInArn };
};

const endOf = (container: Fields): ContainerEnd => ({
  name: optionalText(container['name']),
  exitCode: optionalNumber(container['exitCode']),
  reason: optionalText(container['reason']),
  logStream: optionalText(container['logStreamName']),
});

const isKnown = ({ exitCode, reason, logStream }: ContainerEnd): boolean =>
  exitCode !== undefined || reason !== undefined || logStream !== undefined;

/**
 * Reads the containers of an attempt: the single one, those of its ECS tasks, or those of its pod.
 */
const endsOfAttempt = (attempt: Fields): ContainerEnd[] => {
  const inTasks = listOfFields(attempt['taskProperties']).flatMap((task) => listOfFields(task['containers']));
  const inPod = [...listOfFields(attempt['initContainers']), ...listOfFields(attempt['containers'])];
  const several = [...inTasks, ...inPod].map(endOf);
  return several.length > 0 ? several : [endOf(optionalFields(attempt['container']))].filter(isKnown);
};

const attemptOf = (attempt: Fields): Attempt => ({
  startedAt: instant(attempt['startedAt']),
  stoppedAt: instant(attempt['stoppedAt']),
  statusReason: optionalText(attempt['statusReason']),
  containers: endsOfAttempt(attempt),
});

type Parts = {
  /** The single container, those of an ECS task or a pod, or one for each range of nodes. */
  readonly containers: readonly Fields[];
  readonly hasTasks: boolean;
  readonly hasPods: boolean;
};

const podContainers = (properties: unknown): Fields[] => {
  const pod = optionalFields(optionalFields(properties)['podProperties']);
  return [...listOfFields(pod['initContainers']), ...listOfFields(pod['containers'])];
};

const taskContainers = (properties: unknown): Fields[] =>
  listOfFields(optionalFields(properties)['taskProperties']).flatMap((task) => listOfFields(task['containers']));

const partsOf = (detail: Fields): Parts => {
  const holders = [detail, ...listOfFields(optionalFields(detail['nodeProperties'])['nodeRangeProperties'])];
  const single = holders
    .map(({ container }) => optionalFields(container))
    .filter((container) => Object.keys(container).length > 0);
  const tasks = holders.flatMap(({ ecsProperties }) => taskContainers(ecsProperties));
  const pods = holders.flatMap(({ eksProperties }) => podContainers(eksProperties));
  return { containers: [...tasks, ...pods, ...single], hasTasks: tasks.length > 0, hasPods: pods.length > 0 };
};

const BYTES_SUFFIX = /^(\d+)Mi$/;

/**
 * Reads the memory of a container; older descriptions have the field `memory`, pods have limits.
 */
const memoryOf = (container: Fields): number | undefined => {
  const asked = listOfFields(container['resourceRequirements']).find(({ type }) => type === 'MEMORY')?.['value'];
  const { limits } = optionalFields(container['resources']);
  const inPod = BYTES_SUFFIX.exec(optionalText(optionalFields(limits)['memory']) ?? '')?.[1];
  const memory = Number(asked ?? inPod ?? container['memory']);
  return Number.isFinite(memory) && memory > 0 ? memory : undefined;
};

const containerOf = (container: Fields): JobContainer => {
  const log = optionalFields(container['logConfiguration']);
  const options = optionalFields(log['options']);
  return {
    name: optionalText(container['name']),
    memoryMiB: memoryOf(container),
    logDriver: optionalText(log['logDriver']) ?? DEFAULT_LOG_DRIVER,
    logGroup: optionalText(options['awslogs-group']) ?? DEFAULT_LOG_GROUP,
    logRegion: optionalText(options['awslogs-region']),
  };
};

/** ECS names the field `environment`, Kubernetes `env`. */
const confidentialOf = (containers: readonly Fields[]): Confidential => {
  const variables = containers.flatMap(({ environment, env }) => [...listOfFields(environment), ...listOfFields(env)]);
  const secrets = containers.flatMap((container) => listOfFields(container['secrets']));
  return {
    values: variables.flatMap(({ name, value }) =>
      typeof name === 'string' && typeof value === 'string' ? [{ name, value }] : [],
    ),
    secretNames: secrets.flatMap(({ name }) => optionalText(name) ?? []),
  };
};

const arrayOf = (detail: Fields): ArrayProperties | undefined => {
  const { size, index, statusSummary } = optionalFields(detail['arrayProperties']);
  const found = { size: optionalNumber(size), index: optionalNumber(index) };
  if (found.size === undefined && found.index === undefined) {
    return undefined;
  }
  const counts = Object.entries(optionalFields(statusSummary)).flatMap(([status, count]) =>
    typeof count === 'number' ? [[status, count] as const] : [],
  );
  return { ...found, statusSummary: Object.fromEntries(counts) };
};

const shapeOf = (id: string, detail: Fields, array: ArrayProperties | undefined, parts: Parts): JobShape => {
  if (array?.index !== undefined || /:\d+$/.test(id)) {
    return 'array child';
  }
  if (array !== undefined) {
    return 'array';
  }
  if (/#\d+$/.test(id)) {
    return 'node';
  }
  if (optionalNumber(optionalFields(detail['nodeProperties'])['numNodes']) !== undefined) {
    return 'nodes';
  }
  if (parts.hasTasks) {
    return 'containers';
  }
  if (parts.hasPods || Array.isArray(detail['eksAttempts'])) {
    return 'pod';
  }
  return parts.containers.length > 0 ? 'container' : 'unknown';
};

const attemptsOf = (detail: Fields): Attempt[] => {
  const inPods = listOfFields(detail['eksAttempts']);
  return (inPods.length > 0 ? inPods : listOfFields(detail['attempts'])).map(attemptOf);
};

/**
 * Reads the containers of the newest attempt. The node ranges of a multi-node job do not show them.
 */
const currentEnds = (detail: Fields): ContainerEnd[] =>
  [
    ...taskContainers(detail['ecsProperties']),
    ...podContainers(detail['eksProperties']),
    optionalFields(detail['container']),
  ]
    .map(endOf)
    .filter(isKnown);

/**
 * Reads a job.
 *
 * @param region - the region of the event, used if the job has no ARN. `DescribeJobs` always
 * returns ARNs
 * @throws Error that names the field if the job's id, name, queue or status is missing
 */
export const readJob = (value: unknown, region = ''): Job => {
  const detail = fieldsAt(value, 'detail');
  const id = textAt(detail['jobId'], 'detail.jobId');
  const jobDefinition = optionalText(detail['jobDefinition']);
  const parts = partsOf(detail);
  const array = arrayOf(detail);
  return {
    id,
    name: textAt(detail['jobName'], 'detail.jobName'),
    queue: nameInArn(textAt(detail['jobQueue'], 'detail.jobQueue')),
    definition: jobDefinition === undefined ? undefined : nameInArn(jobDefinition),
    location: locationOf(detail, region),
    status: statusOf(detail['status']),
    statusReason: optionalText(detail['statusReason']),
    shape: shapeOf(id, detail, array, parts),
    createdAt: instant(detail['createdAt']),
    startedAt: instant(detail['startedAt']),
    stoppedAt: instant(detail['stoppedAt']),
    attempts: attemptsOf(detail),
    attemptsAllowed: optionalNumber(optionalFields(detail['retryStrategy'])['attempts']) ?? 1,
    timeoutSeconds: optionalNumber(optionalFields(detail['timeout'])['attemptDurationSeconds']),
    isCancelled: detail['isCancelled'] === true,
    isTerminated: detail['isTerminated'] === true,
    ends: currentEnds(detail),
    containers: parts.containers.map(containerOf),
    array,
    mainNode: optionalNumber(optionalFields(detail['nodeProperties'])['mainNode']),
    dependsOn: listOfFields(detail['dependsOn']).flatMap(({ jobId }) => optionalText(jobId) ?? []),
    confidential: confidentialOf(parts.containers),
  };
};
