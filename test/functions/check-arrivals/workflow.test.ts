/** What the tick does for feeds that wait for times, and for feeds that are due. */
import {
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Item } from '../../../shared/aws/table.ts';
import { type FaultProxy, startProxy } from '../../faults/proxy.ts';
import { aFeed, aTimeSlot } from '../../support/builders.ts';
import { captureOutput } from '../../support/captured-output.ts';
import { lambdaContext } from '../../support/lambda-context.ts';
import { aRunItem } from '../../support/ledger-builders.ts';
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
  timeZone: 'UTC',
  calendars: {},
  feeds: [
    // Late as soon as its date begins.
    aFeed({ timeZone: 'UTC', lookback: 0, due: { kind: 'offset', ms: 0 } }),
    aFeed({ name: 'minutely', timeZone: 'UTC', dateUnit: 'mm', slots: [aTimeSlot('* * * * *')] }),
  ],
}));

const dynamo = mockAws(DynamoDBDocumentClient);
const output = captureOutput();
let aws: FaultProxy;
let handler: typeof import('../../../functions/check-arrivals/handler.ts')['handler'];

beforeAll(async () => {
  aws = await startProxy(({ operation }) =>
    operation === 'SubmitJob' ? { status: 200, body: '{"jobId":"job-1","jobName":"n"}' } : { status: 200, body: '{}' },
  );
  vi.stubEnv('AWS_ENDPOINT_URL', aws.url);
  ({ handler } = await import('../../../functions/check-arrivals/handler.ts'));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await aws.close();
});

const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

const feedItem = (feed: string, differences: Item = {}): Item => ({
  pk: 'FEED',
  sk: feed,
  firstSeenAt: '2026-01-01T00:00:00.000Z',
  timesUntil: ago(0),
  ...differences,
});

const tableHas = (feeds: Item[], readRun: (feed: string, date: string) => Item | undefined = () => undefined): void => {
  dynamo
    .on(QueryCommand)
    .callsFake(({ ExpressionAttributeValues: values }) => ({ Items: values[':0'] === 'FEED' ? feeds : [] }))
    .on(GetCommand)
    .callsFake(({ Key }) => {
      const [, feed = '', date = ''] = /^RUN#(\w+)@(.*)$/.exec(Key.pk) ?? [];
      // The last search for lost events was just now.
      return Key.pk === 'LISTING' ? { Item: { ...Key, startedAt: ago(0) } } : { Item: readRun(feed, date) };
    })
    .on(PutCommand)
    .resolves({})
    .on(UpdateCommand)
    .resolves({})
    .on(TransactWriteCommand)
    .resolves({});
};

const tick = () => handler({}, lambdaContext());

const messages = (...wanted: string[]) =>
  output
    .logs()
    .filter(({ message }) => wanted.includes(String(message)))
    .map(({ message, feed, run, times }) => [message, run ?? feed, ...(times === undefined ? [] : [times])]);

const lateRuns = () =>
  aws.requests
    .filter(({ operation }) => operation === 'PutMetricData')
    .flatMap(({ body }) => JSON.parse(body).MetricData)
    .map(({ Dimensions, Value }) => [Dimensions[0]?.Value ?? 'all', Value]);

beforeEach(() => {
  aws.reset();
});

describe('handler', () => {
  it('opens the run of a date that has begun, tells that it is late, and how many are', async () => {
    tableHas([feedItem('sales'), feedItem('minutely')]);

    await tick();

    const today = new Date().toISOString().slice(0, 10);
    expect(messages('Run opened', 'Run late')).toEqual([
      ['Run opened', `sales@${today}`],
      ['Run late', `sales@${today}`],
    ]);
    expect(dynamo.commandCalls(PutCommand).map(({ args: [{ input }] }) => input.Item?.['pk'])).toEqual([
      `ALERT#feed-late#sales@${today}`,
    ]);
    expect(lateRuns()).toEqual([
      ['sales', 1],
      ['all', 1],
    ]);
  });

  it('opens the run of a time that has come, submits it, and says what it leaves out', async () => {
    tableHas([feedItem('sales'), feedItem('minutely', { timesUntil: ago(5) })], (feed, date) =>
      feed === 'minutely' ? aRunItem({ feed: feed, date: date }) : undefined,
    );

    await tick();

    expect(messages('Times skipped', 'Job submitted')).toEqual([
      ['Times skipped', 'minutely', 4],
      ['Job submitted', expect.stringMatching(/^minutely@\d{4}-\d\d-\d\dT\d\d:\d\d$/)],
    ]);
    expect(output.metrics()).toContainEqual(expect.objectContaining({ name: 'TimesSkipped', value: 4 }));
  });

  it('says of a run that it is late no more', async () => {
    const late = JSON.stringify([{ feed: 'sales', date: '2026-01-02', values: {} }]);
    tableHas([feedItem('sales', { late }), feedItem('minutely')]);

    await tick();

    expect(messages('Run no longer late')).toEqual([['Run no longer late', 'sales@2026-01-02']]);
  });

  it('gives no number where it does not know, and fails', async () => {
    tableHas([feedItem('sales'), feedItem('minutely')], () => {
      throw new Error('table down');
    });

    await expect(tick()).rejects.toThrow('Check incomplete: 1 feeds not checked for late runs; each is logged');

    expect(messages('Late runs of feed not checked')).toEqual([['Late runs of feed not checked', 'sales']]);
    expect(lateRuns()).toEqual([]);
  });

  it('does all else when it cannot read what is remembered of the feeds', async () => {
    tableHas([]);
    dynamo.on(QueryCommand).callsFake(({ ExpressionAttributeValues: values }) => {
      if (values[':0'] === 'FEED') {
        throw new Error('table down');
      }
      return { Items: [] };
    });

    await expect(tick()).rejects.toThrow(/all runs not opened.*all feeds not checked for late runs/);

    expect(dynamo.commandCalls(QueryCommand)).toHaveLength(4);
  });
});
