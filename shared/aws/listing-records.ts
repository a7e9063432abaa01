/**
 * What the search for lost events reads and keeps in the ledger table: the arrivals that are known, and how far it has come.
 *
 * | item | pk | sk |
 * | --- | --- | --- |
 * | how far a search has come | `LISTING` | its name |
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { BatchGetItemCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { RunKey } from '../feeds/run-key.ts';
import type { Arrival } from '../runs/run.ts';
import { clientSettings } from './client-settings.ts';
import { arrivalItemKey, type Item } from './ledger-items.ts';

/** When a search began, and where it goes on. */
export type ListingCursor = {
  readonly startedAt: Date;
  readonly position?: { readonly bucket: string; readonly prefix: string; readonly after?: string };
};

/** Which arrival of which run. */
export type ArrivalName = { readonly run: RunKey; readonly arrival: Pick<Arrival, 'slot' | 'bucket' | 'key'> };

export type ListingRecords = {
  /** Reads how far a search has come; `undefined` when it never began. */
  readCursor(search: string, signal: AbortSignal): Promise<ListingCursor | undefined>;
  keepCursor(search: string, cursor: ListingCursor): Promise<void>;
  /**
   * Reads the ETags of arrivals, in their order; `undefined` for one that is not recorded.
   *
   * @remarks One that was recorded a moment ago may seem not to be: to record it again changes nothing.
   */
  knownEtags(arrivals: readonly ArrivalName[], signal: AbortSignal): Promise<(string | undefined)[]>;
};

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
const MAX_KEYS = 100;

/** Keys that DynamoDB leaves out, since too much is asked of it, are asked for again. */
const MAX_TRIES = 8;
const BACKOFF_MS = 25;

const cursorKey = (search: string): Item => ({ pk: { S: 'LISTING' }, sk: { S: search } });

const idOf = (item: Item): string => JSON.stringify([item['pk']?.S, item['sk']?.S]);

const cursorOf = (item: Item): ListingCursor => {
  const startedAt = new Date(item['startedAt']?.S ?? Number.NaN);
  if (Number.isNaN(startedAt.getTime())) {
    throw new Error(`Ledger item LISTING ${item['sk']?.S} has no usable startedAt`);
  }
  const [bucket, prefix, after] = [item['bucket']?.S, item['prefix']?.S, item['after']?.S];
  return bucket === undefined || prefix === undefined
    ? { startedAt }
    : { startedAt, position: { bucket, prefix, ...(after === undefined ? {} : { after }) } };
};

/** Opens what the search for lost events reads and keeps. */
export const createListingRecords = ({ tableName }: { readonly tableName: string }): ListingRecords => {
  const client = new DynamoDBClient(clientSettings());

  const readBatch = async (keys: readonly Item[], abortSignal: AbortSignal): Promise<Item[]> => {
    const items: Item[] = [];
    let open = [...keys];
    for (let tried = 1; open.length > 0; tried += 1) {
      if (tried > MAX_TRIES) {
        throw new Error(`DynamoDB left ${open.length} arrivals unread after ${MAX_TRIES} tries`);
      }
      if (tried > 1) {
        await sleep(Math.random() * BACKOFF_MS * 2 ** tried, undefined, { signal: abortSignal });
      }
      const { Responses, UnprocessedKeys } = await client.send(
        new BatchGetItemCommand({
          RequestItems: {
            [tableName]: {
              Keys: open,
              ProjectionExpression: 'pk, sk, #etag',
              ExpressionAttributeNames: { '#etag': 'etag' },
            },
          },
        }),
        { abortSignal },
      );
      items.push(...(Responses?.[tableName] ?? []));
      open = UnprocessedKeys?.[tableName]?.Keys ?? [];
    }
    return items;
  };

  return {
    readCursor: async (search, abortSignal) => {
      const { Item: item } = await client.send(
        new GetItemCommand({ TableName: tableName, Key: cursorKey(search), ConsistentRead: true }),
        { abortSignal },
      );
      return item === undefined ? undefined : cursorOf(item);
    },

    keepCursor: async (search, { startedAt, position }) => {
      await client.send(
        new PutItemCommand({
          TableName: tableName,
          Item: {
            ...cursorKey(search),
            startedAt: { S: startedAt.toISOString() },
            ...(position === undefined ? {} : { bucket: { S: position.bucket }, prefix: { S: position.prefix } }),
            ...(position?.after === undefined ? {} : { after: { S: position.after } }),
          },
        }),
      );
    },

    knownEtags: async (arrivals, signal) => {
      const keys = arrivals.map(({ run, arrival }) => arrivalItemKey(run, arrival));
      const etags = new Map<string, string | undefined>();
      for (let start = 0; start < keys.length; start += MAX_KEYS) {
        for (const item of await readBatch(keys.slice(start, start + MAX_KEYS), signal)) {
          etags.set(idOf(item), item['etag']?.S);
        }
      }
      return keys.map((key) => etags.get(idOf(key)));
    },
  };
};
