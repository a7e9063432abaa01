import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';
import { createRunOfJob } from '../../../shared/aws/job-owners.ts';
import { mockAws } from '../../support/mock-aws.ts';

const dynamo = mockAws(DynamoDBDocumentClient);
const signal = new AbortController().signal;
const runOfJob = createRunOfJob({ tableName: 'ledger' });

it('finds the run of a job by its name', async () => {
  dynamo
    .on(GetCommand, { TableName: 'ledger', Key: { pk: 'JOB#a', sk: 'JOB' }, ConsistentRead: true })
    .resolves({ Item: { feed: 'sales', values: '{}', generation: 2 } });

  expect(await runOfJob('a', signal)).toEqual({ run: { feed: 'sales', values: {} }, generation: 2 });
});

it('knows none for a name that is not ours', async () => {
  dynamo.on(GetCommand).resolves({});

  expect(await runOfJob('a', signal)).toBeUndefined();
});
