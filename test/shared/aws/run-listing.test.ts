import { DynamoDBClient, GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';
import { createRunListing } from '../../../shared/aws/run-listing.ts';
import type { Run } from '../../../shared/runs/run.ts';
import { aRunItem } from '../../support/ledger-builders.ts';
import { mockAws } from '../../support/mock-aws.ts';

const dynamo = mockAws(DynamoDBClient);
const signal = new AbortController().signal;

it('lists by index, page by page, and reads each run from the table', async () => {
  const key = (day: number) => ({ pk: { S: `RUN#sales@2026-11-${day}` }, sk: { S: 'CURRENT' } });
  dynamo
    .on(QueryCommand, { ExclusiveStartKey: undefined })
    .resolves({ Items: [key(20), {}], LastEvaluatedKey: key(20) })
    .on(QueryCommand, { ExclusiveStartKey: key(20) })
    .resolves({ Items: [key(21), key(22)] })
    .on(GetItemCommand)
    .callsFake(({ Key }) =>
      Key.pk.S.endsWith('21') ? {} : { Item: aRunItem({ ...Key, date: { S: Key.pk.S.slice(-10) } }) },
    );

  const runs: Run[] = [];
  for await (const run of createRunListing({ tableName: 'ledger' })('sales', '2026-11-20', '2026-11-22', signal)) {
    runs.push(run);
  }

  expect(runs.map((run) => run.key.date)).toEqual(['2026-11-20', '2026-11-22']);
  expect(dynamo.commandCalls(QueryCommand)[0]?.args[0].input).toMatchObject({
    IndexName: 'runs',
    ExpressionAttributeValues: { ':feed': { S: 'sales' }, ':from': { S: '2026-11-20' }, ':to': { S: '2026-11-22~' } },
  });
  expect(dynamo.commandCalls(GetItemCommand).every(({ args: [{ input }] }) => input.ConsistentRead)).toBe(true);
});
