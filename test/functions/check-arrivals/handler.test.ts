import { readFile } from 'node:fs/promises';
import {
  BatchClient,
  DescribeJobsCommand,
  type JobDetail,
  type JobStatus,
  ListJobsCommand,
  SubmitJobCommand,
} from '@aws-sdk/client-batch';
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
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
import { BATCH_MEMORY_MS, CLOCK_SKEW_MS, LEASE_MS, LOOKUP_GAP_MS } from '../../../shared/runs/state-machine.ts';
import { aFeed } from '../../support/builders.ts';
import { captureOutput } from '../../support/captured-output.ts';
import { conditionFailed } from '../../support/dynamo-errors.ts';
import { lambdaContext } from '../../support/lambda-context.ts';
import { aClaimedRunItem, anArrivalItem, aRunItem } from '../../support/ledger-builders.ts';
import { mockAws } from '../../support/mock-aws.ts';

vi.hoisted(() => {
  Object.assign(process.env, {
    STAGE: 'test',
    LEDGER_TABLE: 'breakaway-test-ledger',
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
  feeds: [aFeed({ batch: { parameters: { manifest: '{manifest}' } } })],
  calendars: {},
  queues: { count: 'all', remindEveryMs: 86_400_000, alarmAfterMs: {} },
}));

// After the mock of the configuration, which needs the imports above.
const { handler } = await import('../../../functions/check-arrivals/handler.ts');

const dynamo = mockAws(DynamoDBDocumentClient);
const batch = mockAws(BatchClient);
const cloudWatch = mockAws(CloudWatchClient);
const logs = mockAws(CloudWatchLogsClient);
const s3 = mockAws(S3Client);
const sns = mockAws(SNSClient);
const output = captureOutput();

beforeEach(() => {
  cloudWatch.on(PutMetricDataCommand).resolves({});
  s3.on(PutObjectCommand).resolves({});
  sns.on(PublishCommand).resolves({});
});

const tick = async () =>
  handler(JSON.parse(await readFile('events/check-arrivals-schedule.json', 'utf8')), lambdaContext());

const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

/** A run whose owner is gone: its lease is over. */
const anExpiredRunItem = (differences: Item = {}): Item =>
  aClaimedRunItem({ claimedAt: ago(LEASE_MS + 60_000), leaseUntil: ago(60_000), ...differences });

const aWatchedRunItem = (differences: Item = {}): Item =>
  aClaimedRunItem({
    state: 'running',
    jobId: 'job-1',
    submittedAt: ago(3_600_000),
    attempts: 1,
    candidate: 'JOB',
    ...differences,
  });

const ALERT_KEY = { pk: 'ALERT#submit-refused#sales#1', sk: 'ALERT' };

const anAlertItem = (): Item => ({
  ...ALERT_KEY,
  candidate: 'ALERT',
  candidateAt: '2026-11-22T03:00:00.000Z',
  kind: 'submit-refused',
  subject: 'sales#1',
  feed: 'sales',
  title: 'sales: the job was refused',
  body: 'Reason: no such queue',
  openings: 1,
  openedAt: '2026-11-22T03:00:00.000Z',
  notifiedOpening: 0,
  notifiedClosing: 0,
  version: 1,
});

/** What a claim froze for a queue that is no longer there. */
const goneRequest = '{"jobName":"gone-job","jobQueue":"gone","jobDefinition":"import-sales"}';

const aJob = (status: JobStatus): JobDetail => ({
  jobId: 'job-1',
  jobName: 'breakaway-test-sales-20261122-0123456789ab',
  jobQueue: 'arn:aws:batch:ap-northeast-1:123456789012:job-queue/etl',
  jobDefinition: 'arn:aws:batch:ap-northeast-1:123456789012:job-definition/import-sales:7',
  jobArn: 'arn:aws:batch:ap-northeast-1:123456789012:job/job-1',
  status,
  createdAt: Date.now() - 3_600_000,
  startedAt: Date.now() - 3_000_000,
  stoppedAt: Date.now() - 60_000,
  container: { exitCode: 0 },
});

/** The name by which the index is asked for candidates: of runs, of jobs, or of alerts. */
const candidatesAsked = ({
  IndexName,
  ExpressionAttributeValues: values,
}: Record<string, object>): string | undefined =>
  IndexName === undefined
    ? undefined
    : Object.values(values ?? {}).find((name) => ['RUN', 'JOB', 'ALERT'].includes(name));

/** Whether it is asked what is remembered of the feeds. */
const asksFeeds = ({ ExpressionAttributeValues: values }: Record<string, object>): boolean =>
  Object.values(values ?? {}).includes('FEED');

/** A table with these runs, unsettled or watched as they say, and with these alerts to tell. */
const tableHas = (runs: Item[], alerts: Item[] = []): void => {
  const idOf = ({ pk }: Item): string => String(pk);
  // The last search for lost events was just now.
  const search: Item = { pk: 'LISTING', sk: 'narrow', startedAt: ago(0) };
  const items = new Map([search, ...runs, ...alerts].map((item) => [idOf(item), item]));
  const listed = (name: string): Item[] =>
    [...items.values()].filter(({ candidate }) => candidate === name).map(({ pk, sk }) => ({ pk, sk }));
  // The feed was deployed long ago.
  const states = [{ pk: 'FEED', sk: 'sales', firstSeenAt: '2026-01-01T00:00:00.000Z' }];
  dynamo.on(QueryCommand).callsFake((input) => {
    if (asksFeeds(input)) {
      return { Items: states };
    }
    const name = candidatesAsked(input);
    return {
      Items: name === undefined ? [items.get(input.ExpressionAttributeValues[':0']), anArrivalItem()] : listed(name),
    };
  });
  dynamo.on(GetCommand).callsFake(({ Key }) => ({ Item: items.get(idOf(Key)) }));
  dynamo.on(PutCommand).callsFake(({ Item }) => {
    items.set(idOf(Item), Item);
    return {};
  });
  dynamo.on(UpdateCommand).resolves({});
  dynamo.on(TransactWriteCommand).resolves({});
};

describe('handler', () => {
  it('does nothing when nothing was left half done', async () => {
    tableHas([]);

    expect(await tick()).toEqual({ runs: 0, unfinished: 0 });
    expect(dynamo.commandCalls(QueryCommand).map(({ args: [{ input }] }) => candidatesAsked(input as never))).toEqual([
      undefined,
      'RUN',
      'JOB',
      'ALERT',
    ]);
    // The feeds, the three lists, and how far both searches have come.
    expect(dynamo.calls()).toHaveLength(6);
    expect(cloudWatch.commandCalls(PutMetricDataCommand)[0]?.args[0].input).toMatchObject({
      Namespace: 'Breakaway',
      MetricData: [{ MetricName: 'LateRuns', Dimensions: [], Value: 0, Unit: 'Count' }],
    });
  });

  it('submits the job of a run whose last event died after its arrival was recorded', async () => {
    tableHas([aRunItem()]);
    batch.on(SubmitJobCommand).resolves({ jobId: 'job-1' });

    expect(await tick()).toEqual({ runs: 1, unfinished: 0 });
    expect(batch.commandCalls(SubmitJobCommand)[0]?.args[0].input.parameters).toEqual({
      manifest: expect.stringMatching(/^s3:\/\/breakaway-test-suite\/manifests\/sales\//),
    });
    expect(s3.commandCalls(PutObjectCommand)).toHaveLength(1);
    expect(output.logs()).toMatchObject([
      { message: 'Run claimed', run: 'sales@2026-11-22', generation: 1 },
      { message: 'Job submitted', run: 'sales@2026-11-22', generation: 1, jobId: 'job-1' },
    ]);
  });

  it('records the job of a claim whose owner died before it could, found by its name', async () => {
    tableHas([anExpiredRunItem()]);
    const jobName = 'breakaway-test-sales-20261122-0123456789ab';
    batch
      .on(ListJobsCommand)
      .resolves({ jobSummaryList: [{ jobId: 'job-1', jobName, createdAt: Date.now() - 60_000 }] });

    expect(await tick()).toEqual({ runs: 1, unfinished: 0 });
    expect(batch.calls().map(({ args: [command] }) => command.input)).toEqual([
      { jobQueue: 'etl', filters: [{ name: 'JOB_NAME', values: [jobName] }] },
    ]);
    expect(output.logs()).toMatchObject([
      { message: 'Job submitted', run: 'sales@2026-11-22', generation: 1, jobId: 'job-1', adopted: true },
    ]);
    expect(output.metrics()).toContainEqual(
      expect.objectContaining({
        name: 'ClaimsRecovered',
        value: 1,
        dimensions: { service: 'check-arrivals', Feed: 'sales' },
      }),
    );
  });

  it('submits what was claimed, to the letter, when a second look-up finds nothing either', async () => {
    // By another process, whose clock may differ.
    const emptyLookupAt = ago(LOOKUP_GAP_MS + CLOCK_SKEW_MS + 1_000);
    tableHas([anExpiredRunItem({ emptyLookupAt, emptyLookupBy: 'another' })]);
    batch.on(ListJobsCommand).resolves({ jobSummaryList: [] });
    batch.on(SubmitJobCommand).resolves({ jobId: 'job-2' });

    expect(await tick()).toEqual({ runs: 1, unfinished: 0 });
    expect(batch.commandCalls(SubmitJobCommand).map(({ args: [{ input }] }) => input)).toEqual([
      { jobName: 'breakaway-test-sales-20261122-0123456789ab', jobQueue: 'etl', jobDefinition: 'import-sales' },
    ]);
    expect(output.logs()).toMatchObject([
      { message: 'Job not found by its name', resubmit: true },
      { message: 'Claim taken over', from: 'owner-1' },
      { message: 'Job submitted', jobId: 'job-2', adopted: false },
    ]);
  });

  it('leaves a run on the list whose job it did not find yet', async () => {
    tableHas([anExpiredRunItem()]);
    batch.on(ListJobsCommand).resolves({ jobSummaryList: [] });

    expect(await tick()).toEqual({ runs: 1, unfinished: 1 });
    expect(dynamo.commandCalls(UpdateCommand)[0]?.args[0].input.UpdateExpression).toMatch(/^SET /);
    expect(output.logs()).toMatchObject([
      { message: 'Job not found by its name' },
      { message: 'Submission unconfirmed' },
    ]);
  });

  it('tells what it found out in the same tick', async () => {
    tableHas([anExpiredRunItem({ claimedAt: ago(BATCH_MEMORY_MS + 1_000) })]);

    expect(await tick()).toEqual({ runs: 1, unfinished: 0 });
    expect(sns.commandCalls(PublishCommand)).toHaveLength(1);
    expect(output.logs().map(({ message }) => message)).toEqual([
      'Claim older than Batch remembers',
      'Notification sent',
    ]);
    expect(output.metrics()).toContainEqual(
      expect.objectContaining({
        name: 'AlertsTold',
        dimensions: { service: 'check-arrivals', Kind: 'claim-lost' },
      }),
    );
  });

  it('fails when a run fails, after all else was done', async () => {
    tableHas([aRunItem()], [anAlertItem()]);
    dynamo.on(TransactWriteCommand).rejects(new Error('socket hang up'));

    await expect(tick()).rejects.toThrow('Check incomplete: 1 runs not advanced; each is logged and tried again');
    expect(output.logs()).toMatchObject([
      { level: 'ERROR', message: 'Run not advanced', run: 'sales@2026-11-22', error: { message: 'socket hang up' } },
      { message: 'Notification sent' },
      { message: 'Invocation failed' },
    ]);
  });

  it('does the other runs when one fails, and puts that one at the end of the list', async () => {
    const failing = { pk: 'RUN#sales@2026-11-21', date: '2026-11-21' };
    tableHas([anExpiredRunItem({ ...failing, queue: 'gone', request: goneRequest }), anExpiredRunItem()]);
    batch.on(ListJobsCommand).resolves({ jobSummaryList: [] });
    batch.on(ListJobsCommand, { jobQueue: 'gone' }).rejects(new Error('no such queue'));

    await expect(tick()).rejects.toThrow('Check incomplete: 1 runs not advanced; each');

    const writes = dynamo.commandCalls(UpdateCommand).map(({ args: [{ input }] }) => input);
    const written = (key: string) => writes.filter(({ Key }) => Key?.['pk'] === key);
    expect(Object.values(written('RUN#sales@2026-11-22')[0]?.ExpressionAttributeNames ?? {})).toContain(
      'emptyLookupAt',
    );
    expect(Object.values(written('RUN#sales@2026-11-21')[0]?.ExpressionAttributeNames ?? {})).toContain('candidateAt');
    expect(output.logs()).toContainEqual(
      expect.objectContaining({
        level: 'ERROR',
        message: 'Run not advanced',
        run: 'sales@2026-11-21',
        error: expect.objectContaining({ message: 'no such queue' }),
      }),
    );
  });

  it('finds out by asking how a job ended whose event was lost', async () => {
    const run = aWatchedRunItem();
    tableHas([run]);
    dynamo.on(UpdateCommand).resolves({ Attributes: { ...run, state: 'succeeded' } });
    batch.on(DescribeJobsCommand).resolves({ jobs: [aJob('SUCCEEDED')] });

    await tick();

    expect(output.logs()).toContainEqual(
      expect.objectContaining({ message: 'Run moved with its job', run: 'sales@2026-11-22', jobId: 'job-1' }),
    );
    expect(output.metrics()).toContainEqual(
      expect.objectContaining({
        name: 'ChangesFoundByAsking',
        value: 1,
        dimensions: { service: 'check-arrivals', Feed: 'sales' },
      }),
    );
  });

  it('keeps how far a running job says it is', async () => {
    const run = aWatchedRunItem();
    tableHas([run]);
    // The run knows already that its job is running.
    dynamo.on(UpdateCommand).rejectsOnce(conditionFailed(run)).resolves({});
    const { stoppedAt: _, container: __, ...job } = aJob('RUNNING');
    batch.on(DescribeJobsCommand).resolves({ jobs: [{ ...job, container: { logStreamName: 'import/default/1' } }] });
    logs.on(GetLogEventsCommand).resolves({
      events: [{ timestamp: Date.now(), message: 'breakaway:progress 40 loading shops' }],
    });

    expect(await tick()).toEqual({ runs: 0, unfinished: 0 });
    expect(
      dynamo
        .commandCalls(UpdateCommand)
        .flatMap(({ args: [{ input }] }) => Object.values(input.ExpressionAttributeValues ?? {})),
    ).toEqual(expect.arrayContaining([40, 'loading shops']));
  });

  it('fails when a job cannot be tracked, after all else was done', async () => {
    tableHas([aWatchedRunItem()], [anAlertItem()]);
    dynamo.on(UpdateCommand).rejects(new Error('socket hang up'));
    batch.on(DescribeJobsCommand).resolves({ jobs: [aJob('SUCCEEDED')] });

    await expect(tick()).rejects.toThrow('Check incomplete: 1 jobs not checked; each');
    expect(output.logs()).toMatchObject([
      { level: 'ERROR', message: 'Job not watched', run: 'sales@2026-11-22', error: { message: 'socket hang up' } },
      { message: 'Notification sent' },
      { message: 'Invocation failed' },
    ]);
  });

  it('tells alerts also when jobs cannot be asked about', async () => {
    tableHas([aWatchedRunItem()], [anAlertItem()]);
    batch.on(DescribeJobsCommand).rejects(new Error('no Batch'));

    await expect(tick()).rejects.toThrow('Check incomplete: all jobs not checked; each');
    expect(output.logs()).toMatchObject([
      { level: 'ERROR', message: 'Jobs not checked', error: { message: 'no Batch' } },
      { message: 'Notification sent' },
      { message: 'Invocation failed' },
    ]);
  });

  it('tells alerts also when the runs cannot be listed', async () => {
    tableHas([], [anAlertItem()]);
    dynamo.on(QueryCommand).callsFake((input) => {
      const name = candidatesAsked(input);
      if (name === 'RUN') {
        throw new Error('no table');
      }
      return { Items: name === 'ALERT' ? [ALERT_KEY] : [] };
    });

    await expect(tick()).rejects.toThrow('Check incomplete: all runs not advanced; each');
    expect(output.logs()).toMatchObject([
      { level: 'ERROR', message: 'Unsettled runs not read', error: { message: 'no table' } },
      { message: 'Notification sent' },
      { message: 'Invocation failed' },
    ]);
  });

  it('fails when an alert cannot be told', async () => {
    tableHas([], [anAlertItem()]);
    sns.on(PublishCommand).rejects(new Error('no topic'));

    await expect(tick()).rejects.toThrow('Check incomplete: 1 notifications not sent; each');
    expect(output.logs()).toMatchObject([
      {
        level: 'ERROR',
        message: 'Notification not sent',
        alert: 'submit-refused#sales#1',
        error: { cause: { message: 'no topic' } },
      },
      { message: 'Invocation failed' },
    ]);
  });

  it('says where the search for lost events goes on that has more to list than a tick does', async () => {
    tableHas([]);
    dynamo.on(GetCommand).callsFake(({ Key }) => ({
      Item: { ...Key, startedAt: ago(Key.sk === 'narrow' ? 3_600_000 : 0) },
    }));
    let pages = 0;
    s3.on(ListObjectsV2Command).callsFake(() => {
      pages += 1;
      return { IsTruncated: true, NextContinuationToken: `token-${pages}`, $metadata: {} };
    });

    await tick();

    const [place] = output.logs();
    expect(place).toMatchObject({
      message: 'Search for arrivals goes on in the next tick',
      breadth: 'narrow',
      requests: pages,
      bucket: 'landing',
      prefix: expect.stringMatching(/^sales\/2/),
    });
    expect(dynamo.commandCalls(PutCommand).map(({ args: [{ input }] }) => input.Item)).toMatchObject([
      { pk: 'LISTING', sk: 'narrow', bucket: 'landing', prefix: place?.['prefix'] },
    ]);
  });

  it('leaves an alert to another who tells it at this moment', async () => {
    tableHas([], [anAlertItem()]);
    let tried = false;
    const first = anAlertItem();
    const second = { ...first, version: 2, notifiedOpening: 1 };
    dynamo
      .on(GetCommand)
      .callsFake(({ Key }) =>
        Key.pk === 'LISTING' ? { Item: { ...Key, startedAt: ago(0) } } : { Item: tried ? second : first },
      );
    dynamo.on(PutCommand).callsFake(() => {
      tried = true;
      throw conditionFailed();
    });

    expect(await tick()).toEqual({ runs: 0, unfinished: 0 });
    expect(sns.calls()).toEqual([]);
  });
});
