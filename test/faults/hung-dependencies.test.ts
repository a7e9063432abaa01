/** What a function waits for ends: within five seconds of its timeout, in every client. */
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

const ATTEMPT_MS = 4_000;
const ATTEMPTS = 3;
const GRACE_MS = 5_000;
/** What the SDK waits between three attempts, at most. */
const BACKOFF_MS = 500;

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

/** How long a call takes to end, and whether it ended as a timeout. */
const endOf = async (call: () => Promise<unknown>): Promise<{ tookMs: number; timedOut: boolean }> => {
  const startedAt = performance.now();
  const end = await call().then(
    (value) => value,
    (error: unknown) => error,
  );
  // Wrapped by some, told as a value by others.
  const names = JSON.stringify(end, (_, value) =>
    value instanceof Error ? { name: value.name, cause: value.cause } : value,
  );
  return { tookMs: performance.now() - startedAt, timedOut: names.includes('TimeoutError') };
};

const expectEnd = ({ tookMs, timedOut }: { tookMs: number; timedOut: boolean }, attempts: number): void => {
  expect(timedOut).toBe(true);
  expect(tookMs).toBeGreaterThanOrEqual(attempts * ATTEMPT_MS - 50);
  expect(tookMs).toBeLessThan(attempts * (ATTEMPT_MS + BACKOFF_MS) + GRACE_MS);
};

describe.concurrent('a dependency that never answers', () => {
  it('lets every client of AWS end', async () => {
    const ends = await Promise.all(
      Object.entries(CALLS).map(async ([name, call]) => ({ name, ...(await endOf(call)) })),
    );

    for (const end of ends) {
      expectEnd(end, ATTEMPTS);
    }
  });

  it('lets every call on the way from arrival to job end, and SubmitJob after one attempt', async () => {
    const signal = new AbortController().signal;
    const ledger = createLedger({ tableName: 'ledger' });
    const jobQueues = createJobQueues();
    const objects = createObjects();
    const calls: [() => Promise<unknown>, number][] = [
      [() => ledger.readRun(aRun().key, signal), ATTEMPTS],
      [() => ledger.revisit(aRun(), 'never', signal), ATTEMPTS],
      [() => jobQueues.submit(aRequest(), signal), 1],
      [() => jobQueues.find('etl', 'a-job', new Date(0), signal), ATTEMPTS],
      [() => objects.head('landing', 'k', signal), ATTEMPTS],
      [() => objects.put('suite', 'k', 'lines', 'application/jsonl', signal), ATTEMPTS],
      [
        () =>
          createAlertTopic({ topicArn: 'arn' }).publish({ subject: 's', body: 'b', attributes: {} } as never, signal),
        ATTEMPTS,
      ],
    ];

    const ends = await Promise.all(calls.map(async ([call, attempts]) => ({ attempts, end: await endOf(call) })));

    for (const { attempts, end } of ends) {
      expectEnd(end, attempts);
    }
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
