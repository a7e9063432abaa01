import { readFile } from 'node:fs/promises';
import {
  BatchGetCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { expect, it, onTestFinished, vi } from 'vitest';
import { startProxy } from '../../faults/proxy.ts';
import { aFeed, aFileSlot } from '../../support/builders.ts';
import { captureOutput } from '../../support/captured-output.ts';
import { lambdaContext } from '../../support/lambda-context.ts';
import { aRunItem } from '../../support/ledger-builders.ts';
import { mockAws } from '../../support/mock-aws.ts';
import { accessDenied, startS3 } from '../../support/s3-listing-stub.ts';

vi.hoisted(() => {
  Object.assign(process.env, {
    STAGE: 'test',
    LEDGER_TABLE: 'ledger',
    SUITE_BUCKET: 'breakaway-test-suite',
    ALERT_TOPIC_ARN: 'arn:aws:sns:ap-northeast-1:123456789012:breakaway-test-alerts',
    POWERTOOLS_SERVICE_NAME: 'check-arrivals',
    AWS_REGION: 'ap-northeast-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
});
vi.mock('breakaway:configuration', () => ({
  timeZone: 'Asia/Tokyo',
  calendars: {},
  feeds: [
    aFeed({ timeZone: 'UTC' }),
    aFeed({ name: 'refunds', slots: [aFileSlot({ uri: 's3://closed-landing/{date:yyyyMMdd}' })], timeZone: 'UTC' }),
  ],
  queues: { count: 'all', remindEveryMs: 86_400_000, alarmAfterMs: {} },
}));

const dynamo = mockAws(DynamoDBDocumentClient);
const output = captureOutput();

it('hands on what a listing shows and nobody knows, counts it, and says which bucket it could not list', async () => {
  const aws = await startProxy(({ operation }) => ({
    status: 200,
    body: operation === 'SubmitJob' ? '{"jobId":"job-1"}' : '{}',
  }));
  onTestFinished(aws.close);
  vi.stubEnv('AWS_ENDPOINT_URL', aws.url);
  const s3 = await startS3();
  vi.stubEnv('AWS_ENDPOINT_URL_S3', s3.url);
  s3.fault = (request, ...rest) => request.bucket === 'closed-landing' && accessDenied(request, ...rest);
  const today = new Date().toISOString().slice(0, 10);
  const key = `sales/${today.replaceAll('-', '')}/orders_1.tsv.gz`;
  s3.put('landing', key, { writtenAt: new Date(Date.now() - 11 * 60_000) });
  const firstSeenAt = new Date(Date.now() - 86_400_000).toISOString();
  const states = ['sales', 'refunds'].map((feed) => ({ pk: 'FEED', sk: feed, firstSeenAt }));
  const run = { ...aRunItem(), date: today };
  dynamo.on(QueryCommand).callsFake(({ IndexName, ExpressionAttributeValues: values }) => {
    if (IndexName !== undefined) return { Items: [] };
    return { Items: Object.values(values).includes('FEED') ? states : [] };
  });
  dynamo.on(GetCommand).callsFake(({ Key }) => (Key.pk.startsWith('RUN#') ? { Item: run } : {}));
  dynamo.on(BatchGetCommand).resolves({});
  dynamo.on(PutCommand).resolves({});
  dynamo.on(UpdateCommand).resolves({});
  dynamo.on(TransactWriteCommand).resolves({});
  const { handler } = await import('../../../functions/check-arrivals/handler.ts');

  const tick = handler(JSON.parse(await readFile('events/check-arrivals-schedule.json', 'utf8')), lambdaContext());

  await expect(tick).rejects.toThrow('1 buckets not searched for arrivals');
  expect(aws.requests.filter(({ operation }) => operation === 'SubmitJob')).toHaveLength(1);
  const logs = output.logs();
  expect(logs).toContainEqual(
    expect.objectContaining({
      message: 'Arrival found by listing',
      level: 'WARN',
      feed: 'sales',
      bucket: 'landing',
      key,
    }),
  );
  expect(logs).toContainEqual(
    expect.objectContaining({ message: 'Bucket not searched for arrivals', level: 'ERROR', bucket: 'closed-landing' }),
  );
  expect(output.metrics()).toContainEqual(
    expect.objectContaining({
      name: 'ArrivalsFoundByListing',
      value: 1,
      dimensions: { service: 'check-arrivals', Feed: 'sales' },
    }),
  );
  const cursors = dynamo.commandCalls(PutCommand).map(({ args: [{ input }] }) => input.Item);
  expect(cursors.map((item) => [item?.['pk'], item?.['sk'], item?.['bucket']]).toSorted()).toEqual([
    ['LISTING', 'narrow', undefined],
    ['LISTING', 'wide', undefined],
  ]);
  vi.unstubAllEnvs();
});
