/** The deployed service, as a test meets it: put a file, see what became of it. */
import { BatchClient, DescribeJobsCommand, type JobDetail, ListJobsCommand } from '@aws-sdk/client-batch';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { LambdaClient, ListEventSourceMappingsCommand, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { inject, vi } from 'vitest';
import { clientSettings } from '../../local/local-aws.ts';

const { endpoint, batchEndpoint } = inject('localAws');

const s3 = new S3Client(clientSettings(endpoint));
const batch = new BatchClient(clientSettings(batchEndpoint));
const lambdas = new LambdaClient(clientSettings(endpoint));
const logs = new CloudWatchLogsClient(clientSettings(endpoint));

export const sqs = new SQSClient(clientSettings(endpoint));

/** What a deployed function, an idle queue poller and a cold start need on a busy machine. */
const PATIENCE = { timeout: 60_000, interval: 250 };

/** Waits until an expectation holds. */
export const eventually = <Result>(expectation: () => Promise<Result>, timeout = PATIENCE.timeout): Promise<Result> =>
  vi.waitFor(expectation, { ...PATIENCE, timeout });

export const put = async (bucket: string, key: string, body = 'content'): Promise<void> => {
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: Buffer.from(body) }));
};

export const read = async (uri: string): Promise<string> => {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.*)$/s.exec(uri) ?? [];
  const { Body: body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return (await body?.transformToString()) ?? '';
};

/** Lists the jobs of a queue, in any status, that a test recognises as its own. */
export const jobsIn = async (queue: string, isOwn: (job: JobDetail) => boolean): Promise<JobDetail[]> => {
  // With a filter, the jobs of every status are listed.
  const all = new ListJobsCommand({ jobQueue: queue, filters: [{ name: 'JOB_NAME', values: ['*'] }] });
  const { jobSummaryList: summaries = [] } = await batch.send(all);
  if (summaries.length === 0) {
    return [];
  }
  const ids = summaries.map(({ jobId }) => jobId ?? '');
  const { jobs = [] } = await batch.send(new DescribeJobsCommand({ jobs: ids }));
  return jobs.filter(isOwn);
};

export const queueUrl = async (name: string): Promise<string> => {
  const { QueueUrl: url = '' } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }));
  return url;
};

export const messagesIn = async (url: string): Promise<number> => {
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
  const { Attributes: attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...names] }),
  );
  return names.map((name) => Number(attributes?.[name])).reduce((sum, count) => sum + count, 0);
};

export const receive = async (url: string): Promise<Message[]> => {
  const { Messages: messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10, VisibilityTimeout: 0 }),
  );
  return messages;
};

export const setVisibilityTimeout = async (url: string, seconds: number): Promise<void> => {
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { VisibilityTimeout: String(seconds) } }));
};

export const visibilityTimeout = async (url: string): Promise<number> => {
  const { Attributes: attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['VisibilityTimeout'] }),
  );
  return Number(attributes?.VisibilityTimeout);
};

/** Lets a function take from its queues, or not. */
export const setPolling = async (functionName: string, isOn: boolean): Promise<void> => {
  const { EventSourceMappings: mappings = [] } = await lambdas.send(
    new ListEventSourceMappingsCommand({ FunctionName: functionName }),
  );
  for (const { UUID } of mappings) {
    await lambdas.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: isOn }));
  }
};

/** Reads the lines that a function has logged, those that are JSON. */
export const logLines = async (functionName: string): Promise<Record<string, unknown>[]> => {
  const { events = [] } = await logs.send(
    new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${functionName}`, limit: 10_000 }),
  );
  return events.flatMap(({ message = '' }) => (message.startsWith('{') ? [JSON.parse(message)] : []));
};
