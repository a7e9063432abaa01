import { TransactionConflictException } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  and,
  attributeNotExists,
  beginsWith,
  contains,
  equals,
  isAtMost,
  isGreater,
  or,
  sizeIsLess,
} from '../../../shared/aws/expressions.ts';
import { createTable, type Item, type Key, type Query, type TransactionWrite } from '../../../shared/aws/table.ts';
import { cancelled, conditionFailed, lost } from '../../support/dynamo-errors.ts';
import { spelledOut } from '../../support/expressions.ts';
import { mockAws } from '../../support/mock-aws.ts';

const dynamo = mockAws(DynamoDBDocumentClient);
const table = createTable({ tableName: 'ledger' });
const { signal } = new AbortController();

const KEY = { pk: 'RUN#sales', sk: 'CURRENT' };
const anItem = (differences: Item = {}) => ({ ...KEY, state: 'waiting', ...differences });
const keyOf = (number: number): Key => ({ pk: `RUN#${number}`, sk: 'CURRENT' });

const collect = async <Value>(values: AsyncIterable<Value>): Promise<Value[]> => {
  const collected: Value[] = [];
  for await (const value of values) {
    collected.push(value);
  }
  return collected;
};

beforeEach(() => {
  // No backoff.
  vi.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('get', () => {
  it('reads the newest version of an item', async () => {
    dynamo.on(GetCommand, { TableName: 'ledger', Key: KEY, ConsistentRead: true }).resolves({ Item: anItem() });

    expect(await table.get(KEY, signal)).toEqual(anItem());
  });

  it('reads for half the price where an older version will do', async () => {
    dynamo.on(GetCommand, { ConsistentRead: false }).resolves({});

    expect(await table.get(KEY, signal, { isConsistent: false })).toBeUndefined();
  });

  it('rejects when the table cannot be asked, which does not mean that there is no item', async () => {
    dynamo.on(GetCommand).rejects(new Error('socket hang up'));

    await expect(table.get(KEY, signal)).rejects.toThrow('socket hang up');
  });
});

describe('getAll', () => {
  const asked = () =>
    dynamo.commandCalls(BatchGetCommand).map(({ args: [{ input }] }) => input.RequestItems?.['ledger']?.Keys ?? []);

  it('reads a hundred items at a time, and none without a request', async () => {
    dynamo.on(BatchGetCommand).callsFake(({ RequestItems }) => ({ Responses: { ledger: RequestItems.ledger.Keys } }));
    const keys = Array.from({ length: 205 }, (_, number) => keyOf(number));

    expect(await table.getAll(keys, signal)).toEqual(keys);
    expect(await table.getAll([], signal)).toEqual([]);
    expect(asked().map((some) => some.length)).toEqual([100, 100, 5]);
  });

  it('leaves out what does not exist', async () => {
    dynamo.on(BatchGetCommand).resolvesOnce({ Responses: {} }).resolves({});

    expect(await table.getAll([KEY], signal)).toEqual([]);
    expect(await table.getAll([KEY], signal, { isConsistent: false })).toEqual([]);
    expect(
      dynamo
        .commandCalls(BatchGetCommand)
        .map(({ args: [{ input }] }) => input.RequestItems?.['ledger']?.ConsistentRead),
    ).toEqual([true, false]);
  });

  it('asks again for what DynamoDB left out', async () => {
    dynamo
      .on(BatchGetCommand)
      .resolvesOnce({ Responses: { ledger: [keyOf(1)] }, UnprocessedKeys: { ledger: { Keys: [keyOf(2)] } } })
      .resolves({ Responses: { ledger: [keyOf(2)] }, UnprocessedKeys: {} });

    expect(await table.getAll([keyOf(1), keyOf(2)], signal)).toEqual([keyOf(1), keyOf(2)]);
    expect(asked()[1]).toEqual([keyOf(2)]);
  });

  it('rejects when DynamoDB goes on leaving something out, so that it does not seem to be missing', async () => {
    dynamo.on(BatchGetCommand).callsFake(({ RequestItems }) => ({ UnprocessedKeys: RequestItems }));

    await expect(table.getAll([keyOf(1), keyOf(2)], signal)).rejects.toThrow(
      'DynamoDB left 2 items unread after 8 tries',
    );
  });
});

describe('query', () => {
  const inputs = () => dynamo.commandCalls(QueryCommand).map(({ args: [{ input }] }) => input);
  const due = and(equals('dueShard', 'DUE#7'), isAtMost('evaluateAt', '2026-11-22T03:00:00.000Z'));

  it('reads the table consistently, and every page', async () => {
    dynamo
      .on(QueryCommand)
      .resolvesOnce({ Items: [anItem()], LastEvaluatedKey: KEY })
      .resolves({ Items: [anItem({ sk: 'GEN#000001' })] });

    const items = await table.query({ keys: and(equals('pk', 'RUN#sales'), beginsWith('sk', 'GEN#')) }, signal);

    expect(items).toEqual([anItem(), anItem({ sk: 'GEN#000001' })]);
    expect(inputs()).toEqual([
      expect.objectContaining({ TableName: 'ledger', ConsistentRead: true }),
      expect.objectContaining({ ConsistentRead: true, ExclusiveStartKey: KEY }),
    ]);
    expect(inputs()[0]).not.toHaveProperty('ExclusiveStartKey');
    expect(inputs()[0]).not.toHaveProperty('Limit');
    expect(spelledOut(inputs()[0]!)).toEqual({ keys: 'pk = RUN#sales AND begins_with(sk, GEN#)' });
  });

  it('reads an index, which is never consistent', async () => {
    dynamo.on(QueryCommand).resolves({ Items: [] });

    expect(await table.query({ index: 'due', keys: due }, signal)).toEqual([]);
    expect(inputs()[0]).toMatchObject({ IndexName: 'due' });
    expect(inputs()[0]).not.toHaveProperty('ConsistentRead');
  });

  it('goes on behind a page that is empty, since a filter hid it', async () => {
    dynamo
      .on(QueryCommand)
      .resolvesOnce({ Items: [], LastEvaluatedKey: keyOf(1) })
      .resolvesOnce({ Items: [], LastEvaluatedKey: keyOf(2) })
      .resolves({ Items: [anItem()] });

    const pages = table.queryPages({ keys: due, filter: equals('state', 'waiting') }, signal);

    expect(await collect(pages)).toEqual([[], [], [anItem()]]);
    expect(spelledOut(inputs()[2]!)).toMatchObject({ filter: 'state = waiting' });
  });

  it.each<[string, Partial<Query>, (number | undefined)[]]>([
    ['until it has enough', { limit: 3 }, [3, 1]],
    ['in pages of a size', { pageSize: 2 }, [2, 2, 2]],
    ['until it has enough, in pages of a size', { limit: 5, pageSize: 2 }, [2, 2, 1]],
  ])('reads %s', async (_, query, limits) => {
    dynamo
      .on(QueryCommand)
      .resolvesOnce({ Items: [keyOf(1), keyOf(2)], LastEvaluatedKey: keyOf(2) })
      .resolvesOnce({ Items: query.limit === 3 ? [keyOf(3)] : [keyOf(3), keyOf(4)], LastEvaluatedKey: keyOf(4) })
      .resolves({ Items: [keyOf(5)] });

    const items = await table.query({ keys: due, ...query }, signal);

    expect(items).toHaveLength(query.limit ?? 5);
    expect(inputs().map(({ Limit }) => Limit)).toEqual(limits);
  });

  it('asks for no page that its caller does not want', async () => {
    dynamo.on(QueryCommand).resolves({ Items: [anItem()], LastEvaluatedKey: KEY });

    for await (const [item] of table.queryPages({ keys: due }, signal)) {
      expect(item).toEqual(anItem());
      break;
    }

    expect(inputs()).toHaveLength(1);
  });

  it('rejects an answer without a list, which does not say that there are no items', async () => {
    dynamo.on(QueryCommand).resolves({});

    await expect(table.query({ keys: due }, signal)).rejects.toThrow('Query answered without Items');
  });
});

describe('getFound', () => {
  it('reads each item from the table, without those that are gone or have no key', async () => {
    dynamo.on(GetCommand).resolves({});
    dynamo
      .on(GetCommand, { Key: keyOf(1), ConsistentRead: true })
      .resolves({ Item: { ...keyOf(1), state: 'waiting' } });
    dynamo.on(GetCommand, { Key: keyOf(3), ConsistentRead: true }).resolves({ Item: { ...keyOf(3), state: 'failed' } });

    expect(await table.getFound([keyOf(1), keyOf(2), { pk: 'RUN#4' }, {}, keyOf(3)], signal)).toEqual([
      { ...keyOf(1), state: 'waiting' },
      { ...keyOf(3), state: 'failed' },
    ]);
    expect(dynamo.commandCalls(GetCommand)).toHaveLength(3);
  });
});

describe('put', () => {
  it('writes a whole item', async () => {
    dynamo.on(PutCommand).resolves({});

    expect(await table.put({ item: anItem() }, signal)).toEqual({ kind: 'written' });
    expect(dynamo.commandCalls(PutCommand)[0]?.args[0].input).toEqual({ TableName: 'ledger', Item: anItem() });
  });

  it('writes on a condition, and says what is there where it does not hold', async () => {
    dynamo
      .on(PutCommand)
      .rejectsOnce(conditionFailed(anItem({ told: new Set(['a']) })))
      .rejects(conditionFailed());
    const put = { item: anItem(), condition: attributeNotExists('pk') };

    expect(await table.put(put, signal)).toEqual({ kind: 'failed', item: anItem({ told: new Set(['a']) }) });
    expect(await table.put(put, signal)).toEqual({ kind: 'failed' });
    const { input } = dynamo.commandCalls(PutCommand)[0]!.args[0];
    expect(input.ReturnValuesOnConditionCheckFailure).toBe('ALL_OLD');
    expect(spelledOut(input)).toEqual({ condition: 'attribute_not_exists(pk)' });
  });

  it('rejects when DynamoDB fails otherwise', async () => {
    dynamo.on(PutCommand).rejects(new Error('throttled'));

    await expect(table.put({ item: anItem() }, signal)).rejects.toThrow('throttled');
  });
});

describe('update', () => {
  const touch = {
    key: KEY,
    change: { add: { touched: 1 }, set: { evaluateAt: '03:00' } },
    condition: or(attributeNotExists('evaluateAt'), isGreater('evaluateAt', '03:00')),
  };

  it('changes an item on a condition, and returns it as it is then', async () => {
    dynamo.on(UpdateCommand).resolves({ Attributes: anItem({ touched: 1 }) });

    expect(await table.update({ ...touch, returning: 'ALL_NEW' }, signal)).toEqual({
      kind: 'written',
      item: anItem({ touched: 1 }),
    });
    const { input } = dynamo.commandCalls(UpdateCommand)[0]!.args[0];
    expect(input).toMatchObject({ TableName: 'ledger', Key: KEY, ReturnValues: 'ALL_NEW' });
    expect(spelledOut(input)).toEqual({
      update: 'SET evaluateAt = 03:00 ADD touched 1',
      condition: '(attribute_not_exists(evaluateAt) OR evaluateAt > 03:00)',
    });
  });

  it('returns nothing where nothing is asked for', async () => {
    dynamo.on(UpdateCommand).resolves({});

    expect(await table.update(touch, signal)).toEqual({ kind: 'written' });
    expect(dynamo.commandCalls(UpdateCommand)[0]?.args[0].input).toMatchObject({ ReturnValues: 'NONE' });
  });

  it('says what is there where the condition does not hold', async () => {
    dynamo.on(UpdateCommand).rejects(conditionFailed(anItem({ evaluateAt: '02:00' })));

    expect(await table.update(touch, signal)).toEqual({ kind: 'failed', item: anItem({ evaluateAt: '02:00' }) });
  });

  it('adds to a set as long as it is small', async () => {
    dynamo.on(UpdateCommand).resolves({});

    await table.update(
      {
        key: KEY,
        change: { add: { told: new Set(['a']) } },
        condition: or(attributeNotExists('told'), sizeIsLess('told', 3), contains('told', 'a')),
      },
      signal,
    );

    expect(spelledOut(dynamo.commandCalls(UpdateCommand)[0]!.args[0].input)).toEqual({
      update: 'ADD told {a}',
      condition: '(attribute_not_exists(told) OR size(told) < 3 OR contains(told, a))',
    });
  });

  it('is sent again when it meets a transaction on its item', async () => {
    const conflict = new TransactionConflictException({ $metadata: {}, message: 'Transaction is ongoing' });
    dynamo.on(UpdateCommand).rejectsOnce(conflict).resolves({});

    expect(await table.update(touch, signal)).toMatchObject({ kind: 'written' });
    expect(dynamo.commandCalls(UpdateCommand)).toHaveLength(2);
  });
});

describe('delete', () => {
  it('returns what it deleted', async () => {
    dynamo.on(DeleteCommand, { TableName: 'ledger', Key: KEY }).resolves({ Attributes: anItem() });

    expect(await table.delete({ key: KEY }, signal)).toEqual({ kind: 'written', item: anItem() });
  });

  it('deletes on a condition, and says what is there where it does not hold', async () => {
    dynamo.on(DeleteCommand).rejects(conditionFailed(anItem()));

    const deleted = await table.delete({ key: KEY, condition: equals('state', 'refused') }, signal);

    expect(deleted).toEqual({ kind: 'failed', item: anItem() });
    expect(spelledOut(dynamo.commandCalls(DeleteCommand)[0]!.args[0].input)).toEqual({ condition: 'state = refused' });
  });
});

describe('transact', () => {
  const writes: TransactionWrite[] = [
    { kind: 'put', item: anItem({ sk: 'GEN#000001' }), condition: attributeNotExists('pk') },
    { kind: 'update', key: KEY, change: { set: { state: 'claimed' } }, condition: equals('state', 'waiting') },
  ];
  const sent = () =>
    dynamo.commandCalls(TransactWriteCommand).map(({ args: [{ input }] }) => input.TransactItems ?? []);

  it('makes all of the writes', async () => {
    dynamo.on(TransactWriteCommand).resolves({});

    expect(await table.transact(writes, signal)).toEqual({ kind: 'written' });
    const [put, update] = sent()[0]!;
    expect(put?.Put).toMatchObject({ TableName: 'ledger', Item: anItem({ sk: 'GEN#000001' }) });
    expect(spelledOut(put!.Put!)).toEqual({ condition: 'attribute_not_exists(pk)' });
    expect(update?.Update).toMatchObject({
      TableName: 'ledger',
      Key: KEY,
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    expect(spelledOut(update!.Update!)).toEqual({ update: 'SET state = claimed', condition: 'state = waiting' });
  });

  it('makes none where a condition does not hold, and says which items are there', async () => {
    dynamo
      .on(TransactWriteCommand)
      .rejectsOnce(cancelled('None', lost(anItem({ state: 'failed' }))))
      .rejects(cancelled(lost(), 'TransactionConflict'));

    expect(await table.transact(writes, signal)).toEqual({
      kind: 'failed',
      items: [undefined, anItem({ state: 'failed' })],
    });
    expect(await table.transact(writes, signal)).toEqual({ kind: 'failed', items: [undefined, undefined] });
  });

  it.each(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'])(
    'is sent again after a %s, and only because of that',
    async (reason) => {
      dynamo.on(TransactWriteCommand).rejectsOnce(cancelled('None', reason)).resolves({});

      expect(await table.transact(writes, signal)).toEqual({ kind: 'written' });
      expect(sent()).toHaveLength(2);
    },
  );

  it('gives up after ten conflicts', async () => {
    dynamo.on(TransactWriteCommand).rejects(cancelled('TransactionConflict'));

    await expect(table.transact(writes, signal)).rejects.toThrow('Transaction cancelled');
    expect(sent()).toHaveLength(10);
  });

  it.each([
    ['was cancelled for a reason that will not pass', cancelled('ValidationError')],
    ['failed otherwise', new Error('socket hang up')],
  ])('is sent once if it %s', async (_, error) => {
    dynamo.on(TransactWriteCommand).rejects(error);

    await expect(table.transact(writes, signal)).rejects.toBe(error);
    expect(sent()).toHaveLength(1);
  });

  it('is sent again when DynamoDB names no reason', async () => {
    const unnamed = Object.assign(cancelled(), { CancellationReasons: undefined });
    dynamo.on(TransactWriteCommand).rejectsOnce(cancelled({})).rejects(unnamed);

    await expect(table.transact(writes, signal)).rejects.toBe(unnamed);
    expect(sent()).toHaveLength(10);
  });

  it('waits before it is sent again, no longer than its signal', async () => {
    vi.mocked(Math.random).mockReturnValue(1);
    dynamo.on(TransactWriteCommand).rejects(cancelled('TransactionConflict'));

    await expect(table.transact(writes, AbortSignal.timeout(20))).rejects.toMatchObject({ name: 'AbortError' });
    expect(sent()).toHaveLength(1);
  });
});
