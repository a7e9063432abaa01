import { DynamoDBDocumentClient, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { createFeedStates } from '../../../shared/aws/feed-states.ts';
import { conditionFailed } from '../../support/dynamo-errors.ts';
import { spelledOut } from '../../support/expressions.ts';
import { mockAws } from '../../support/mock-aws.ts';

const dynamo = mockAws(DynamoDBDocumentClient);
const states = createFeedStates({ tableName: 'ledger' });
const signal = new AbortController().signal;
const NOW = new Date('2026-11-22T03:00:00.000Z');

describe('createFeedStates', () => {
  it('reads every page of what is remembered, consistently', async () => {
    const late = [{ feed: 'sales', date: '2026-11-22', values: { shop: 'tokyo' } }];
    dynamo
      .on(QueryCommand, { ExclusiveStartKey: { pk: 'FEED' } })
      .resolves({ Items: [{ pk: 'FEED', sk: 'catalog', firstSeenAt: NOW.toISOString() }] })
      .on(QueryCommand, { ExclusiveStartKey: undefined })
      .resolves({
        Items: [
          {
            pk: 'FEED',
            sk: 'sales',
            firstSeenAt: NOW.toISOString(),
            timesUntil: NOW.toISOString(),
            late: JSON.stringify(late),
          },
        ],
        LastEvaluatedKey: { pk: 'FEED' },
      });

    expect(await states.readAll(signal)).toEqual(
      new Map([
        ['sales', { firstSeenAt: NOW, timesUntil: NOW, late }],
        ['catalog', { firstSeenAt: NOW, late: [] }],
      ]),
    );
    expect(dynamo.commandCalls(QueryCommand)[0]?.args[0].input).toMatchObject({
      TableName: 'ledger',
      ConsistentRead: true,
    });
  });

  it('says which item is broken', async () => {
    dynamo.on(QueryCommand).resolves({ Items: [{ pk: 'FEED', sk: 'sales' }] });

    await expect(states.readAll(signal)).rejects.toThrow('Ledger item FEED sales has no usable firstSeenAt');
  });

  it('notes each thing on its own condition, and takes what is known already for done', async () => {
    dynamo.on(UpdateCommand).rejects(conditionFailed());

    await states.noteFirstSeen('sales', NOW, signal);
    await states.noteTimesUntil('sales', NOW, signal);
    await states.noteLate('sales', [], signal);

    const at = NOW.toISOString();
    expect(dynamo.commandCalls(UpdateCommand).map(({ args: [{ input }] }) => spelledOut(input))).toEqual([
      { update: `SET firstSeenAt = ${at}`, condition: 'attribute_not_exists(firstSeenAt)' },
      {
        update: `SET timesUntil = ${at}`,
        condition: `(attribute_not_exists(timesUntil) OR timesUntil < ${at})`,
      },
      { update: 'SET late = []' },
    ]);
  });

  it('rejects when the table cannot be asked', async () => {
    dynamo.on(UpdateCommand).rejects(new Error('table down'));

    await expect(states.noteFirstSeen('sales', NOW, signal)).rejects.toThrow('table down');
  });
});
