import { readFile } from 'node:fs/promises';
import { BatchClient, DescribeJobsCommand, ListJobsCommand } from '@aws-sdk/client-batch';
import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { DynamoDBDocumentClient, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { handler } from '../../../functions/notify-failure/handler.ts';
import type { Item } from '../../../shared/aws/table.ts';
import { captureOutput } from '../../support/captured-output.ts';
import { conditionFailed } from '../../support/dynamo-errors.ts';
import { lambdaContext } from '../../support/lambda-context.ts';
import { mockAws } from '../../support/mock-aws.ts';

vi.hoisted(() => {
  Object.assign(process.env, {
    STAGE: 'local',
    LEDGER_TABLE: 'breakaway-test-ledger',
    ALERT_TOPIC_ARN: 'arn:aws:sns:ap-northeast-1:123456789012:breakaway-test-alerts',
    POWERTOOLS_SERVICE_NAME: 'notify-failure',
    AWS_REGION: 'ap-northeast-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
});
vi.mock('breakaway:configuration', () => ({ timeZone: 'Asia/Tokyo', feeds: [] }));

const dynamo = mockAws(DynamoDBDocumentClient);
const batch = mockAws(BatchClient);
const logs = mockAws(CloudWatchLogsClient);
const sns = mockAws(SNSClient);
const output = captureOutput();

const OWNER = {
  feed: 'northwind-sales',
  date: '2026-11-22',
  values: '{}',
  generation: 1,
};

beforeEach(() => {
  batch.on(DescribeJobsCommand).resolves({ jobs: [] });
  batch.on(ListJobsCommand).resolves({ jobSummaryList: [] });
  logs.on(GetLogEventsCommand).resolves({ events: [{ timestamp: 1, message: 'ValueError: line 40218' }] });
  sns.on(PublishCommand).resolves({});
  const items = new Map<string, Item>();
  dynamo.on(GetCommand).callsFake(({ Key }) => ({ Item: Key.sk === 'JOB' ? { ...Key, ...OWNER } : items.get(Key.pk) }));
  dynamo.on(PutCommand).callsFake(({ Item }) => {
    items.set(Item.pk, Item);
    return {};
  });
  dynamo.on(UpdateCommand).callsFake(({ Key, UpdateExpression: change }) => {
    // Nobody has noted jobs that fell.
    if (change === 'SET #0 = #1') {
      throw conditionFailed();
    }
    return { Attributes: { ...Key, placed: new Set(['a']), counted: new Set(['b']) } };
  });
});

const event = async (file: string) => JSON.parse(await readFile(`events/notify-failure-${file}.json`, 'utf8'));

const published = () => sns.commandCalls(PublishCommand).map(({ args: [{ input }] }) => input);

describe('handler', () => {
  it('tells what failed, with the end of its log', async () => {
    expect(await handler(await event('sqs'), lambdaContext())).toEqual({ batchItemFailures: [] });

    const [message, ...others] = published();
    expect(others).toEqual([]);
    expect(message?.Subject).toBe('[local] northwind-sales 2026-11-22: exit code 1');
    expect(message?.Message).toContain('ValueError: line 40218');
    expect(output.logs()).toMatchObject([
      { message: 'Notification sent', kind: 'job-failed' },
      { message: 'Failure notified', feed: 'northwind-sales', queue: 'recommendation-etl', reason: 'exit' },
    ]);
    expect(output.metrics()).toContainEqual(
      expect.objectContaining({
        name: 'AlertsTold',
        value: 1,
        dimensions: { service: 'notify-failure', Kind: 'job-failed' },
      }),
    );
  });

  it('tells it once', async () => {
    await handler(await event('sqs'), lambdaContext());
    await handler(await event('sqs'), lambdaContext());

    expect(published()).toHaveLength(1);
    expect(output.logs().at(-1)).toMatchObject({ message: 'Failure already known' });
  });

  it('only notes what comes by the queue without delay', async () => {
    await handler(await event('cascades-sqs'), lambdaContext());

    expect(published()).toEqual([]);
    expect(dynamo.commandCalls(UpdateCommand).map(({ args: [{ input }] }) => input.Key?.['pk'])).toEqual([
      'CASCADE#4c7599ae-0a82-49aa-ba5a-4727fcce14a8',
    ]);
    expect(output.logs()).toMatchObject([{ message: 'Failures folded', into: 'cascade', count: 1 }]);
    expect(output.metrics()).toContainEqual(expect.objectContaining({ name: 'FailuresFolded', value: 1 }));
  });

  it('tells of a blocked queue, unless that is over', async () => {
    await handler(await event('queue-blocked'), lambdaContext());
    const { detail } = await event('queue-blocked-undetermined');
    batch.on(DescribeJobsCommand).resolves({ jobs: [{ ...detail, status: 'RUNNING' }] });
    await handler(await event('queue-blocked-undetermined'), lambdaContext());

    expect(published().map((message) => message.Subject)).toEqual([
      '[local] Queue reporting is blocked: no machine is large enough',
    ]);
    expect(output.logs().map(({ message }) => message)).toEqual([
      'Notification sent',
      'Blocked queue notified',
      'Queue no longer blocked',
    ]);
  });

  it('does nothing about a job that has not failed', async () => {
    const { detail, ...rest } = await event('container');

    await handler({ ...rest, detail: { ...detail, status: 'RUNNING' } }, lambdaContext());

    expect(published()).toEqual([]);
    expect(output.logs()).toMatchObject([{ message: 'Job not failed', status: 'RUNNING' }]);
  });

  it('reports alone what it could not read or tell', async () => {
    sns.on(PublishCommand).rejects(new Error('not you'));
    const { Records } = await event('sqs');
    const bad = { ...Records[0], messageId: 'bad', body: '{}' };
    const blocked = { ...Records[0], messageId: 'blocked', body: JSON.stringify(await event('queue-blocked')) };

    const { batchItemFailures } = await handler({ Records: [bad, Records[0], blocked] }, lambdaContext());

    expect(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual([
      'bad',
      Records[0].messageId,
      'blocked',
    ]);
    expect(output.logs().map(({ level, message }) => [level, message])).toEqual([
      ['ERROR', 'Failure not notified'],
      ['ERROR', 'Failure not notified'],
      ['ERROR', 'Failure not notified'],
    ]);
    expect(output.metrics()).toContainEqual(expect.objectContaining({ name: 'RecordsFailed', value: 3 }));
  });

  it('lets come back, without a word of error, what fell with a job whose message is still to come', async () => {
    const { Records } = await event('cascades-sqs');
    const cascaded = JSON.parse(Records[0].body);
    cascaded.detail.stoppedAt = Date.now();
    const record = { ...Records[0], eventSourceARN: 'arn:x:job-failures', body: JSON.stringify(cascaded) };

    const { batchItemFailures } = await handler({ Records: [record] }, lambdaContext());

    expect(batchItemFailures).toHaveLength(1);
    expect(output.logs()).toMatchObject([{ level: 'INFO', message: 'Record put off' }]);
    expect(output.metrics()).toMatchObject([{ name: 'RecordsFailed', value: 0 }]);
  });

  it('rejects a plain event that it cannot handle, so that whoever invoked it is told', async () => {
    dynamo.on(GetCommand).rejects(new Error('no table'));

    await expect(handler(await event('container'), lambdaContext())).rejects.toThrow('no table');
  });
});
