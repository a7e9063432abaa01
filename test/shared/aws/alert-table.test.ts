import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Alert, claimed, closed, dueAt, opened } from '../../../shared/alerts/alert.ts';
import { type AlertKind, KINDS } from '../../../shared/alerts/kinds.ts';
import { createAlertTable } from '../../../shared/aws/alert-table.ts';
import { mockAws } from '../../support/mock-aws.ts';

const dynamo = mockAws(DynamoDBClient);

const signal = new AbortController().signal;
const table = createAlertTable({ tableName: 'ledger' });
const openedAt = new Date('2026-11-22T00:00:00.000Z');

const alert = opened({ kind: 'feed-late', subject: 'sales#1', title: 'Late', body: 'Missing: orders' }, openedAt);

const conditionFailed = (item?: Record<string, AttributeValue>): ConditionalCheckFailedException =>
  new ConditionalCheckFailedException({
    $metadata: {},
    message: 'The conditional request failed',
    ...(item === undefined ? {} : { Item: item }),
  });

/** Puts an alert and gives its item. */
const itemOf = async (put: Alert): Promise<Record<string, AttributeValue>> => {
  dynamo.on(PutItemCommand).resolves({});
  await table.create(put, signal);
  return dynamo.commandCalls(PutItemCommand).at(-1)?.args[0].input.Item ?? {};
};

const anInstant = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') });
const aText = fc.string({ unit: 'grapheme', minLength: 1 });
const anAlert: fc.Arbitrary<Alert> = fc.record(
  {
    kind: fc.constantFrom(...(Object.keys(KINDS) as AlertKind[])),
    subject: aText,
    title: fc.string(),
    body: fc.string(),
    openings: fc.nat(),
    openedAt: anInstant,
    notifiedOpening: fc.nat(),
    notifiedClosing: fc.nat(),
    version: fc.nat(),
    feed: aText,
    queue: aText,
    details: fc.string(),
    notifyAt: anInstant,
    remindEveryMs: fc.nat(),
    lastNotifiedAt: anInstant,
    mutedUntil: anInstant,
    closedAt: anInstant,
    closing: fc.record({ title: fc.string(), body: fc.string() }),
    notifying: fc.record({ owner: aText, until: anInstant }),
  },
  {
    requiredKeys: [
      'kind',
      'subject',
      'title',
      'body',
      'openings',
      'openedAt',
      'notifiedOpening',
      'notifiedClosing',
      'version',
    ],
    noNullPrototype: true,
  },
);

describe('an item', () => {
  it('says what an operator looks for, and when somebody has to look at it again', async () => {
    expect(await itemOf(claimed(alert, 'me', openedAt))).toEqual({
      pk: { S: 'ALERT#feed-late#sales#1' },
      sk: { S: 'ALERT' },
      candidate: { S: 'ALERT' },
      candidateAt: { S: '2026-11-22T00:00:45.000Z' },
      kind: { S: 'feed-late' },
      subject: { S: 'sales#1' },
      title: { S: 'Late' },
      body: { S: 'Missing: orders' },
      openings: { N: '1' },
      openedAt: { S: '2026-11-22T00:00:00.000Z' },
      notifiedOpening: { N: '0' },
      notifiedClosing: { N: '0' },
      notifyingBy: { S: 'me' },
      notifyingUntil: { S: '2026-11-22T00:00:45.000Z' },
      version: { N: '2' },
    });
  });

  it('gives the alert back as it was put, and is in the index when something is due, or else while it is open', async () => {
    let item: Record<string, AttributeValue> | undefined;
    dynamo.on(PutItemCommand).callsFake((input) => {
      item = input.Item;
      return {};
    });
    dynamo.on(GetItemCommand).callsFake(() => ({ Item: item }));

    await fc.assert(
      fc.asyncProperty(anAlert, async (put) => {
        await table.create(put, signal);

        expect(await table.read('any', signal)).toEqual(put);
        const [name, at] =
          dueAt(put) !== undefined
            ? ['ALERT', dueAt(put)]
            : put.closedAt === undefined
              ? ['OPEN', put.openedAt]
              : [undefined, undefined];
        expect(item?.['candidateAt']?.S).toBe(at?.toISOString());
        expect(item?.['candidate']?.S).toBe(name);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['kind', { S: 'feed-lost' }],
    ['title', undefined],
    ['openings', undefined],
    ['version', { N: 'one' }],
    ['openedAt', { S: 'yesterday' }],
    ['closingBody', undefined],
  ])('that has no usable %s is refused by name', async (name, value) => {
    const whole = await itemOf(closed(alert, openedAt, { title: 'Here', body: 'All' }));
    const { [name]: _, ...item } = whole;
    dynamo.on(GetItemCommand).resolves({ Item: value === undefined ? item : { ...item, [name]: value } });

    await expect(table.read('feed-late#sales#1', signal)).rejects.toThrow(
      new Error(`Ledger item ALERT#feed-late#sales#1 has no usable ${name}`),
    );
  });
});

describe('create', () => {
  it('puts the alert where there is none', async () => {
    dynamo.on(PutItemCommand).resolves({});

    expect(await table.create(alert, signal)).toBeUndefined();
    expect(dynamo.commandCalls(PutItemCommand)[0]?.args[0].input).toMatchObject({
      TableName: 'ledger',
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
  });

  it('gives the alert that is there already', async () => {
    const item = await itemOf(claimed(alert, 'other', openedAt));
    dynamo.on(PutItemCommand).rejects(conditionFailed(item));

    expect(await table.create(alert, signal)).toEqual(claimed(alert, 'other', openedAt));
  });

  it.each([
    ['the table fails', new Error('500')],
    ['it does not say what is there', conditionFailed()],
  ])('rejects when %s', async (_when, error) => {
    dynamo.on(PutItemCommand).rejects(error);

    await expect(table.create(alert, signal)).rejects.toThrow(error);
  });
});

describe('read', () => {
  it('reads consistently, since an index or a stale copy decides nothing', async () => {
    dynamo.on(GetItemCommand).resolves({});

    expect(await table.read('feed-late#sales', signal)).toBeUndefined();
    expect(dynamo.commandCalls(GetItemCommand)[0]?.args[0].input).toEqual({
      TableName: 'ledger',
      Key: { pk: { S: 'ALERT#feed-late#sales' }, sk: { S: 'ALERT' } },
      ConsistentRead: true,
    });
  });
});

describe('replace', () => {
  it('puts the new version in the place of the one that was seen', async () => {
    dynamo.on(PutItemCommand).resolves({});

    expect(await table.replace(alert, claimed(alert, 'me', openedAt), signal)).toBe(true);
    expect(dynamo.commandCalls(PutItemCommand)[0]?.args[0].input).toMatchObject({
      Item: { version: { N: '2' } },
      ConditionExpression: '#version = :before',
      ExpressionAttributeNames: { '#version': 'version' },
      ExpressionAttributeValues: { ':before': { N: '1' } },
    });
  });

  it('says so when the alert has changed since', async () => {
    dynamo.on(PutItemCommand).rejects(conditionFailed());

    expect(await table.replace(alert, alert, signal)).toBe(false);
  });

  it('rejects when the table fails', async () => {
    dynamo.on(PutItemCommand).rejects(new Error('500'));

    await expect(table.replace(alert, alert, signal)).rejects.toThrow('500');
  });
});

describe('due', () => {
  const key = (id: string): Record<string, AttributeValue> => ({ pk: { S: `ALERT#${id}` }, sk: { S: 'ALERT' } });

  it('asks the index for what is due by now', async () => {
    dynamo.on(QueryCommand).resolves({ Items: [key('feed-late#a'), key('job-failed#b')] });

    expect(await table.due(openedAt, 200, signal)).toEqual(['feed-late#a', 'job-failed#b']);
    expect(dynamo.commandCalls(QueryCommand)[0]?.args[0].input).toEqual({
      TableName: 'ledger',
      IndexName: 'candidates',
      KeyConditionExpression: 'candidate = :alert AND candidateAt <= :now',
      ExpressionAttributeValues: { ':alert': { S: 'ALERT' }, ':now': { S: '2026-11-22T00:00:00.000Z' } },
      Limit: 200,
    });
  });

  it('reads on after a page, also after an empty one', async () => {
    dynamo
      .on(QueryCommand)
      .resolvesOnce({ Items: [key('a')], LastEvaluatedKey: key('a') })
      .resolvesOnce({ LastEvaluatedKey: key('b') })
      .resolvesOnce({ Items: [key('c')] });

    expect(await table.due(openedAt, 10, signal)).toEqual(['a', 'c']);
    expect(
      dynamo.commandCalls(QueryCommand).map(({ args: [{ input }] }) => [input.Limit, input.ExclusiveStartKey]),
    ).toEqual([
      [10, undefined],
      [9, key('a')],
      [9, key('b')],
    ]);
  });

  it('stops when it has as many as were asked for', async () => {
    dynamo.on(QueryCommand).resolves({ Items: [key('a'), key('b')], LastEvaluatedKey: key('b') });

    expect(await table.due(openedAt, 2, signal)).toEqual(['a', 'b']);
    expect(dynamo.commandCalls(QueryCommand)).toHaveLength(1);
  });

  it('leaves out what has no key', async () => {
    dynamo.on(QueryCommand).resolves({ Items: [{}, key('a')] });

    expect(await table.due(openedAt, 2, signal)).toEqual(['a']);
  });
});

it('hands every request the signal that ends it', async () => {
  dynamo.on(PutItemCommand).resolves({}).on(GetItemCommand).resolves({}).on(QueryCommand).resolves({});

  await table.create(alert, signal);
  await table.read('a', signal);
  await table.replace(alert, alert, signal);
  await table.due(openedAt, 1, signal);

  const options = dynamo.calls().map(({ args }: { args: unknown[] }) => args[1]);
  expect(options).toEqual(Array.from({ length: 4 }, () => ({ abortSignal: signal })));
});
