import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { createFeedStates } from '../../../shared/aws/feed-states.ts';
import { mockAws } from '../../support/mock-aws.ts';

const dynamo = mockAws(DynamoDBClient);
const states = createFeedStates({ tableName: 'ledger' });
const signal = new AbortController().signal;
const NOW = new Date('2026-11-22T03:00:00.000Z');
const notNews = new ConditionalCheckFailedException({ $metadata: {}, message: 'The conditional request failed' });

describe('createFeedStates', () => {
  it('reads every page of what is remembered, consistently', async () => {
    const late = [{ feed: 'sales', date: '2026-11-22', values: { shop: 'tokyo' } }];
    dynamo
      .on(QueryCommand, { ExclusiveStartKey: { pk: { S: 'FEED' } } })
      .resolves({ Items: [{ pk: { S: 'FEED' }, sk: { S: 'catalog' }, firstSeenAt: { S: NOW.toISOString() } }] })
      .on(QueryCommand, { ExclusiveStartKey: undefined })
      .resolves({
        Items: [
          {
            pk: { S: 'FEED' },
            sk: { S: 'sales' },
            firstSeenAt: { S: NOW.toISOString() },
            timesUntil: { S: NOW.toISOString() },
            late: { S: JSON.stringify(late) },
          },
        ],
        LastEvaluatedKey: { pk: { S: 'FEED' } },
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
    dynamo.on(QueryCommand).resolves({ Items: [{ pk: { S: 'FEED' }, sk: { S: 'sales' } }] });

    await expect(states.readAll(signal)).rejects.toThrow('Ledger item FEED sales has no usable firstSeenAt');
  });

  it('notes each thing on its own condition, and takes what is known already for done', async () => {
    dynamo.on(UpdateItemCommand).rejects(notNews);

    await states.noteFirstSeen('sales', NOW, signal);
    await states.noteTimesUntil('sales', NOW, signal);
    await states.noteLate('sales', [], signal);

    expect(
      dynamo
        .commandCalls(UpdateItemCommand)
        .map(({ args: [{ input }] }) => [
          input.ExpressionAttributeNames?.['#name'],
          input.ExpressionAttributeValues?.[':value']?.S,
          input.ConditionExpression,
        ]),
    ).toEqual([
      ['firstSeenAt', NOW.toISOString(), 'attribute_not_exists(#name)'],
      ['timesUntil', NOW.toISOString(), 'attribute_not_exists(#name) OR #name < :value'],
      ['late', '[]', undefined],
    ]);
  });

  it('rejects when the table cannot be asked', async () => {
    dynamo.on(UpdateItemCommand).rejects(new Error('table down'));

    await expect(states.noteFirstSeen('sales', NOW, signal)).rejects.toThrow('table down');
  });
});
