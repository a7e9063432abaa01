/** Every request to a dependency that does not answer ends by its timeout, in every client. */
import { readdirSync, readFileSync } from 'node:fs';
import { BatchClient, ListJobsCommand } from '@aws-sdk/client-batch';
import { CloudWatchClient, ListMetricsCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { DescribeInstanceTypesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { DescribeTargetGroupsCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { EMRClient, ListClustersCommand } from '@aws-sdk/client-emr';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetBucketNotificationConfigurationCommand, S3Client } from '@aws-sdk/client-s3';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createAlertTopic } from '../../shared/aws/alert-topic.ts';
import { createJobQueues } from '../../shared/aws/batch.ts';
import { clientSettings } from '../../shared/aws/client-settings.ts';
import { createLedger } from '../../shared/aws/ledger.ts';
import { createObjects } from '../../shared/aws/s3.ts';
import { aRequest, aRun } from '../support/builders.ts';
import { type Answer, type FaultProxy, startProxy } from './proxy.ts';

const ATTEMPTS = 3;

const FOLDER = 'shared/aws';
const SOURCES = readdirSync(FOLDER).map((file) => ({ file, text: readFileSync(`${FOLDER}/${file}`, 'utf8') }));

/** A call by each client that the suite has, made as the suite makes it. */
const CALLS: Readonly<Record<string, () => Promise<unknown>>> = {
  BatchClient: () => new BatchClient(clientSettings()).send(new ListJobsCommand({ jobQueue: 'etl' })),
  CloudWatchClient: () => new CloudWatchClient(clientSettings()).send(new ListMetricsCommand({})),
  CloudWatchLogsClient: () =>
    new CloudWatchLogsClient(clientSettings()).send(new GetLogEventsCommand({ logStreamName: 's' })),
  DynamoDBClient: () =>
    new DynamoDBClient(clientSettings()).send(new GetItemCommand({ TableName: 't', Key: { pk: { S: 'p' } } })),
  EC2Client: () => new EC2Client(clientSettings()).send(new DescribeInstanceTypesCommand({})),
  ElasticLoadBalancingV2Client: () =>
    new ElasticLoadBalancingV2Client(clientSettings()).send(new DescribeTargetGroupsCommand({})),
  EMRClient: () => new EMRClient(clientSettings()).send(new ListClustersCommand({})),
  LambdaClient: () =>
    new LambdaClient(clientSettings()).send(new GetFunctionConfigurationCommand({ FunctionName: 'f' })),
  S3Client: () =>
    new S3Client({ ...clientSettings(), forcePathStyle: true }).send(
      new GetBucketNotificationConfigurationCommand({ Bucket: 'b' }),
    ),
  SNSClient: () => new SNSClient(clientSettings()).send(new PublishCommand({ TopicArn: 'arn', Message: 'm' })),
};

let silent: FaultProxy;

beforeAll(async () => {
  silent = await startProxy(() => new Promise<Answer>(() => undefined));
  for (const [name, value] of Object.entries(silent.environment)) {
    vi.stubEnv(name, value);
  }
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await silent.close();
});

/** Tells whether a call ended by a timeout, which some calls throw, some wrap and some return. */
const timesOut = async (call: () => Promise<unknown>): Promise<boolean> => {
  const end = await call().catch((error: unknown) => error);
  const names = JSON.stringify(end, (_, value) =>
    value instanceof Error ? { name: value.name, cause: value.cause } : value,
  );
  return names.includes('TimeoutError');
};

/** The calls on the way from an arrival to the end of its job, as the functions make them. */
const callsOfFunctions = (): Readonly<Record<string, () => Promise<unknown>>> => {
  const { signal } = new AbortController();
  const ledger = createLedger({ tableName: 'ledger' });
  const jobQueues = createJobQueues();
  const objects = createObjects();
  const topic = createAlertTopic({ topicArn: 'arn' });
  return {
    readRun: () => ledger.readRun(aRun().key, signal),
    revisit: () => ledger.revisit(aRun(), 'never', signal),
    find: () => jobQueues.find('etl', 'a-job', new Date(0), signal),
    head: () => objects.head('landing', 'k', signal),
    put: () => objects.put('suite', 'k', 'lines', 'application/jsonl', signal),
    publish: () => topic.publish({ subject: 's', body: 'b', attributes: {} } as never, signal),
    submit: () => jobQueues.submit(aRequest(), signal),
  };
};

describe('a dependency that never answers', () => {
  it('is asked three times by every client and call, once by SubmitJob, and each ends by its timeout', async () => {
    const calls = Object.entries({ ...CALLS, ...callsOfFunctions() });

    const ends = await Promise.all(calls.map(async ([name, call]) => [name, await timesOut(call)]));

    expect(ends).toEqual(calls.map(([name]) => [name, true]));
    expect(silent.requests.filter(({ operation }) => operation === 'SubmitJob')).toHaveLength(1);
    expect(silent.requests).toHaveLength(ATTEMPTS * (calls.length - 1) + 1);
  });
});

describe('the clients of AWS', () => {
  it('are all among those that were tried', () => {
    const made = SOURCES.flatMap(({ text }) => [...text.matchAll(/new (\w+Client)\(/g)].map(([, name = '']) => name));

    expect(made.length).toBeGreaterThan(5);
    expect([...new Set(made)].filter((name) => !(name in CALLS))).toEqual([]);
  });

  it('are all made with settings that end a request', () => {
    for (const { file, text } of SOURCES) {
      for (const [made] of text.matchAll(/new \w+Client\([^;]*/g)) {
        expect({ file, made }).toEqual({ file, made: expect.stringContaining('clientSettings(') });
      }
    }
  });
});
