import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';
import { createRunOfJob } from '../../../shared/aws/job-owners.ts';
import { mockAws } from '../../support/mock-aws.ts';

const dynamo = mockAws(DynamoDBClient);
const signal = new AbortController().signal;
const runOfJob = createRunOfJob({ tableName: 'ledger' });

it('finds the run of a job by its name', async () => {
  dynamo
    .on(GetItemCommand, { TableName: 'ledger', Key: { pk: { S: 'JOB#a' }, sk: { S: 'JOB' } }, ConsistentRead: true })
    .resolves({ Item: { feed: { S: 'sales' }, values: { S: '{}' }, generation: { N: '2' } } });

  expect(await runOfJob('a', signal)).toEqual({ run: { feed: 'sales', values: {} }, generation: 2 });
});

it('knows none for a name that is not ours', async () => {
  dynamo.on(GetItemCommand).resolves({});

  expect(await runOfJob('a', signal)).toBeUndefined();
});
