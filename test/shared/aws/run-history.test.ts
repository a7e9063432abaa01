import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';
import { createRunHistory } from '../../../shared/aws/run-history.ts';
import { aRunItem } from '../../support/ledger-builders.ts';
import { mockAws } from '../../support/mock-aws.ts';

const dynamo = mockAws(DynamoDBClient);
const signal = new AbortController().signal;
const KEY = { feed: 'sales', date: '2026-11-22', values: {} };

it('reads every page of the earlier generations, consistently', async () => {
  const past = (generation: number) =>
    aRunItem({ sk: { S: `GEN#00000${generation}` }, generation: { N: String(generation) }, state: { S: 'failed' } });
  const next = { pk: { S: 'RUN#sales@2026-11-22' }, sk: { S: 'GEN#000001' } };
  dynamo
    .on(QueryCommand, { ExclusiveStartKey: undefined })
    .resolves({ Items: [past(1)], LastEvaluatedKey: next })
    .on(QueryCommand, { ExclusiveStartKey: next })
    .resolves({ Items: [past(2)] });

  const runs = await createRunHistory({ tableName: 'ledger' })(KEY, signal);

  expect(runs.map(({ generation, state }) => [generation, state])).toEqual([
    [1, 'failed'],
    [2, 'failed'],
  ]);
  expect(dynamo.commandCalls(QueryCommand)[0]?.args[0].input).toMatchObject({
    ConsistentRead: true,
    ExpressionAttributeValues: { ':run': { S: 'RUN#sales@2026-11-22' }, ':generation': { S: 'GEN#' } },
  });
});

it('finds none of a run that has run once', async () => {
  dynamo.on(QueryCommand).resolves({});

  expect(await createRunHistory({ tableName: 'ledger' })(KEY, signal)).toEqual([]);
});
