/** What lies around the functions, as SQS, S3 and Batch are: events that come again, objects, and the jobs that there are. */
import { randomUUID } from 'node:crypto';
import { BatchClient, DescribeJobsCommand, type JobDetail, ListJobsCommand } from '@aws-sdk/client-batch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient, GetCommand, paginateScan, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { inject } from 'vitest';
import { clientSettings } from '../../../local/local-aws.ts';
import { runItemKey } from '../../../shared/aws/ledger-items.ts';
import type { Item } from '../../../shared/aws/table.ts';
import { MINUTE_MS } from '../../../shared/durations.ts';
import { jobNameOf } from '../../../shared/runs/job-name.ts';
import { makeLedgerTable } from '../../support/ledger-table.ts';
import { type Host, type Invocation, startHost } from '../child.ts';
import type { FaultProxy } from '../proxy.ts';
import { LANDING, QUEUE } from './feeds.ts';

const { endpoint, batchEndpoint, environment: shared, bundles } = inject('faultsAws');

export const upstream = { endpoint, batchEndpoint };

/** As `serverless.yml` has it: six timeouts of the function, five receives. */
const VISIBILITY_MS = 3 * MINUTE_MS;
const RECEIVES = 5;

/** All begins two hours ago: the clock of the local Batch cannot be moved, and a job is never older than its claim. */
export const START_MS = -120 * MINUTE_MS;

/** An instant by the hosts' clocks, in minutes after all began. */
export const minute = (minutes: number): number => START_MS + minutes * MINUTE_MS;

export const STAGE = shared['STAGE'] ?? '';

/** Every test file has a ledger of its own, so that what one leaves half done is not finished by another. */
export const LEDGER_TABLE = `faults-${randomUUID()}`;
await makeLedgerTable(endpoint, LEDGER_TABLE);

const environment = { ...shared, LEDGER_TABLE };

const s3 = new S3Client({ ...clientSettings(endpoint), forcePathStyle: true });
const batch = new BatchClient(clientSettings(batchEndpoint));

/** A name that no other test has, for a run of its own. */
export const aName = (): string => randomUUID().slice(0, 8);

/** Starts a host of `submit-batch-job`, all of whose requests go through a proxy. */
export const startSubmit = (
  proxy: FaultProxy,
  { atMs = START_MS, deployment = 'submitNew' }: { atMs?: number; deployment?: 'submitOld' | 'submitNew' } = {},
): Promise<Host> => startHost(bundles[deployment], { ...environment, ...proxy.environment }, atMs);

/** Starts a host of `check-arrivals`. */
export const startCheck = (proxy: FaultProxy, atMs = START_MS): Promise<Host> =>
  startHost(
    bundles.checkNew,
    { ...environment, ...proxy.environment, POWERTOOLS_SERVICE_NAME: 'check-arrivals' },
    atMs,
  );

export type Arrived = { readonly key: string; readonly etag?: string; readonly size?: number };

/** Puts an object, and gives what S3 says of it. */
export const put = async (key: string, body = 'content'): Promise<Required<Arrived>> => {
  const { ETag: etag = '' } = await s3.send(new PutObjectCommand({ Bucket: LANDING, Key: key, Body: body }));
  return { key, etag: etag.replaceAll('"', ''), size: body.length };
};

export const remove = async (key: string): Promise<void> => {
  await s3.send(new DeleteObjectCommand({ Bucket: LANDING, Key: key }));
};

const readText = async (uri: string): Promise<string> => {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.*)$/s.exec(uri) ?? [];
  const { Body: body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return (await body?.transformToString()) ?? '';
};

const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient(clientSettings(endpoint)));

/** Reads a run's item; an empty one when nothing is known of the run. */
export const itemOf = async (feed: string, name: string): Promise<Item> => {
  const { Item: item = {} } = await dynamo.send(
    new GetCommand({ TableName: LEDGER_TABLE, Key: runItemKey({ feed, values: { name } }), ConsistentRead: true }),
  );
  return item;
};

export const stateOf = async (feed: string, name: string): Promise<Item[string]> => (await itemOf(feed, name))['state'];

/** Lists the kinds of the alerts that are kept for the first generation of a run. */
export const alertsOf = async (feed: string, name: string): Promise<string[]> => {
  const kinds: string[] = [];
  const pages = paginateScan(
    { client: dynamo },
    {
      TableName: LEDGER_TABLE,
      FilterExpression: 'sk = :alert AND contains(subject, :run)',
      ExpressionAttributeValues: { ':alert': 'ALERT', ':run': `${feed},name=${name}#1` },
    },
  );
  for await (const { Items: items = [] } of pages) {
    kinds.push(...items.map(({ kind }) => String(kind)));
  }
  return kinds.sort();
};

/** What `track-jobs` records when the job of a run has ended well. */
export const endJob = async (feed: string, name: string): Promise<void> => {
  await dynamo.send(
    new UpdateCommand({
      TableName: LEDGER_TABLE,
      Key: runItemKey({ feed, values: { name } }),
      UpdateExpression: 'SET #state = :ended',
      ConditionExpression: '#state = :submitted',
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: { ':ended': 'succeeded', ':submitted': 'submitted' },
    }),
  );
};

export type ManifestLine = { readonly key: string; readonly etag: string };

/** Reads the list of files that a job was given. */
export const manifestOf = async (job: JobDetail | undefined): Promise<ManifestLine[]> =>
  (await readText(job?.parameters?.['manifest'] ?? ''))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

/** The batch of SQS records that announces objects, one record each. */
export const batchOf = (...objects: readonly Arrived[]) => ({
  Records: objects.map(({ key, etag = 'etag-1', size = 7 }) => ({
    messageId: key,
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:ap-northeast-1:123456789012:faults-arrivals',
    body: JSON.stringify({
      'detail-type': 'Object Created',
      detail: { bucket: { name: LANDING }, object: { key, ...(etag === '' ? {} : { etag, size }) } },
    }),
  })),
});

/** The keys whose records come back; all of them when the invocation did not answer. */
export const failedOf = (event: ReturnType<typeof batchOf>, invocation: Invocation): string[] =>
  invocation.kind === 'answered'
    ? (invocation.result as { batchItemFailures: { itemIdentifier: string }[] }).batchItemFailures.map(
        ({ itemIdentifier }) => itemIdentifier,
      )
    : event.Records.map(({ messageId }) => messageId);

/**
 * Delivers an event as SQS does: again after the visibility timeout, until its records are done or have been received too often.
 *
 * @param hostOf - the host that takes each receive, counted from 1
 * @returns how often it was received, and what is left for the failure queue
 */
export const deliver = async (
  objects: readonly Arrived[],
  hostOf: (receive: number) => Host | Promise<Host>,
  { fromMs = START_MS, receives = 0 }: { fromMs?: number; receives?: number } = {},
): Promise<{ receives: number; left: readonly Arrived[]; atMs: number }> => {
  let left = objects;
  let received = receives;
  let atMs = fromMs;
  while (left.length > 0 && received < RECEIVES) {
    received += 1;
    const event = batchOf(...left);
    const host = await hostOf(received);
    const failed = failedOf(event, await host.invoke(event, atMs));
    left = left.filter(({ key }) => failed.includes(key));
    atMs += VISIBILITY_MS;
  }
  return { receives: received, left, atMs };
};

/** Lists the jobs of a run and generation, in any status. */
export const jobsOf = async (feed: string, name: string, generation = 1): Promise<JobDetail[]> => {
  const jobName = jobNameOf(STAGE, { feed, values: { name } }, generation);
  const { jobSummaryList: found = [] } = await batch.send(
    new ListJobsCommand({ jobQueue: QUEUE, filters: [{ name: 'JOB_NAME', values: [jobName] }] }),
  );
  if (found.length === 0) {
    return [];
  }
  const { jobs = [] } = await batch.send(new DescribeJobsCommand({ jobs: found.map(({ jobId = '' }) => jobId) }));
  return jobs.filter((job) => job.jobName === jobName);
};
