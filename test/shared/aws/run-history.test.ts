import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';
import { createRunHistory } from '../../../shared/aws/run-history.ts';
import { spelledOut } from '../../support/expressions.ts';
import { aRunItem } from '../../support/ledger-builders.ts';
import { mockAws } from '../../support/mock-aws.ts';

const dynamo = mockAws(DynamoDBDocumentClient);
const signal = new AbortController().signal;
const KEY = { feed: 'sales', date: '2026-11-22', values: {} };

it('reads every page of the earlier generations, consistently', async () => {
  const past = (generation: number) => aRunItem({ sk: `GEN#00000${generation}`, generation, state: 'failed' });
  const next = { pk: 'RUN#sales@2026-11-22', sk: 'GEN#000001' };
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
  const input = dynamo.commandCalls(QueryCommand)[0]?.args[0].input ?? {};
  expect(input).toMatchObject({ ConsistentRead: true });
  expect(spelledOut(input)).toEqual({ keys: 'pk = RUN#sales@2026-11-22 AND begins_with(sk, GEN#)' });
});

it('finds none of a run that has run once', async () => {
  dynamo.on(QueryCommand).resolves({ Items: [] });

  expect(await createRunHistory({ tableName: 'ledger' })(KEY, signal)).toEqual([]);
});
