import { DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';
import { createRunListing } from '../../../shared/aws/run-listing.ts';
import type { Run } from '../../../shared/runs/run.ts';
import { spelledOut } from '../../support/expressions.ts';
import { aRunItem } from '../../support/ledger-builders.ts';
import { mockAws } from '../../support/mock-aws.ts';

const dynamo = mockAws(DynamoDBDocumentClient);
const signal = new AbortController().signal;

it('lists by index, page by page, and reads each run from the table', async () => {
  const key = (day: number) => ({ pk: `RUN#sales@2026-11-${day}`, sk: 'CURRENT' });
  dynamo
    .on(QueryCommand, { ExclusiveStartKey: undefined })
    .resolves({ Items: [key(20), {}], LastEvaluatedKey: key(20) })
    .on(QueryCommand, { ExclusiveStartKey: key(20) })
    .resolves({ Items: [key(21), key(22)] })
    .on(GetCommand)
    .callsFake(({ Key }) => (Key.pk.endsWith('21') ? {} : { Item: aRunItem({ ...Key, date: Key.pk.slice(-10) }) }));

  const runs: Run[] = [];
  for await (const run of createRunListing({ tableName: 'ledger' })('sales', '2026-11-20', '2026-11-22', signal)) {
    runs.push(run);
  }

  expect(runs.map((run) => run.key.date)).toEqual(['2026-11-20', '2026-11-22']);
  const input = dynamo.commandCalls(QueryCommand)[0]?.args[0].input ?? {};
  expect(input).toMatchObject({ IndexName: 'runs' });
  expect(spelledOut(input)).toEqual({ keys: 'feed = sales AND runAt BETWEEN 2026-11-20 AND 2026-11-22~' });
  expect(dynamo.commandCalls(GetCommand).every(({ args: [{ input }] }) => input.ConsistentRead)).toBe(true);
});
