/** Starts a local AWS for the tests of faults, with all that the functions need there, and builds the bundles that run against it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import type { TestProject } from 'vitest/node';
import { loadConfiguration } from '../../../configuration/load.ts';
import { clientSettings, type LocalAws, REGION, startLocalAws } from '../../../local/local-aws.ts';
import { seed } from '../../../local/seed.ts';
import { buildBundle } from '../bundle.ts';

const BUCKET = 'faults-suite';

export type FaultsAws = {
  readonly endpoint: string;
  readonly batchEndpoint: string;
  /** What the functions need in their environment besides the endpoints and a table. */
  readonly environment: Readonly<Record<string, string>>;
  /** Paths of bundles: of the deployment that is going, of the one that is coming. */
  readonly bundles: Readonly<Record<'submitOld' | 'submitNew' | 'checkNew', string>>;
};

declare module 'vitest' {
  // biome-ignore lint/style/useConsistentTypeDefinitions: it is merged with vitest's own
  export interface ProvidedContext {
    faultsAws: FaultsAws;
  }
}

const makeBucket = async (endpoint: string): Promise<void> => {
  const s3 = new S3Client(clientSettings(endpoint));
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET, CreateBucketConfiguration: { LocationConstraint: REGION } }));
  s3.destroy();
};

const makeTopic = async (endpoint: string): Promise<string> => {
  const sns = new SNSClient(clientSettings(endpoint));
  const { TopicArn: arn = '' } = await sns.send(new CreateTopicCommand({ Name: 'faults-alerts' }));
  sns.destroy();
  return arn;
};

const buildBundles = async (folder: string): Promise<FaultsAws['bundles']> => {
  const build = async (name: string, age: 'old' | 'new'): Promise<string> => {
    const file = join(folder, `${name}-${age}.cjs`);
    await buildBundle(`functions/${name}/handler.ts`, `test/faults/local/${age}.config.ts`, file);
    return file;
  };
  const [submitOld, submitNew, checkNew] = await Promise.all([
    build('submit-batch-job', 'old'),
    build('submit-batch-job', 'new'),
    build('check-arrivals', 'new'),
  ]);
  return { submitOld, submitNew, checkNew };
};

const prepare = async (aws: LocalAws): Promise<Record<string, string>> => {
  const { configuration } = await loadConfiguration('test/faults/local/new.config.ts');
  // Batch knows no queue of the feed that is refused.
  const feeds = configuration.feeds.filter(({ name }) => name !== 'refused');
  await seed(aws, { ...configuration, feeds });
  await makeBucket(aws.endpoint);
  return {
    STAGE: 'faults',
    SUITE_BUCKET: BUCKET,
    ALERT_TOPIC_ARN: await makeTopic(aws.endpoint),
  };
};

export default async (project: TestProject): Promise<() => Promise<void>> => {
  const say = (line: string): void => project.vitest.logger.log(`local AWS of the faults: ${line}`);
  const folder = await mkdtemp(join(tmpdir(), 'breakaway-faults-'));
  const aws = await startLocalAws({ name: 'faults', say });
  const stop = async (): Promise<void> => {
    await aws.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const [environment, bundles] = await Promise.all([prepare(aws), buildBundles(folder)]);
    const { endpoint, batchEndpoint } = aws;
    project.provide('faultsAws', { endpoint, batchEndpoint, environment, bundles });
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
};
