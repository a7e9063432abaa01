/** What the table is asked. What the notes promise is in `failure-notes-contract.ts`; `test/local` holds a table to it. */
import { DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { createFailureNotes } from '../../../shared/aws/failure-notes.ts';
import { conditionFailed } from '../../support/dynamo-errors.ts';
import { spelledOut } from '../../support/expressions.ts';
import { mockAws } from '../../support/mock-aws.ts';

const dynamo = mockAws(DynamoDBDocumentClient);

const signal = new AbortController().signal;
const WINDOW = new Date('2026-11-22T03:00:00.000Z');
const notes = createFailureNotes({ tableName: 'ledger', now: () => new Date('2026-11-22T03:04:00.500Z') });

const aFailure = (id: string) => ({ id, title: `${id} failed`, link: `https://x/${id}` });

/** The members that a write adds to a set. */
const added = (values: Readonly<Record<string, unknown>> = {}): Set<string> =>
  Object.values(values).find((value) => value instanceof Set) ?? new Set();

const inputs = () => dynamo.commandCalls(UpdateCommand).map(({ args: [{ input }] }) => input);

describe('takePlace', () => {
  it('takes a place if one is free, in an item that ends after two weeks', async () => {
    dynamo.on(UpdateCommand).resolves({ Attributes: { placed: new Set(['a', 'b']) } });

    expect(await notes.takePlace('etl', WINDOW, 'b', 10, signal)).toBe(2);
    expect(inputs()).toMatchObject([
      {
        TableName: 'ledger',
        Key: { pk: 'FAILURES#etl', sk: '2026-11-22T03:00:00.000Z' },
        ReturnValues: 'ALL_NEW',
      },
    ]);
    expect(inputs().map(spelledOut)).toEqual([
      {
        update: `SET expiresAt = ${Date.parse('2026-12-06T03:04:01Z') / 1_000} ADD placed {b}`,
        condition: '(attribute_not_exists(placed) OR contains(placed, b) OR size(placed) < 10)',
      },
    ]);
  });

  it('has none where all are taken', async () => {
    dynamo.on(UpdateCommand).rejects(conditionFailed());

    expect(await notes.takePlace('etl', WINDOW, 'b', 10, signal)).toBeUndefined();
  });

  it('rejects when the table cannot be asked', async () => {
    dynamo.on(UpdateCommand).rejects(new Error('table down'));

    await expect(notes.takePlace('etl', WINDOW, 'b', 10, signal)).rejects.toThrow('table down');
  });
});

describe('addToBurst', () => {
  it('does not count what has got a place since', async () => {
    dynamo.on(UpdateCommand).callsFake(({ ExpressionAttributeValues: values }) => ({
      Attributes: { counted: added(values), placed: new Set(['a', 'z']) },
    }));

    const { count } = await notes.addToBurst('etl', WINDOW, [aFailure('a'), aFailure('b')], 0, signal);

    expect(count).toBe(1);
  });

  it('says "at least" where no more can be counted', async () => {
    dynamo.on(UpdateCommand).rejects(conditionFailed({ counted: new Set(['x', 'y']), samples: [{}, {}, {}] }));

    expect(await notes.addToBurst('etl', WINDOW, [aFailure('a')], 3, signal)).toEqual({
      count: 2,
      isAll: false,
      samples: [],
    });
  });

  it('counts none where even that is gone', async () => {
    dynamo.on(UpdateCommand).rejects(conditionFailed());

    expect(await notes.addToBurst('etl', WINDOW, [aFailure('a')], 3, signal)).toMatchObject({ count: 0, isAll: false });
  });

  it('tells a sample once, also when a write whose answer was lost has put it there twice', async () => {
    const sample = { id: 'x', title: 'x failed', link: 'https://x/x' };
    dynamo.on(UpdateCommand).resolves({ Attributes: { counted: new Set(['h']), samples: [sample, sample] } });

    expect(await notes.addToBurst('etl', WINDOW, [aFailure('x')], 5, signal)).toMatchObject({
      samples: [aFailure('x')],
    });
  });

  it('asks for no samples when it has enough, and passes over one that is none', async () => {
    const sample = { id: 'x', title: 'x failed', link: 'https://x/x' };
    dynamo.on(UpdateCommand).resolves({ Attributes: { counted: new Set(['h']), samples: [sample, 'odd'] } });

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
    dynamo.on(UpdateCommand).resolves({ Attributes: {} });
    await notes.addToBurst('etl', WINDOW, [aFailure('a'), aFailure('b')], 0, signal);
    const hashes = added(inputs()[0]?.ExpressionAttributeValues);
    dynamo.on(GetCommand).resolves({ Item: { counted: hashes, placed: new Set(['a']) } });

    expect(await notes.notedAmong('etl', WINDOW, ['a', 'b', 'c'], signal)).toEqual({
      counted: new Set(['b']),
      placed: new Set(['a']),
    });
  });
});

describe('fallen jobs', () => {
  it('are not noted beyond what the item holds', async () => {
    dynamo.on(UpdateCommand).rejects(conditionFailed());

    await notes.addCascaded('root', ['a', 'a'], signal);

    expect(inputs().map(spelledOut)).toEqual([
      {
        update: expect.stringMatching(/ADD jobs {a}$/),
        condition: '(attribute_not_exists(jobs) OR size(jobs) < 2000)',
      },
    ]);
  });

  it('are taken with what is written', async () => {
    dynamo.on(UpdateCommand).resolves({});

    expect(await notes.takeCascaded('root', signal)).toEqual(new Set());
    expect(inputs()[0]).toMatchObject({ Key: { pk: 'CASCADE#root', sk: 'CASCADE' } });
    expect(inputs().map(spelledOut)).toEqual([{ update: 'SET notified = jobs', condition: 'attribute_exists(jobs)' }]);
  });

  it('are read with those that a notification counts', async () => {
    dynamo
      .on(GetCommand)
      .resolvesOnce({ Item: { jobs: new Set(['a', 'b']), notified: new Set(['a']) } })
      .resolves({});

    expect(await notes.readCascaded('root', signal)).toEqual({ jobs: new Set(['a', 'b']), notified: new Set(['a']) });
    expect(await notes.readCascaded('root', signal)).toEqual({ jobs: new Set(), notified: new Set() });
  });
});
