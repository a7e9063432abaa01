import { BatchGetItemCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it, vi } from 'vitest';
import { arrivalItem, type Item } from '../../../shared/aws/ledger-items.ts';
import { createListingRecords } from '../../../shared/aws/listing-records.ts';
import { anArrival } from '../../support/builders.ts';
import { mockAws } from '../../support/mock-aws.ts';

const dynamo = mockAws(DynamoDBClient);
const { signal } = new AbortController();
const records = createListingRecords({ tableName: 'ledger' });

const NOW = new Date('2026-11-22T03:00:00.000Z');
const RUN = { feed: 'sales', date: '2026-11-22', values: {} };

const named = (index: number) => ({ run: RUN, arrival: anArrival({ key: `sales/${index}`, etag: `etag-${index}` }) });

const keysAsked = (call: number): Item[] =>
  dynamo.commandCalls(BatchGetItemCommand)[call]?.args[0].input.RequestItems?.['ledger']?.Keys ?? [];

/** A table that has some of the arrivals, and answers in an order of its own. */
const tableHas = (...indexes: number[]) => {
  const items = indexes.map((index) => arrivalItem(RUN, named(index).arrival, NOW)).reverse();
  dynamo.on(BatchGetItemCommand).callsFake(({ RequestItems }) => ({
    Responses: {
      ledger: items.filter(({ sk }) => RequestItems.ledger.Keys.some((key: Item) => key['sk']?.S === sk?.S)),
    },
  }));
};

describe('knownEtags', () => {
  it('tells what is known of each arrival, in their order', async () => {
    tableHas(1, 3);

    expect(await records.knownEtags([1, 2, 3].map(named), signal)).toEqual(['etag-1', undefined, 'etag-3']);
  });

  it('asks for a hundred at a time, and for none without asking', async () => {
    tableHas(0, 204);

    const etags = await records.knownEtags(
      Array.from({ length: 205 }, (_, index) => named(index)),
      signal,
    );

    expect([0, 1, 2].map((call) => keysAsked(call).length)).toEqual([100, 100, 5]);
    expect(etags[0]).toBe('etag-0');
    expect(etags[204]).toBe('etag-204');
    expect(etags.filter((etag) => etag !== undefined)).toHaveLength(2);
    expect(await records.knownEtags([], signal)).toEqual([]);
    expect(dynamo.commandCalls(BatchGetItemCommand)).toHaveLength(3);
  });

  it('asks again for what DynamoDB left out', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.01);
    const items = [1, 2].map((index) => arrivalItem(RUN, named(index).arrival, NOW));
    const unread = { ledger: { Keys: [{ pk: items[1]?.['pk'], sk: items[1]?.['sk'] } as Item] } };
    dynamo
      .on(BatchGetItemCommand)
      .resolvesOnce({ Responses: { ledger: [items[0] as Item] }, UnprocessedKeys: unread })
      .resolvesOnce({ UnprocessedKeys: unread })
      .resolves({ Responses: { ledger: [items[1] as Item] }, UnprocessedKeys: {} });

    expect(await records.knownEtags([1, 2].map(named), signal)).toEqual(['etag-1', 'etag-2']);
    expect(keysAsked(2)).toEqual(unread.ledger.Keys);
    vi.restoreAllMocks();
  });

  it('rejects when DynamoDB goes on leaving something out, rather than take it for new', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    dynamo.on(BatchGetItemCommand).callsFake(({ RequestItems }) => ({ UnprocessedKeys: RequestItems }));

    await expect(records.knownEtags([1, 2].map(named), signal)).rejects.toThrow(
      'DynamoDB left 2 arrivals unread after 8 tries',
    );
    vi.restoreAllMocks();
  });
});

describe('cursor', () => {
  it.each([
    [{ startedAt: NOW }],
    [{ startedAt: NOW, position: { bucket: 'landing', prefix: '' } }],
    [{ startedAt: NOW, position: { bucket: 'landing', prefix: 'sales/', after: 'sales/é\n' } }],
  ])('reads %j as it was kept', async (cursor) => {
    dynamo.on(PutItemCommand).resolves({});
    await records.keepCursor('narrow', cursor);
    const item = dynamo.commandCalls(PutItemCommand)[0]?.args[0].input.Item;
    dynamo.on(GetItemCommand).resolves({ Item: item ?? {} });

    expect(await records.readCursor('narrow', signal)).toEqual(cursor);
    expect(dynamo.commandCalls(GetItemCommand)[0]?.args[0].input).toMatchObject({
      Key: { pk: item?.['pk'], sk: { S: 'narrow' } },
      ConsistentRead: true,
    });
  });

  it('is not there before the first search', async () => {
    dynamo.on(GetItemCommand).resolves({});

    expect(await records.readCursor('wide', signal)).toBeUndefined();
  });

  it('rejects an item that it cannot read, naming it', async () => {
    dynamo.on(GetItemCommand).resolves({ Item: { pk: { S: 'LISTING' }, sk: { S: 'wide' } } });

    await expect(records.readCursor('wide', signal)).rejects.toThrow('LISTING wide has no usable startedAt');
  });
});
