import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { createTickTable } from '../../../shared/aws/tick-table.ts';
import { mockAws } from '../../support/mock-aws.ts';

const dynamo = mockAws(DynamoDBClient);
const { signal } = new AbortController();
const ticks = createTickTable({ tableName: 'ledger', functionName: 'count-stuck-jobs' });

const NOW = new Date('2026-11-22T02:36:00.000Z');
const LATER = new Date('2026-11-22T02:41:00.000Z');

const refusal = (item?: Record<string, { S: string }>) =>
  new ConditionalCheckFailedException({ message: 'no', $metadata: {}, ...(item === undefined ? {} : { Item: item }) });

describe('begin', () => {
  it('takes the tick when nobody has it, and hears what to begin with', async () => {
    dynamo.on(UpdateItemCommand).resolves({ Attributes: { first: { L: [{ S: 'etl' }, { S: 'adhoc' }, { N: '1' }] } } });

    expect(await ticks.begin('me', NOW, LATER, signal)).toEqual({ kind: 'begun', first: ['etl', 'adhoc'] });
    expect(dynamo.commandCalls(UpdateItemCommand)[0]?.args[0].input).toMatchObject({
      TableName: 'ledger',
      Key: { pk: { S: 'TICK#count-stuck-jobs' }, sk: { S: 'TICK' } },
      ConditionExpression: 'attribute_not_exists(#owner) OR #owner = :owner OR leaseUntil <= :now',
      ExpressionAttributeValues: {
        ':owner': { S: 'me' },
        ':now': { S: NOW.toISOString() },
        ':until': { S: LATER.toISOString() },
      },
    });
  });

  it('begins with nothing of its own the first time', async () => {
    dynamo.on(UpdateItemCommand).resolves({});

    expect(await ticks.begin('me', NOW, LATER, signal)).toEqual({ kind: 'begun', first: [] });
  });

  it('hears until when another has it', async () => {
    dynamo
      .on(UpdateItemCommand)
      .rejectsOnce(refusal({ leaseUntil: { S: LATER.toISOString() } }))
      .rejects(refusal());

    expect(await ticks.begin('me', NOW, LATER, signal)).toEqual({ kind: 'busy', until: LATER });
    expect(await ticks.begin('me', NOW, LATER, signal)).toEqual({ kind: 'busy', until: NOW });
  });

  it('rejects when the table cannot be asked', async () => {
    dynamo.on(UpdateItemCommand).rejects(new Error('no table'));

    await expect(ticks.begin('me', NOW, LATER, signal)).rejects.toThrow('no table');
  });
});

describe('end', () => {
  it('gives the tick back and leaves what to begin with', async () => {
    dynamo.on(UpdateItemCommand).resolves({});

    await ticks.end('me', ['etl'], signal);

    expect(dynamo.commandCalls(UpdateItemCommand)[0]?.args[0].input).toMatchObject({
      UpdateExpression: 'SET #first = :first REMOVE #owner, leaseUntil',
      ConditionExpression: '#owner = :owner',
      ExpressionAttributeValues: { ':owner': { S: 'me' }, ':first': { L: [{ S: 'etl' }] } },
    });
  });

  it('leaves a tick alone that is another’s by now', async () => {
    dynamo.on(UpdateItemCommand).rejects(refusal());

    await expect(ticks.end('me', [], signal)).resolves.toBeUndefined();
  });

  it('rejects when the table cannot be asked', async () => {
    dynamo.on(UpdateItemCommand).rejects(new Error('no table'));

    await expect(ticks.end('me', [], signal)).rejects.toThrow('no table');
  });
});

describe('first seen', () => {
  it('reads the notes of every queue, on all pages', async () => {
    dynamo
      .on(QueryCommand)
      .resolvesOnce({
        Items: [
          { sk: { S: 'STARTING#etl' }, firstSeen: { M: { 'job-1': { N: String(NOW.getTime()) } } } },
          { firstSeen: { M: {} } },
        ],
        LastEvaluatedKey: { pk: { S: 'x' } },
      })
      .resolvesOnce({ Items: [{ sk: { S: 'STARTING#adhoc' } }] })
      .resolves({});

    expect(await ticks.firstSeen(signal)).toEqual(
      new Map([
        ['etl', new Map([['job-1', NOW]])],
        ['', new Map()],
        ['adhoc', new Map()],
      ]),
    );
    expect(await ticks.firstSeen(signal)).toEqual(new Map());
    expect(dynamo.commandCalls(QueryCommand)[1]?.args[0].input).toMatchObject({
      ConsistentRead: true,
      ExclusiveStartKey: { pk: { S: 'x' } },
    });
  });

  it('keeps the note of a queue', async () => {
    dynamo.on(PutItemCommand).resolves({});

    await ticks.keepFirstSeen('etl', new Map([['job-1', NOW]]), signal);

    expect(dynamo.commandCalls(PutItemCommand)[0]?.args[0].input).toEqual({
      TableName: 'ledger',
      Item: {
        pk: { S: 'TICK#count-stuck-jobs' },
        sk: { S: 'STARTING#etl' },
        firstSeen: { M: { 'job-1': { N: String(NOW.getTime()) } } },
      },
    });
  });
});
