import { readFile } from 'node:fs/promises';
import { BatchClient, SubmitJobCommand } from '@aws-sdk/client-batch';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { aFeed } from '../../support/builders.ts';
import { captureOutput } from '../../support/captured-output.ts';
import { lambdaContext } from '../../support/lambda-context.ts';
import { aClaimedRunItem, anArrivalItem, aRunItem } from '../../support/ledger-builders.ts';
import { mockAws } from '../../support/mock-aws.ts';

vi.hoisted(() => {
  Object.assign(process.env, {
    STAGE: 'local',
    LEDGER_TABLE: 'breakaway-test-ledger',
    SUITE_BUCKET: 'breakaway-test-suite',
    POWERTOOLS_SERVICE_NAME: 'track-jobs',
    AWS_REGION: 'ap-northeast-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
});
vi.mock('breakaway:configuration', () => ({
  feeds: [aFeed({ batch: { parameters: { manifest: '{manifest}' } } })],
}));

// After the mock of the configuration, which needs the imports above.
const { handler } = await import('../../../functions/track-jobs/handler.ts');

const dynamo = mockAws(DynamoDBDocumentClient);
const batch = mockAws(BatchClient);
const s3 = mockAws(S3Client);
const output = captureOutput();

const JOB_ID = '4c7599ae-0a82-49aa-ba5a-4727fcce14a8';

let state: string;

const event = async (file: string) => JSON.parse(await readFile(`events/track-jobs-${file}.json`, 'utf8'));

const aTrackedRunItem = () =>
  aClaimedRunItem({
    state,
    jobId: JOB_ID,
    submittedAt: '2026-11-22T03:00:00.000Z',
    attempts: 1,
  });

beforeEach(() => {
  state = 'submitted';
  dynamo.on(GetCommand).callsFake(({ Key }) => ({
    Item:
      Key.sk === 'JOB' ? { ...Key, feed: 'sales', date: '2026-11-22', values: '{}', generation: 1 } : aTrackedRunItem(),
  }));
  dynamo.on(QueryCommand).callsFake(() => ({ Items: [aTrackedRunItem(), anArrivalItem()] }));
  dynamo.on(UpdateCommand).callsFake(({ ExpressionAttributeValues: values, UpdateExpression: change }) => {
    const [, placeholder = ''] = /^SET #0 = (:\d+)/.exec(change) ?? [];
    state = values[placeholder];
    return { Attributes: aTrackedRunItem() };
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
    dynamo.on(GetCommand).rejects(new Error('no table'));

    await expect(handler(await event('running'), lambdaContext())).rejects.toThrow('no table');
  });

  it('submits the rerun that waited for the end, with its manifest', async () => {
    const { Records } = await event('sqs');
    dynamo.on(QueryCommand).resolves({ Items: [aRunItem({ generation: 2, 'filled:orders': 1 }), anArrivalItem()] });
    dynamo.on(TransactWriteCommand).resolves({});
    s3.on(PutObjectCommand).resolves({});
    batch.on(SubmitJobCommand).resolves({ jobId: 'job-2' });

    expect(await handler({ Records: [Records[1]] }, lambdaContext())).toEqual({ batchItemFailures: [] });

    const [put] = s3.commandCalls(PutObjectCommand).map(({ args: [{ input }] }) => input);
    expect(put).toMatchObject({ Bucket: 'breakaway-test-suite', Key: expect.stringMatching(/^manifests\/sales\//) });
    expect(batch.commandCalls(SubmitJobCommand)[0]?.args[0].input.parameters).toEqual({
      manifest: expect.stringMatching(/^s3:\/\/breakaway-test-suite\/manifests\/sales\//),
    });
    expect(output.logs()).toContainEqual(
      expect.objectContaining({ message: 'Job submitted', generation: 2, jobId: 'job-2' }),
    );
  });

  it('lets a record come back when the rerun that followed could not be finished', async () => {
    const { Records } = await event('sqs');
    // Another handler holds the claim of the next generation.
    const next = aClaimedRunItem({ generation: 2, leaseUntil: '2099-01-01T00:00:00.000Z' });
    dynamo.on(QueryCommand).resolves({ Items: [next] });

    const answer = await handler({ Records: [Records[1]] }, lambdaContext());

    expect(answer.batchItemFailures).toHaveLength(1);
    expect(output.logs()).toContainEqual(
      expect.objectContaining({
        message: 'Job not tracked',
        error: expect.objectContaining({ message: 'Waiting runs not finished: claimed elsewhere' }),
      }),
    );
  });
});
