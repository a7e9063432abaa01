import { DynamoDBDocumentClient, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { createTickTable } from '../../../shared/aws/tick-table.ts';
import { conditionFailed } from '../../support/dynamo-errors.ts';
import { spelledOut } from '../../support/expressions.ts';
import { mockAws } from '../../support/mock-aws.ts';

const dynamo = mockAws(DynamoDBDocumentClient);
const { signal } = new AbortController();
const ticks = createTickTable({ tableName: 'ledger', functionName: 'count-stuck-jobs' });

const NOW = new Date('2026-11-22T02:36:00.000Z');
const LATER = new Date('2026-11-22T02:41:00.000Z');

describe('begin', () => {
  it('takes the tick when nobody has it, and hears what to begin with', async () => {
    dynamo.on(UpdateCommand).resolves({ Attributes: { first: ['etl', 'adhoc', 1] } });

    expect(await ticks.begin('me', NOW, LATER, signal)).toEqual({ kind: 'begun', first: ['etl', 'adhoc'] });
    const input = dynamo.commandCalls(UpdateCommand)[0]?.args[0].input ?? {};
    expect(input).toMatchObject({ TableName: 'ledger', Key: { pk: 'TICK#count-stuck-jobs', sk: 'TICK' } });
    expect(spelledOut(input)).toEqual({
      update: 'SET owner = me, leaseUntil = 2026-11-22T02:41:00.000Z',
      condition: '(attribute_not_exists(owner) OR owner = me OR leaseUntil <= 2026-11-22T02:36:00.000Z)',
    });
  });

  it('begins with nothing of its own the first time', async () => {
    dynamo.on(UpdateCommand).resolves({});

    expect(await ticks.begin('me', NOW, LATER, signal)).toEqual({ kind: 'begun', first: [] });
  });

  it('hears until when another has it', async () => {
    dynamo
      .on(UpdateCommand)
      .rejectsOnce(conditionFailed({ leaseUntil: LATER.toISOString() }))
      .rejects(conditionFailed());

    expect(await ticks.begin('me', NOW, LATER, signal)).toEqual({ kind: 'busy', until: LATER });
    expect(await ticks.begin('me', NOW, LATER, signal)).toEqual({ kind: 'busy', until: NOW });
  });

  it('rejects when the table cannot be asked', async () => {
    dynamo.on(UpdateCommand).rejects(new Error('no table'));

    await expect(ticks.begin('me', NOW, LATER, signal)).rejects.toThrow('no table');
  });
});

describe('end', () => {
  it('gives the tick back and leaves what to begin with', async () => {
    dynamo.on(UpdateCommand).resolves({});

    await ticks.end('me', ['etl'], signal);

    expect(spelledOut(dynamo.commandCalls(UpdateCommand)[0]?.args[0].input ?? {})).toEqual({
      update: 'SET first = ["etl"] REMOVE owner, leaseUntil',
      condition: 'owner = me',
    });
  });

  it('leaves a tick alone that is another’s by now', async () => {
    dynamo.on(UpdateCommand).rejects(conditionFailed());

    await expect(ticks.end('me', [], signal)).resolves.toBeUndefined();
  });

  it('rejects when the table cannot be asked', async () => {
    dynamo.on(UpdateCommand).rejects(new Error('no table'));

    await expect(ticks.end('me', [], signal)).rejects.toThrow('no table');
  });
});

describe('first seen', () => {
  it('reads the notes of every queue, on all pages', async () => {
    dynamo
      .on(QueryCommand)
      .resolvesOnce({
        Items: [{ sk: 'STARTING#etl', firstSeen: { 'job-1': NOW.getTime() } }, { firstSeen: {} }],
        LastEvaluatedKey: { pk: 'x' },
      })
      .resolvesOnce({ Items: [{ sk: 'STARTING#adhoc' }] })
      .resolves({ Items: [] });

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
      ExclusiveStartKey: { pk: 'x' },
    });
  });

  it('keeps the note of a queue', async () => {
    dynamo.on(PutCommand).resolves({});

    await ticks.keepFirstSeen('etl', new Map([['job-1', NOW]]), signal);

    expect(dynamo.commandCalls(PutCommand)[0]?.args[0].input).toEqual({
      TableName: 'ledger',
      Item: {
        pk: 'TICK#count-stuck-jobs',
        sk: 'STARTING#etl',
        firstSeen: { 'job-1': NOW.getTime() },
      },
    });
  });
});
