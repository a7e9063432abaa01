import { DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Alert, claimed, closed, dueAt, opened } from '../../../shared/alerts/alert.ts';
import { type AlertKind, KINDS } from '../../../shared/alerts/kinds.ts';
import { createAlertTable } from '../../../shared/aws/alert-table.ts';
import type { Item } from '../../../shared/aws/table.ts';
import { conditionFailed } from '../../support/dynamo-errors.ts';
import { spelledOut } from '../../support/expressions.ts';
import { mockAws } from '../../support/mock-aws.ts';

const dynamo = mockAws(DynamoDBDocumentClient);

const signal = new AbortController().signal;
const table = createAlertTable({ tableName: 'ledger' });
const openedAt = new Date('2026-11-22T00:00:00.000Z');

const alert = opened({ kind: 'feed-late', subject: 'sales#1', title: 'Late', body: 'Missing: orders' }, openedAt);

/** Puts an alert and gives its item. */
const itemOf = async (put: Alert): Promise<Item> => {
  dynamo.on(PutCommand).resolves({});
  await table.create(put, signal);
  return dynamo.commandCalls(PutCommand).at(-1)?.args[0].input.Item ?? {};
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
      pk: 'ALERT#feed-late#sales#1',
      sk: 'ALERT',
      candidate: 'ALERT',
      candidateAt: '2026-11-22T00:00:45.000Z',
      kind: 'feed-late',
      subject: 'sales#1',
      title: 'Late',
      body: 'Missing: orders',
      openings: 1,
      openedAt: '2026-11-22T00:00:00.000Z',
      notifiedOpening: 0,
      notifiedClosing: 0,
      notifyingBy: 'me',
      notifyingUntil: '2026-11-22T00:00:45.000Z',
      version: 2,
    });
  });

  it('gives the alert back as it was put, and is in the index when something is due, or else while it is open', async () => {
    let item: Item | undefined;
    dynamo.on(PutCommand).callsFake((input) => {
      item = input.Item;
      return {};
    });
    dynamo.on(GetCommand).callsFake(() => ({ Item: item }));

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
        expect(item?.['candidateAt']).toBe(at?.toISOString());
        expect(item?.['candidate']).toBe(name);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['kind', 'feed-lost'],
    ['title', undefined],
    ['openings', undefined],
    ['version', 'one'],
    ['openedAt', 'yesterday'],
    ['closingBody', undefined],
  ])('that has no usable %s is refused by name', async (name, value) => {
    const whole = await itemOf(closed(alert, openedAt, { title: 'Here', body: 'All' }));
    const { [name]: _, ...item } = whole;
    dynamo.on(GetCommand).resolves({ Item: value === undefined ? item : { ...item, [name]: value } });

    await expect(table.read('feed-late#sales#1', signal)).rejects.toThrow(
      new Error(`Ledger item ALERT#feed-late#sales#1 ALERT has no usable ${name}`),
    );
  });
});

describe('create', () => {
  it('puts the alert where there is none', async () => {
    dynamo.on(PutCommand).resolves({});

    expect(await table.create(alert, signal)).toBeUndefined();
    const input = dynamo.commandCalls(PutCommand)[0]?.args[0].input ?? {};
    expect(input).toMatchObject({ TableName: 'ledger', ReturnValuesOnConditionCheckFailure: 'ALL_OLD' });
    expect(spelledOut(input)).toEqual({ condition: 'attribute_not_exists(pk)' });
  });

  it('gives the alert that is there already', async () => {
    const item = await itemOf(claimed(alert, 'other', openedAt));
    dynamo.on(PutCommand).rejects(conditionFailed(item));

    expect(await table.create(alert, signal)).toEqual(claimed(alert, 'other', openedAt));
  });

  it.each([
    ['the table fails', new Error('500'), '500'],
    [
      'it does not say what is there',
      conditionFailed(),
      'Ledger item ALERT#feed-late#sales#1 ALERT has no usable kind',
    ],
  ])('rejects when %s', async (_when, error, message) => {
    dynamo.on(PutCommand).rejects(error);

    await expect(table.create(alert, signal)).rejects.toThrow(message);
  });
});

describe('read', () => {
  it('reads consistently, since an index or a stale copy decides nothing', async () => {
    dynamo.on(GetCommand).resolves({});

    expect(await table.read('feed-late#sales', signal)).toBeUndefined();
    expect(dynamo.commandCalls(GetCommand)[0]?.args[0].input).toEqual({
      TableName: 'ledger',
      Key: { pk: 'ALERT#feed-late#sales', sk: 'ALERT' },
      ConsistentRead: true,
    });
  });
});

describe('replace', () => {
  it('puts the new version in the place of the one that was seen', async () => {
    dynamo.on(PutCommand).resolves({});

    expect(await table.replace(alert, claimed(alert, 'me', openedAt), signal)).toBe(true);
    const input = dynamo.commandCalls(PutCommand)[0]?.args[0].input ?? {};
    expect(input).toMatchObject({ Item: { version: 2 } });
    expect(spelledOut(input)).toEqual({ condition: 'version = 1' });
  });

  it('says so when the alert has changed since', async () => {
    dynamo.on(PutCommand).rejects(conditionFailed());

    expect(await table.replace(alert, alert, signal)).toBe(false);
  });

  it('rejects when the table fails', async () => {
    dynamo.on(PutCommand).rejects(new Error('500'));

    await expect(table.replace(alert, alert, signal)).rejects.toThrow('500');
  });
});

describe('due', () => {
  const key = (id: string) => ({ pk: `ALERT#${id}`, sk: 'ALERT' });

  it('asks the index for what is due by now', async () => {
    dynamo.on(QueryCommand).resolves({ Items: [key('feed-late#a'), key('job-failed#b')] });

    expect(await table.due(openedAt, 200, signal)).toEqual(['feed-late#a', 'job-failed#b']);
    const input = dynamo.commandCalls(QueryCommand)[0]?.args[0].input ?? {};
    expect(input).toMatchObject({ TableName: 'ledger', IndexName: 'candidates', Limit: 200 });
    expect(spelledOut(input)).toEqual({ keys: 'candidate = ALERT AND candidateAt <= 2026-11-22T00:00:00.000Z' });
  });

  it('reads on after a page, also after an empty one', async () => {
    dynamo
      .on(QueryCommand)
      .resolvesOnce({ Items: [key('a')], LastEvaluatedKey: key('a') })
      .resolvesOnce({ Items: [], LastEvaluatedKey: key('b') })
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
  dynamo.on(PutCommand).resolves({}).on(GetCommand).resolves({}).on(QueryCommand).resolves({ Items: [] });

  await table.create(alert, signal);
  await table.read('a', signal);
  await table.replace(alert, alert, signal);
  await table.due(openedAt, 1, signal);

  const options = dynamo.calls().map(({ args }: { args: unknown[] }) => args[1]);
  expect(options).toEqual(Array.from({ length: 4 }, () => ({ abortSignal: signal })));
});
