/** What the derived part of the template needs to know of serverless.yml. */
import { ConfigurationError } from '../configuration/load.ts';
import { isFields } from '../shared/fields.ts';

/** What the CLI hands to a function that `${file(...)}` names. */
export type Cli = {
  resolveConfigurationProperty(path: readonly string[]): Promise<unknown>;
};

export type ServiceFunction = {
  /** The key in serverless.yml: `submitBatchJob`. */
  readonly key: string;
  /** The deployed name: `breakaway-dev-submit-batch-job`. */
  readonly name: string;
  readonly timeoutSeconds: number;
  readonly isScheduled: boolean;
};

/** A queue between events and the function that takes them. */
export type ServiceQueue = {
  /** Without the prefix: `arrivals`. */
  readonly name: string;
  readonly takenBy: ServiceFunction;
  /** How often a message is tried before it goes to the failure queue. */
  readonly receives: number;
  /** For how long a new message waits before it is taken. */
  readonly delaySeconds?: number;
};

export type Service = {
  /** `breakaway-dev`: what every name of the stack begins with. */
  readonly prefix: string;
  readonly stage: string;
  readonly functions: readonly ServiceFunction[];
  readonly queues: readonly ServiceQueue[];
};

const record = (value: unknown, where: string): Readonly<Record<string, unknown>> => {
  if (!isFields(value)) {
    throw new Error(`serverless.yml: ${where} is ${JSON.stringify(value)}, and should be a mapping`);
  }
  return value;
};

const text = (value: unknown, where: string): string => {
  if (typeof value !== 'string' || value === '') {
    throw new Error(`serverless.yml: ${where} is ${JSON.stringify(value)}, and should be a text`);
  }
  return value;
};

const wholeNumber = (value: unknown, where: string): number => {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) {
    throw new Error(`serverless.yml: ${where} is ${JSON.stringify(value)}, and should be a whole number above 0`);
  }
  return value;
};

const functionOf = (key: string, value: unknown): ServiceFunction => {
  const where = `functions.${key}`;
  const definition = record(value, where);
  const events: readonly unknown[] = Array.isArray(definition['events']) ? definition['events'] : [];
  return {
    key,
    name: text(definition['name'], `${where}.name`),
    timeoutSeconds: wholeNumber(definition['timeout'], `${where}.timeout`),
    isScheduled: events.some((event) => isFields(event) && 'schedule' in event),
  };
};

const queueOf = (name: string, value: unknown, functions: readonly ServiceFunction[]): ServiceQueue => {
  const where = `custom.queues.${name}`;
  const definition = record(value, where);
  const key = text(definition['takenBy'], `${where}.takenBy`);
  const takenBy = functions.find((candidate) => candidate.key === key);
  if (takenBy === undefined) {
    throw new Error(`serverless.yml: ${where}.takenBy is "${key}", which is no function`);
  }
  const { delaySeconds } = definition;
  return {
    name,
    takenBy,
    receives: wholeNumber(definition['receives'], `${where}.receives`),
    ...(delaySeconds === undefined ? {} : { delaySeconds: wholeNumber(delaySeconds, `${where}.delaySeconds`) }),
  };
};

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const MAX_BUCKET_LENGTH = 63;

/** The suite's bucket is named after the stage, the account and the region. S3 would refuse its name only when all is on its way. */
const checkStage = (stage: string, prefix: string, region: string): void => {
  const around = `${prefix}--${region}`.length + '123456789012'.length - stage.length;
  const room = MAX_BUCKET_LENGTH - around;
  const problems = [
    /^[a-z0-9-]+$/.test(stage) ? [] : 'it has only a-z, 0-9 and "-": it is part of every name, a bucket\'s too',
    stage.length <= room
      ? []
      : `it has ${stage.length} characters, and ${room} leave room in ${region} for a bucket's name of ${MAX_BUCKET_LENGTH}`,
  ].flat();
  if (problems.length > 0) {
    throw new ConfigurationError(problems, `Stage ${JSON.stringify(stage)}`);
  }
};

/**
 * Reads the service out of serverless.yml, after the CLI has filled in its variables.
 *
 * @throws ConfigurationError when the stage cannot be part of all names
 * @throws Error that names the place in serverless.yml and the value found there
 */
export const readService = async (cli: Cli): Promise<Service> => {
  const prefix = text(await cli.resolveConfigurationProperty(['custom', 'prefix']), 'custom.prefix');
  const stagePath = ['provider', 'environment', 'STAGE'];
  const stage = text(await cli.resolveConfigurationProperty(stagePath), stagePath.join('.'));
  const regionPath = ['provider', 'region'];
  checkStage(stage, prefix, text(await cli.resolveConfigurationProperty(regionPath), regionPath.join('.')));
  const functions = Object.entries(record(await cli.resolveConfigurationProperty(['functions']), 'functions')).map(
    ([key, value]) => functionOf(key, value),
  );
  const queues = record(await cli.resolveConfigurationProperty(['custom', 'queues']), 'custom.queues');
  return {
    prefix,
    stage,
    functions,
    queues: Object.entries(queues).map(([name, value]) => queueOf(name, value, functions)),
  };
};
