import { readFile } from 'node:fs/promises';
import { BatchClient } from '@aws-sdk/client-batch';
import { DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { aFeed } from '../../support/builders.ts';
import { captureOutput } from '../../support/captured-output.ts';
import { lambdaContext } from '../../support/lambda-context.ts';
import { aClaimedRunItem } from '../../support/ledger-builders.ts';
import { mockAws } from '../../support/mock-aws.ts';

vi.hoisted(() => {
  Object.assign(process.env, {
    STAGE: 'local',
    LEDGER_TABLE: 'breakaway-test-ledger',
    SUITE_BUCKET: 'breakaway-test-suite',
    POWERTOOLS_SERVICE_NAME: 'track-jobs',
    AWS_REGION: 'ap-northeast-1',
  });
});
vi.mock('breakaway:configuration', () => ({ feeds: [aFeed()] }));

const dynamo = mockAws(DynamoDBClient);
mockAws(BatchClient);
const output = captureOutput();

const JOB_ID = '4c7599ae-0a82-49aa-ba5a-4727fcce14a8';

let handler: typeof import('../../../functions/track-jobs/handler.ts')['handler'];
let state: string;

beforeAll(async () => {
  ({ handler } = await import('../../../functions/track-jobs/handler.ts'));
});

const event = async (file: string) => JSON.parse(await readFile(`events/track-jobs-${file}.json`, 'utf8'));

const aRunItem = () =>
  aClaimedRunItem({
    state: { S: state },
    jobId: { S: JOB_ID },
    submittedAt: { S: '2026-11-22T03:00:00.000Z' },
    attempts: { N: '1' },
  });

beforeEach(() => {
  state = 'submitted';
  dynamo.on(GetItemCommand).callsFake(({ Key }) => ({
    Item:
      Key.sk.S === 'JOB'
        ? { ...Key, feed: { S: 'sales' }, date: { S: '2026-11-22' }, values: { S: '{}' }, generation: { N: '1' } }
        : aRunItem(),
  }));
  dynamo.on(UpdateItemCommand).callsFake(({ ExpressionAttributeValues: values, UpdateExpression: change }) => {
    const [, placeholder = ''] = /^SET #0 = (:\d+)/.exec(change) ?? [];
    state = values[placeholder].S;
    return { Attributes: aRunItem() };
  });
});

describe('handler', () => {
  it('moves the run of a job', async () => {
    expect(await handler(await event('running'), lambdaContext())).toEqual({ batchItemFailures: [] });

    expect(output.logs()).toMatchObject([
      { message: 'Run moved with its job', run: 'sales@2026-11-22', state: 'running', jobId: JOB_ID },
    ]);
    expect(output.metrics()).toContainEqual(
      expect.objectContaining({ name: 'JobsStarted', value: 1, dimensions: { service: 'track-jobs', Feed: 'sales' } }),
    );
  });

  it('takes what SQS hands over, and settles the run when its job has ended', async () => {
    await handler(await event('sqs'), lambdaContext());

    expect(output.logs().map(({ message }) => message)).toEqual([
      'Run moved with its job',
      'Run moved with its job',
      'Run needs nothing',
    ]);
  });

  it('reports a record alone that cannot be read', async () => {
    const { Records } = await event('sqs');
    const bad = { ...Records[0], messageId: 'bad', body: '{"detail-type":"Batch Job State Change","region":"x"}' };

    const answer = await handler({ Records: [bad, Records[1]] }, lambdaContext());

    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'bad' }] });
    expect(output.logs()).toContainEqual(
      expect.objectContaining({ level: 'ERROR', message: 'Job not tracked', messageId: 'bad' }),
    );
    expect(output.metrics()).toContainEqual(expect.objectContaining({ name: 'RecordsFailed', value: 1 }));
  });

  it('rejects a plain event that it cannot handle, so that whoever invoked it is told', async () => {
    dynamo.on(GetItemCommand).rejects(new Error('no table'));

    await expect(handler(await event('running'), lambdaContext())).rejects.toThrow('no table');
  });

  it('lets a record come back when the rerun that followed could not be finished', async () => {
    const { Records } = await event('sqs');
    // Another handler holds the claim of the next generation.
    dynamo.on(GetItemCommand).callsFake(({ Key }) => ({
      Item:
        Key.sk.S === 'JOB'
          ? { ...Key, feed: { S: 'sales' }, date: { S: '2026-11-22' }, values: { S: '{}' }, generation: { N: '1' } }
          : aClaimedRunItem({ generation: { N: '2' }, leaseUntil: { S: '2099-01-01T00:00:00.000Z' } }),
    }));

    const answer = await handler({ Records: [Records[1]] }, lambdaContext());

    expect(answer.batchItemFailures).toHaveLength(1);
    expect(output.logs()).toContainEqual(
      expect.objectContaining({
        message: 'Job not tracked',
        error: expect.objectContaining({ message: 'Rerun not finished: claimed elsewhere' }),
      }),
    );
  });
});
