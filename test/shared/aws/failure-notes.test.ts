/** What the table is asked. What the notes promise is in `failure-notes-contract.ts`; `test/local` holds a table to it. */
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { createFailureNotes } from '../../../shared/aws/failure-notes.ts';
import { mockAws } from '../../support/mock-aws.ts';

const dynamo = mockAws(DynamoDBClient);

const signal = new AbortController().signal;
const WINDOW = new Date('2026-11-22T03:00:00.000Z');
const notes = createFailureNotes({ tableName: 'ledger', now: () => new Date('2026-11-22T03:04:00.500Z') });

const conditionFailed = () =>
  new ConditionalCheckFailedException({ $metadata: {}, message: 'The conditional request failed' });

const aFailure = (id: string) => ({ id, title: `${id} failed`, link: `https://x/${id}` });

const inputs = () => dynamo.commandCalls(UpdateItemCommand).map(({ args: [{ input }] }) => input);

describe('takePlace', () => {
  it('takes a place if one is free, in an item that ends after two weeks', async () => {
    dynamo.on(UpdateItemCommand).resolves({ Attributes: { told: { SS: ['a', 'b'] } } });

    expect(await notes.takePlace('etl', WINDOW, 'b', 10, signal)).toBe(2);
    expect(inputs()).toEqual([
      {
        TableName: 'ledger',
        Key: { pk: { S: 'FAILURES#etl' }, sk: { S: '2026-11-22T03:00:00.000Z' } },
        UpdateExpression: 'ADD #told :ids SET #expiresAt = :expiry',
        ConditionExpression: 'attribute_not_exists(#told) OR contains(#told, :id) OR size(#told) < :places',
        ExpressionAttributeNames: { '#told': 'told', '#expiresAt': 'expiresAt' },
        ExpressionAttributeValues: {
          ':ids': { SS: ['b'] },
          ':id': { S: 'b' },
          ':places': { N: '10' },
          ':expiry': { N: String(Date.parse('2026-12-06T03:04:01Z') / 1_000) },
        },
        ReturnValues: 'ALL_NEW',
      },
    ]);
  });

  it('has none where all are taken', async () => {
    dynamo.on(UpdateItemCommand).rejects(conditionFailed());

    expect(await notes.takePlace('etl', WINDOW, 'b', 10, signal)).toBeUndefined();
  });

  it('rejects when the table cannot be asked', async () => {
    dynamo.on(UpdateItemCommand).rejects(new Error('table down'));

    await expect(notes.takePlace('etl', WINDOW, 'b', 10, signal)).rejects.toThrow('table down');
  });
});

describe('addToBurst', () => {
  it('does not count what has got a place since', async () => {
    dynamo.on(UpdateItemCommand).callsFake(({ ExpressionAttributeValues: values }) => ({
      Attributes: { more: { SS: values[':hashes']?.SS ?? [] }, told: { SS: ['a', 'z'] } },
    }));

    const { count } = await notes.addToBurst('etl', WINDOW, [aFailure('a'), aFailure('b')], 0, signal);

    expect(count).toBe(1);
  });

  it('says "at least" where no more can be counted', async () => {
    dynamo.on(UpdateItemCommand).rejects(conditionFailed());
    dynamo.on(GetItemCommand).resolves({ Item: { more: { SS: ['x', 'y'] } } });

    expect(await notes.addToBurst('etl', WINDOW, [aFailure('a')], 3, signal)).toEqual({
      count: 2,
      isAll: false,
      samples: [],
    });
  });

  it('counts none where even that is gone', async () => {
    dynamo.on(UpdateItemCommand).rejects(conditionFailed());
    dynamo.on(GetItemCommand).resolves({});

    expect(await notes.addToBurst('etl', WINDOW, [aFailure('a')], 3, signal)).toMatchObject({ count: 0, isAll: false });
  });

  it('tells a sample once, also when a write whose answer was lost has put it there twice', async () => {
    const sample = { M: { id: { S: 'x' }, title: { S: 'x failed' }, link: { S: 'https://x/x' } } };
    dynamo.on(UpdateItemCommand).resolves({ Attributes: { more: { SS: ['h'] }, samples: { L: [sample, sample] } } });

    expect(await notes.addToBurst('etl', WINDOW, [aFailure('x')], 5, signal)).toMatchObject({
      samples: [aFailure('x')],
    });
  });

  it('asks for no samples when it has enough, and passes over one that is none', async () => {
    const sample = { M: { id: { S: 'x' }, title: { S: 'x failed' }, link: { S: 'https://x/x' } } };
    dynamo
      .on(UpdateItemCommand)
      .resolves({ Attributes: { more: { SS: ['h'] }, samples: { L: [sample, { S: 'odd' }] } } });

    expect(await notes.addToBurst('etl', WINDOW, [aFailure('a')], 1, signal)).toEqual({
      count: 1,
      isAll: true,
      samples: [aFailure('x')],
    });
    expect(inputs()).toHaveLength(1);
  });
});

describe('notedAmong', () => {
  it('tells apart what had a place and what was only counted', async () => {
    dynamo.on(UpdateItemCommand).resolves({ Attributes: {} });
    await notes.addToBurst('etl', WINDOW, [aFailure('a'), aFailure('b')], 0, signal);
    const hashes = inputs()[0]?.ExpressionAttributeValues?.[':hashes']?.SS ?? [];
    dynamo.on(GetItemCommand).resolves({ Item: { more: { SS: hashes }, told: { SS: ['a'] } } });

    expect(await notes.notedAmong('etl', WINDOW, ['a', 'b', 'c'], signal)).toEqual({
      counted: new Set(['b']),
      placed: new Set(['a']),
    });
  });
});

describe('fallen jobs', () => {
  it('are not noted beyond what the item holds', async () => {
    dynamo.on(UpdateItemCommand).rejects(conditionFailed());

    await notes.addCascaded('root', ['a', 'a'], signal);

    expect(inputs()[0]?.ExpressionAttributeValues).toMatchObject({ ':jobs': { SS: ['a'] }, ':most': { N: '2000' } });
  });

  it('are taken with what is written', async () => {
    dynamo.on(UpdateItemCommand).resolves({});

    expect(await notes.takeCascaded('root', signal)).toEqual(new Set());
    expect(inputs()[0]).toMatchObject({
      Key: { pk: { S: 'FALLEN#root' }, sk: { S: 'FALLEN' } },
      UpdateExpression: 'SET #told = #jobs',
      ConditionExpression: 'attribute_exists(#jobs)',
    });
    expect(inputs()[0]).not.toHaveProperty('ExpressionAttributeValues');
  });
});
