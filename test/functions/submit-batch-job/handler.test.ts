import { readFile } from 'node:fs/promises';
import { BatchClient, SubmitJobCommand } from '@aws-sdk/client-batch';
import { HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Item } from '../../../shared/aws/table.ts';
import { batchError } from '../../support/batch-errors.ts';
import { aFeed, aFileSlot, aTimeSlot } from '../../support/builders.ts';
import { captureOutput } from '../../support/captured-output.ts';
import { cancelled, lost } from '../../support/dynamo-errors.ts';
import { lambdaContext } from '../../support/lambda-context.ts';
import { aClaimedRunItem, anArrivalItem, aRunItem } from '../../support/ledger-builders.ts';
import { mockAws } from '../../support/mock-aws.ts';

vi.hoisted(() => {
  Object.assign(process.env, {
    STAGE: 'test',
    LEDGER_TABLE: 'breakaway-test-ledger',
    SUITE_BUCKET: 'breakaway-test-suite',
    POWERTOOLS_SERVICE_NAME: 'submit-batch-job',
    AWS_REGION: 'ap-northeast-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
});
vi.mock('breakaway:configuration', () => ({
  timeZone: 'Asia/Tokyo',
  feeds: [
    aFeed({
      name: 'catalog',
      slots: [
        aFileSlot({
          name: 'products',
          uri: 's3://northwind-landing/catalog/{date:yyyy}/{date:MM}/{date:dd}/products_{shop}.tsv.gz',
        }),
      ],
      batch: { parameters: { shop: '{shop}' } },
    }),
    aFeed({
      name: 'sales',
      slots: [
        aFileSlot({ name: 'orders', uri: 's3://northwind-landing/sales/{date:yyyyMMdd}/orders_*.tsv.gz' }),
        aFileSlot({ name: 'complete', uri: 's3://northwind-landing/sales/{date:yyyyMMdd}/_SUCCESS' }),
      ],
      batch: { parameters: { manifest: '{manifest}' } },
    }),
    aFeed({
      name: 'evening',
      slots: [
        aFileSlot({ name: 'export', uri: 's3://northwind-landing/evening/{date:yyyyMMdd}.csv' }),
        aTimeSlot('18:00'),
      ],
    }),
    aFeed({
      name: 'segments',
      slots: [aFileSlot({ name: 'segment', uri: 's3://clickstream-landing/segments/*.csv' })],
      batch: { parameters: { segment: '{segment.uri}' } },
    }),
  ],
  queues: { count: 'all', remindEveryMs: 86_400_000, alarmAfterMs: {} },
}));

// After the mock of the configuration, which needs the imports above.
const { handler } = await import('../../../functions/submit-batch-job/handler.ts');

const dynamo = mockAws(DynamoDBDocumentClient);
const batch = mockAws(BatchClient);
const s3 = mockAws(S3Client);
const output = captureOutput();

beforeEach(() => {
  s3.on(HeadObjectCommand).resolves({ ETag: '"etag-of-s3"', ContentLength: 7, $metadata: {} });
  s3.on(PutObjectCommand).resolves({});
});

const fileOf = async (name: string): Promise<unknown> => JSON.parse(await readFile(`events/${name}.json`, 'utf8'));
const queued = (body: string) => ({
  Records: [
    {
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:ap-northeast-1:123456789012:breakaway-test-arrivals',
      messageId: 'message-1',
      body,
    },
  ],
});

const invoke = (event: unknown) => handler(event, lambdaContext());

const awsRequests = (): string[] =>
  [...dynamo.calls(), ...batch.calls(), ...s3.calls()].map(({ args: [command] }) => command.constructor.name);

const submitted = () => batch.commandCalls(SubmitJobCommand).map(({ args: [{ input }] }) => input);

const catalogItem = (differences: Item = {}): Item =>
  aRunItem({
    pk: 'RUN#catalog@2026-11-22,shop=shibuya',
    feed: 'catalog',
    values: '{"shop":"shibuya"}',
    'filled:products': 1,
    ...differences,
  });

/** A table that takes every write, and knows one run with its arrivals. */
const tableKnows = (run: Item, ...arrivals: Item[]): void => {
  dynamo.on(TransactWriteCommand).resolves({});
  dynamo.on(UpdateCommand).resolves({});
  dynamo.on(GetCommand).resolves({ Item: run });
  dynamo.on(QueryCommand).resolves({ Items: [run, ...arrivals] });
};

const salesEvent = async () => {
  const { Records } = (await fileOf('submit-batch-job-sqs')) as { Records: { messageId: string; body: string }[] };
  return { Records };
};

describe('handler', () => {
  it('submits the job of a run that the file completes, in five requests to AWS', async () => {
    tableKnows(catalogItem());
    batch.on(SubmitJobCommand).resolves({ jobId: 'job-1' });

    const answer = await invoke(await fileOf('submit-batch-job-eventbridge'));

    expect(answer).toEqual({ batchItemFailures: [] });
    expect(submitted()[0]).toEqual({
      jobName: expect.stringMatching(/^breakaway-test-catalog-20261122-[0-9a-f]{12}$/),
      jobQueue: 'etl',
      jobDefinition: 'import-sales',
      parameters: { shop: 'shibuya' },
    });
    expect(awsRequests()).toHaveLength(5);
    expect(output.metrics()).toContainEqual(
      expect.objectContaining({
        name: 'JobsSubmitted',
        value: 1,
        dimensions: { service: 'submit-batch-job', Feed: 'catalog' },
      }),
    );
    expect(output.logs()).toMatchObject([
      { message: 'Run claimed', run: 'catalog@2026-11-22,shop=shibuya', generation: 1 },
      { message: 'Job submitted', run: 'catalog@2026-11-22,shop=shibuya', generation: 1, jobId: 'job-1', queue: 'etl' },
    ]);
  });

  it('makes two requests for a file that completes nothing', async () => {
    tableKnows(catalogItem({ 'filled:products': 0 }));

    await invoke(await fileOf('submit-batch-job-eventbridge'));

    expect(awsRequests()).toEqual(['TransactWriteCommand', 'GetCommand']);
    expect(output.logs()).toMatchObject([
      { message: 'Run waits for more', missing: [{ slot: 'products', have: 0, need: 1 }] },
    ]);
  });

  it('makes two requests for a file after which nothing is missing but a time', async () => {
    tableKnows(aRunItem({ feed: 'evening', 'filled:export': 1, date: '2100-01-01' }));
    const { detail } = (await fileOf('submit-batch-job-eventbridge')) as { detail: { object: object } };
    const object = { ...detail.object, key: 'evening/21000101.csv' };

    const answer = await invoke({ 'detail-type': 'Object Created', detail: { ...detail, object } });

    expect(answer).toEqual({ batchItemFailures: [] });
    expect(awsRequests()).toEqual(['TransactWriteCommand', 'GetCommand']);
    expect(output.logs()).toMatchObject([{ message: 'Run waits for more', missing: [{ slot: 'time' }] }]);
  });

  it('makes two requests for a file that completes nothing, and six for the one that does, with a manifest', async () => {
    const { Records: [first, last] = [] } = await salesEvent();
    const counts = { 'filled:orders': 1, 'filled:complete': 0 };
    tableKnows(aRunItem(counts), anArrivalItem());

    await invoke({ Records: [first] });

    expect(awsRequests()).toEqual(['TransactWriteCommand', 'QueryCommand']);
    dynamo.resetHistory();
    tableKnows(
      aRunItem({ ...counts, 'filled:complete': 1 }),
      anArrivalItem(),
      anArrivalItem({ slot: 'complete', key: 'sales/20261122/_SUCCESS' }),
    );
    batch.on(SubmitJobCommand).resolves({ jobId: 'job-1' });

    await invoke({ Records: [last] });

    expect(awsRequests()).toHaveLength(6);
    const [put] = s3.commandCalls(PutObjectCommand).map(({ args: [{ input }] }) => input);
    expect(put?.Key).toMatch(/^manifests\/sales\/breakaway-test-sales-20261122-\w+-r1-[0-9a-f-]{36}\.jsonl$/);
    expect(
      String(put?.Body)
        .split('\n')
        .map((line) => line && JSON.parse(line).key),
    ).toEqual(['sales/20261122/_SUCCESS', 'sales/20261122/orders_tokyo.tsv.gz', '']);
    expect(submitted()[0]?.parameters?.['manifest']).toBe(`s3://breakaway-test-suite/${put?.Key}`);
  });

  it('hands the decoded key of a classic notification to the job', async () => {
    const place = { bucket: 'clickstream-landing', key: 'segments/spring sale (kids, café).csv' };
    tableKnows(
      aRunItem({
        feed: 'segments',
        values: '{"object":"s3://clickstream-landing/segments/spring sale (kids, café).csv"}',
        'filled:orders': 0,
        'filled:segment': 1,
      }),
      anArrivalItem({ slot: 'segment', ...place }),
    );
    batch.on(SubmitJobCommand).resolves({ jobId: 'job-1' });

    await invoke(await fileOf('submit-batch-job-s3'));

    expect(submitted()[0]?.parameters).toEqual({
      segment: 's3://clickstream-landing/segments/spring sale (kids, café).csv',
    });
  });

  it('asks S3 for what the event does not say', async () => {
    tableKnows(catalogItem({ 'filled:products': 0 }));
    const detail = {
      bucket: { name: 'northwind-landing' },
      object: { key: 'catalog/2026/11/22/products_shibuya.tsv.gz' },
    };

    await invoke({ 'detail-type': 'Object Created', detail });

    expect(s3.commandCalls(HeadObjectCommand)).toHaveLength(1);
    expect(dynamo.commandCalls(TransactWriteCommand)[0]?.args[0].input.TransactItems?.[0]?.Put?.Item).toMatchObject({
      etag: 'etag-of-s3',
      sizeBytes: 7,
    });
  });

  it('reports one malformed record alone, and does the other', async () => {
    const { Records: [first, last] = [] } = await salesEvent();
    tableKnows(aRunItem({ 'filled:complete': 0 }), anArrivalItem());

    const answer = await invoke({ Records: [{ ...first, body: '{"detail-type":"Object Deleted"}' }, last] });

    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: first?.messageId }] });
    expect(output.logs()).toMatchObject([
      { level: 'INFO', message: 'Run waits for more' },
      { level: 'ERROR', message: 'Arrival not handled', messageId: first?.messageId },
    ]);
    expect(output.metrics()).toContainEqual(expect.objectContaining({ name: 'RecordsFailed', value: 1 }));
  });

  it('reports one malformed record of ten alone, and does the other nine once', async () => {
    const { Records: [first] = [] } = await salesEvent();
    tableKnows(aRunItem({ 'filled:complete': 0 }), anArrivalItem());
    const Records = Array.from({ length: 10 }, (_, index) => ({
      ...first,
      messageId: `message-${index}`,
      body: index === 4 ? '{' : first?.body.replace('shinjuku', `shop${index}`),
    }));

    const answer = await invoke({ Records });

    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-4' }] });
    const recorded = dynamo
      .commandCalls(TransactWriteCommand)
      .map(({ args: [{ input }] }) => input.TransactItems?.[0]?.Put?.Item?.['key']);
    expect(recorded.toSorted()).toEqual(
      [0, 1, 2, 3, 5, 6, 7, 8, 9].map((shop) => `sales/20261122/orders_shop${shop}.tsv.gz`),
    );
    expect(output.metrics()).toContainEqual(expect.objectContaining({ name: 'RecordsFailed', value: 1 }));
  });

  it('submits nothing for a repeat, in two requests, whose run has its job', async () => {
    const run = catalogItem({
      state: 'submitted',
      jobId: 'job-1',
      submittedAt: '2026-11-22T03:00:01.000Z',
    });
    const known = anArrivalItem({ slot: 'products', etag: 'b1946ac92492d2347c6235b4d2611184' });
    tableKnows(run);
    dynamo.on(TransactWriteCommand).rejects(cancelled(lost(known), lost()));
    const body = JSON.stringify(await fileOf('submit-batch-job-eventbridge'));

    const answer = await invoke(queued(body));

    expect(answer).toEqual({ batchItemFailures: [] });
    expect(awsRequests()).toEqual(['TransactWriteCommand', 'GetCommand']);
    expect(output.logs()).toMatchObject([{ message: 'Run needs nothing', state: 'submitted', generation: 1 }]);
    expect(output.metrics().map(({ name }) => name)).not.toContain('JobsSubmitted');
  });

  it('reports a record that nobody is known to finish, so that SQS brings it back', async () => {
    tableKnows(catalogItem());
    batch.on(SubmitJobCommand).rejects(batchError(429, 'TooManyRequestsException', 'Too Many Requests'));
    const body = JSON.stringify(await fileOf('submit-batch-job-eventbridge'));

    const answer = await invoke(queued(body));

    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-1' }] });
    expect(output.logs()).toMatchObject([
      { message: 'Run claimed' },
      { level: 'WARN', message: 'Job not accepted by Batch', run: 'catalog@2026-11-22,shop=shibuya', generation: 1 },
      { message: 'Arrival not handled', error: { message: 'Not finished: unsent' } },
    ]);
  });

  it('waits a moment for another who is submitting, and then reports the record', async () => {
    const leaseUntil = new Date(Date.now() + 60_000).toISOString();
    tableKnows(catalogItem({ ...aClaimedRunItem(), leaseUntil, feed: 'catalog' }));
    const body = JSON.stringify(await fileOf('submit-batch-job-eventbridge'));

    const answer = await invoke(queued(body));

    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-1' }] });
    expect(dynamo.commandCalls(GetCommand)).toHaveLength(4);
    expect(output.logs()).toMatchObject([
      { message: 'Run claimed elsewhere', leaseUntil },
      { message: 'Arrival not handled' },
    ]);
  });

  it('keeps an alert for people when Batch refuses the job, and does not ask for the record again', async () => {
    tableKnows(catalogItem());
    dynamo.on(PutCommand).resolves({});
    batch.on(SubmitJobCommand).rejects(batchError(404, 'ClientException', 'JobQueue etl not found'));

    const answer = await invoke(await fileOf('submit-batch-job-eventbridge'));

    expect(answer).toEqual({ batchItemFailures: [] });
    expect(dynamo.commandCalls(PutCommand)[0]?.args[0].input.Item).toMatchObject({
      pk: 'ALERT#submit-refused#catalog@2026-11-22,shop=shibuya#1',
    });
  });

  it('rejects when a plain event fails, since it has no queue to come back from', async () => {
    s3.on(HeadObjectCommand).rejects(new Error('not you'));
    const detail = {
      bucket: { name: 'northwind-landing' },
      object: { key: 'catalog/2026/11/22/products_shibuya.tsv.gz' },
    };

    await expect(invoke({ 'detail-type': 'Object Created', detail })).rejects.toThrow(
      'Could not HEAD s3://northwind-landing/catalog/2026/11/22/products_shibuya.tsv.gz',
    );
  });
});
