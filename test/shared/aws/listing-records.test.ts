import { BatchGetCommand, DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { arrivalItem } from '../../../shared/aws/ledger-items.ts';
import { createListingRecords } from '../../../shared/aws/listing-records.ts';
import type { Item } from '../../../shared/aws/table.ts';
import { anArrival } from '../../support/builders.ts';
import { mockAws } from '../../support/mock-aws.ts';

const dynamo = mockAws(DynamoDBDocumentClient);
const { signal } = new AbortController();
const records = createListingRecords({ tableName: 'ledger' });

const NOW = new Date('2026-11-22T03:00:00.000Z');
const RUN = { feed: 'sales', date: '2026-11-22', values: {} };

const named = (index: number) => ({ run: RUN, arrival: anArrival({ key: `sales/${index}`, etag: `etag-${index}` }) });

const keysAsked = (call: number): Item[] =>
  dynamo.commandCalls(BatchGetCommand)[call]?.args[0].input.RequestItems?.['ledger']?.Keys ?? [];

/** A table that has some of the arrivals, and answers in an order of its own. */
const tableHas = (...indexes: number[]) => {
  const items = indexes.map((index) => arrivalItem(RUN, named(index).arrival, NOW)).reverse();
  dynamo.on(BatchGetCommand).callsFake(({ RequestItems }) => ({
    Responses: {
      ledger: items.filter(({ sk }) => RequestItems.ledger.Keys.some((key: Item) => key['sk'] === sk)),
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
    expect(dynamo.commandCalls(BatchGetCommand)).toHaveLength(3);
  });
});

describe('cursor', () => {
  it.each([
    [{ startedAt: NOW }],
    [{ startedAt: NOW, position: { bucket: 'landing', prefix: '' } }],
    [{ startedAt: NOW, position: { bucket: 'landing', prefix: 'sales/', after: 'sales/é\n' } }],
  ])('reads %j as it was kept', async (cursor) => {
    dynamo.on(PutCommand).resolves({});
    await records.keepCursor('narrow', cursor);
    const item = dynamo.commandCalls(PutCommand)[0]?.args[0].input.Item;
    dynamo.on(GetCommand).resolves({ Item: item ?? {} });

    expect(await records.readCursor('narrow', signal)).toEqual(cursor);
    expect(dynamo.commandCalls(GetCommand)[0]?.args[0].input).toMatchObject({
      Key: { pk: item?.['pk'], sk: 'narrow' },
      ConsistentRead: true,
    });
  });

  it('is not there before the first search', async () => {
    dynamo.on(GetCommand).resolves({});

    expect(await records.readCursor('wide', signal)).toBeUndefined();
  });

  it('rejects an item that it cannot read, naming it', async () => {
    dynamo.on(GetCommand).resolves({ Item: { pk: 'LISTING', sk: 'wide' } });

    await expect(records.readCursor('wide', signal)).rejects.toThrow('LISTING wide has no usable startedAt');
  });
});
