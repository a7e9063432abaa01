/** The ledger table in DynamoDB, for the adapters that keep their items in it. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
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
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { clientSettings } from './client-settings.ts';
import { type Change, type Condition, createPlaceholders, updateExpression, type Values } from './expressions.ts';
import { retryConflicts } from './write-conflicts.ts';

/** An item. It may have any shape when it was read: any version of the suite may have written it. */
export type Item = Values;

/** The primary key of an item. */
export type Key = { readonly pk: string; readonly sk: string };

/** A whole item to write. It replaces the item with the same key. */
export type Put = { readonly item: Key & Item; readonly condition?: Condition };

/** A change of one item. */
export type Update = { readonly key: Key; readonly change: Change; readonly condition?: Condition };

/** An item to delete. */
export type Delete = { readonly key: Key; readonly condition?: Condition };

/** One write of a transaction. */
export type TransactionWrite = ({ readonly kind: 'put' } & Put) | ({ readonly kind: 'update' } & Update);

/** The outcome of a write. */
export type Written =
  /** `item` is the item before or after the write, if the caller asked for it. */
  | { readonly kind: 'written'; readonly item: Item | undefined }
  /** The condition does not hold for `item`, which is `undefined` if the item does not exist. */
  | { readonly kind: 'failed'; readonly item: Item | undefined };

/** The outcome of a transaction. */
export type Transacted =
  | { readonly kind: 'written' }
  /** Nothing was written. For each write, `items` has the item that fails its condition. */
  | { readonly kind: 'failed'; readonly items: readonly (Item | undefined)[] };

/** A query of the table or of one of its indexes. */
export type Query = {
  /** A condition on the partition key and, perhaps, the sort key. */
  readonly keys: Condition;
  /** The index to read, which lags behind the table. Without it the table is read, consistently. */
  readonly index?: string;
  /** A condition on other attributes. DynamoDB reads what it hides, and a page may be empty. */
  readonly filter?: Condition;
  /** The greatest number of items to return. By default, all are returned. */
  readonly limit?: number;
  /** The greatest number of items in one request. By default, DynamoDB reads up to 1 MB. */
  readonly pageSize?: number;
};

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
const MAX_KEYS = 100;
const MAX_BATCH_TRIES = 8;
const BATCH_BACKOFF_MS = 25;

// By default, a number that JavaScript cannot hold exactly would hide the other items of its page.
const UNMARSHALL = { wrapNumbers: Number };

const unmarshalled = (item: Parameters<typeof unmarshall>[0] | undefined): Item | undefined =>
  item && unmarshall(item, UNMARSHALL);

const conditional = (tableName: string, condition: Condition | undefined, placeholders = createPlaceholders()) => ({
  TableName: tableName,
  ...(condition && {
    ConditionExpression: condition(placeholders),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  }),
  ...placeholders.attributes(),
});

const putInput = (tableName: string, { item, condition }: Put) => ({
  Item: item,
  ...conditional(tableName, condition),
});

const updateInput = (tableName: string, { key, change, condition }: Update) => {
  const placeholders = createPlaceholders();
  const expression = updateExpression(change, placeholders);
  return { Key: key, UpdateExpression: expression, ...conditional(tableName, condition, placeholders) };
};

const queryInput = (tableName: string, { keys, index, filter }: Query) => {
  const placeholders = createPlaceholders();
  return {
    TableName: tableName,
    KeyConditionExpression: keys(placeholders),
    ...(filter && { FilterExpression: filter(placeholders) }),
    ...(index === undefined ? { ConsistentRead: true } : { IndexName: index }),
    ...placeholders.attributes(),
  };
};

type Client = DynamoDBDocumentClient;

const createReads = (client: Client, tableName: string) => {
  /** Reads an item. An inconsistent read costs half, and may return an older version. */
  const get = async (key: Key, signal: AbortSignal, { isConsistent = true } = {}): Promise<Item | undefined> => {
    const command = new GetCommand({ TableName: tableName, Key: key, ConsistentRead: isConsistent });
    return (await client.send(command, { abortSignal: signal })).Item;
  };

  const getBatch = async (keys: readonly Key[], isConsistent: boolean, signal: AbortSignal): Promise<Item[]> => {
    const items: Item[] = [];
    let open: Item[] = [...keys];
    for (let tried = 0; open.length > 0; tried += 1) {
      if (tried === MAX_BATCH_TRIES) {
        throw new Error(`DynamoDB left ${open.length} items unread after ${MAX_BATCH_TRIES} tries`);
      }
      if (tried > 0) {
        await sleep(Math.random() * BATCH_BACKOFF_MS * 2 ** tried, undefined, { signal });
      }
      const request = { [tableName]: { Keys: open, ConsistentRead: isConsistent } };
      const command = new BatchGetCommand({ RequestItems: request });
      const { Responses, UnprocessedKeys } = await client.send(command, { abortSignal: signal });
      items.push(...(Responses?.[tableName] ?? []));
      open = UnprocessedKeys?.[tableName]?.Keys ?? [];
    }
    return items;
  };

  /** Reads page by page. A page may be empty without being the last. */
  const queryPages = async function* (query: Query, signal: AbortSignal): AsyncGenerator<readonly Item[]> {
    const input = queryInput(tableName, query);
    let open = query.limit ?? Number.POSITIVE_INFINITY;
    let start: Item | undefined;
    do {
      const size = Math.min(open, query.pageSize ?? Number.POSITIVE_INFINITY);
      const command = new QueryCommand({
        ...input,
        ...(Number.isFinite(size) && { Limit: size }),
        ...(start && { ExclusiveStartKey: start }),
      });
      const { Items: items, LastEvaluatedKey: next } = await client.send(command, { abortSignal: signal });
      if (items === undefined) {
        // To treat this as an empty page would hide a broken answer.
        throw new Error('Query answered without Items');
      }
      yield items;
      open -= items.length;
      start = next;
    } while (start !== undefined && open > 0);
  };

  return {
    get,
    queryPages,

    /** Reads all pages. */
    query: async (query: Query, signal: AbortSignal): Promise<Item[]> => {
      const items: Item[] = [];
      for await (const page of queryPages(query, signal)) {
        items.push(...page);
      }
      return items;
    },

    /** Reads many items, in no order. Items that do not exist are left out. */
    getAll: async (keys: readonly Key[], signal: AbortSignal, { isConsistent = true } = {}): Promise<Item[]> => {
      const items: Item[] = [];
      for (let start = 0; start < keys.length; start += MAX_KEYS) {
        items.push(...(await getBatch(keys.slice(start, start + MAX_KEYS), isConsistent, signal)));
      }
      return items;
    },

    /** Reads from the table the items that a page of an index names, without deleted items. */
    getFound: async (page: readonly Item[], signal: AbortSignal): Promise<Item[]> => {
      const keys = page.flatMap(({ pk, sk }) => (typeof pk === 'string' && typeof sk === 'string' ? [{ pk, sk }] : []));
      const items = await Promise.all(keys.map((key) => get(key, signal)));
      return items.filter((item) => item !== undefined);
    },
  };
};

const createWrites = (client: Client, tableName: string) => {
  const write = async (
    send: () => Promise<{ Attributes?: Item | undefined }>,
    signal: AbortSignal,
  ): Promise<Written> => {
    try {
      const { Attributes: item } = await retryConflicts(send, signal);
      return { kind: 'written', item };
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) {
        return { kind: 'failed', item: unmarshalled(error.Item) };
      }
      throw error;
    }
  };

  return {
    put: (put: Put, signal: AbortSignal): Promise<Written> =>
      write(() => client.send(new PutCommand(putInput(tableName, put)), { abortSignal: signal }), signal),

    update: (
      { returning = 'NONE', ...update }: Update & { readonly returning?: 'ALL_OLD' | 'ALL_NEW' | 'NONE' },
      signal: AbortSignal,
    ): Promise<Written> => {
      const input = { ...updateInput(tableName, update), ReturnValues: returning };
      return write(() => client.send(new UpdateCommand(input), { abortSignal: signal }), signal);
    },

    /** Deletes an item and returns it, if it existed. */
    delete: ({ key, condition }: Delete, signal: AbortSignal): Promise<Written> => {
      const input = { Key: key, ...conditional(tableName, condition), ReturnValues: 'ALL_OLD' as const };
      return write(() => client.send(new DeleteCommand(input), { abortSignal: signal }), signal);
    },

    /** Makes all writes or none. */
    transact: async (writes: readonly TransactionWrite[], signal: AbortSignal): Promise<Transacted> => {
      const items = writes.map((one) =>
        one.kind === 'put' ? { Put: putInput(tableName, one) } : { Update: updateInput(tableName, one) },
      );
      const send = () => client.send(new TransactWriteCommand({ TransactItems: items }), { abortSignal: signal });
      try {
        await retryConflicts(send, signal);
        return { kind: 'written' };
      } catch (error) {
        const reasons = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
        if (reasons.some(({ Code }) => Code === 'ConditionalCheckFailed')) {
          return { kind: 'failed', items: reasons.map(({ Item: item }) => unmarshalled(item)) };
        }
        throw error;
      }
    },
  };
};

/** The table as the adapters use it. */
export type Table = ReturnType<typeof createTable>;

/** Opens the table. Every method rejects when DynamoDB did not answer. */
export const createTable = ({ tableName }: { readonly tableName: string }) => {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(clientSettings()), {
    marshallOptions: { removeUndefinedValues: true },
    // A copy, since the client adds an option that `unmarshall` alone must not have.
    unmarshallOptions: { ...UNMARSHALL },
  });
  return { ...createReads(client, tableName), ...createWrites(client, tableName) };
};
