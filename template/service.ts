/** Reads the parts of serverless.yml that the derived part of the template needs. */
import { ConfigurationError } from '../configuration/load.ts';
import { isFields } from '../shared/fields.ts';

/** The argument that the CLI passes to a function in `${file(...)}`. */
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

/** A queue between events and the function that processes them. */
export type ServiceQueue = {
  /** The name without the prefix: `arrivals`. */
  readonly name: string;
  readonly takenBy: ServiceFunction;
  /** The number of attempts before a message goes to the failure queue. */
  readonly receives: number;
  /** The delay of a new message. */
  readonly delaySeconds?: number;
};

export type Service = {
  /** The start of every name of the stack: `breakaway-dev`. */
  readonly prefix: string;
  readonly stage: string;
  readonly functions: readonly ServiceFunction[];
  readonly queues: readonly ServiceQueue[];
};

const record = (value: unknown, where: string): Readonly<Record<string, unknown>> => {
  if (!isFields(value)) {
    throw new Error(`serverless.yml: ${where} is ${JSON.stringify(value)}, and must be a mapping`);
  }
  return value;
};

const text = (value: unknown, where: string): string => {
  if (typeof value !== 'string' || value === '') {
    throw new Error(`serverless.yml: ${where} is ${JSON.stringify(value)}, and must be a string`);
  }
  return value;
};

const wholeNumber = (value: unknown, where: string): number => {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) {
    throw new Error(`serverless.yml: ${where} is ${JSON.stringify(value)}, and must be a whole number above 0`);
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
    throw new Error(`serverless.yml: ${where}.takenBy is "${key}", which is not a function`);
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

/**
 * The name of the suite's bucket contains the stage, the account and the Region. S3 would refuse a
 * bad name only during the deployment.
 */
const checkStage = (stage: string, prefix: string, region: string): void => {
  const around = `${prefix}--${region}`.length + '123456789012'.length - stage.length;
  const room = MAX_BUCKET_LENGTH - around;
  const problems = [
    /^[a-z0-9-]+$/.test(stage)
      ? []
      : 'it must have only a-z, 0-9 and "-", since it is part of every name, also the name of a bucket',
    stage.length <= room
      ? []
      : `it has ${stage.length} characters, and the name of the bucket in ${region} has room for ${room}`,
  ].flat();
  if (problems.length > 0) {
    throw new ConfigurationError(problems, `Stage ${JSON.stringify(stage)}`);
  }
};

/**
 * Reads the service out of serverless.yml, after the CLI has filled in its variables.
 *
 * @throws ConfigurationError when the stage cannot be part of all names.
 * @throws Error that names the place in serverless.yml and its value.
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
