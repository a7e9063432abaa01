/**
 * What is remembered of failures in the ledger table, for some days.
 *
 * | item | pk | sk |
 * | --- | --- | --- |
 * | failures of a queue in a window of time | `FAILURES#<queue>` | beginning of the window |
 * | jobs that fell with a job | `FALLEN#<job id>` | `FALLEN` |
 */
import { createHash } from 'node:crypto';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { SECOND_MS } from '../durations.ts';
import { clientSettings } from './client-settings.ts';

type Item = Record<string, AttributeValue>;

/** A failure that was only counted. */
export type CountedFailure = { readonly id: string; readonly title: string; readonly link: string };

export type FailureNotes = {
  takePlace(queue: string, window: Date, id: string, places: number, signal: AbortSignal): Promise<number | undefined>;
  addToBurst(
    queue: string,
    window: Date,
    failures: readonly CountedFailure[],
    samples: number,
    signal: AbortSignal,
  ): Promise<{ count: number; isAll: boolean; samples: CountedFailure[] }>;
  notedAmong(
    queue: string,
    window: Date,
    ids: readonly string[],
    signal: AbortSignal,
  ): Promise<{ counted: Set<string>; placed: Set<string> }>;
  addCascaded(dependency: string, jobs: readonly string[], signal: AbortSignal): Promise<void>;
  takeCascaded(dependency: string, signal: AbortSignal): Promise<Set<string>>;
  readCascaded(dependency: string, signal: AbortSignal): Promise<{ jobs: Set<string>; told: Set<string> }>;
};

const DAYS_KEPT = 14;
const DAY_SECONDS = 86_400;

/** An item holds 400 KB: so many hashes of eleven characters, so many ids of jobs, twice over. */
const MAX_COUNTED = 20_000;
const MAX_FALLEN = 2_000;

/** Short, since thousands are in one item; two failures of one queue and ten minutes never have the same. */
const hashOf = (id: string): string => createHash('sha256').update(id).digest('base64url').slice(0, 11);

const setOf = (item: Item | undefined, name: string): Set<string> => new Set(item?.[name]?.SS ?? []);

const windowKey = (queue: string, window: Date): Item => ({
  pk: { S: `FAILURES#${queue}` },
  sk: { S: window.toISOString() },
});

const fallenKey = (dependency: string): Item => ({ pk: { S: `FALLEN#${dependency}` }, sk: { S: 'FALLEN' } });

const samplesIn = (item: Item): CountedFailure[] => {
  const samples = (item['samples']?.L ?? []).flatMap(({ M }) => {
    const [id, title, link] = [M?.['id']?.S, M?.['title']?.S, M?.['link']?.S];
    return id === undefined || title === undefined || link === undefined ? [] : [{ id, title, link }];
  });
  // A list takes the same twice: from a write that was sent again, since its answer was lost.
  return [...new Map(samples.map((sample) => [sample.id, sample])).values()];
};

const sampleItem = ({ id, title, link }: CountedFailure): AttributeValue => ({
  M: { id: { S: id }, title: { S: title }, link: { S: link } },
});

/** Makes the notes of failures. */
export const createFailureNotes = ({
  tableName,
  now,
}: {
  readonly tableName: string;
  readonly now: () => Date;
}): FailureNotes => {
  const client = new DynamoDBClient(clientSettings());

  /** @returns the item after the change; `undefined` when its condition did not hold */
  const update = async (
    Key: Item,
    change: Pick<UpdateItemCommandInput, 'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeValues'>,
    abortSignal: AbortSignal,
  ): Promise<Item | undefined> => {
    try {
      const expressions = `${change.UpdateExpression} ${change.ConditionExpression}`;
      const names = new Set(expressions.match(/#\w+/g));
      const { Attributes } = await client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key,
          ...change,
          // Most plain names are reserved words somewhere.
          ExpressionAttributeNames: Object.fromEntries([...names].map((name) => [name, name.slice(1)])),
          ReturnValues: 'ALL_NEW',
        }),
        { abortSignal },
      );
      return Attributes ?? {};
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) {
        return undefined;
      }
      throw error;
    }
  };

  const read = async (Key: Item, abortSignal: AbortSignal): Promise<Item | undefined> => {
    const { Item: item } = await client.send(new GetItemCommand({ TableName: tableName, Key, ConsistentRead: true }), {
      abortSignal,
    });
    return item;
  };

  const expiry = (): AttributeValue => ({
    N: String(Math.ceil(now().getTime() / SECOND_MS) + DAYS_KEPT * DAY_SECONDS),
  });

  const addSamples = (
    queue: string,
    window: Date,
    samples: readonly CountedFailure[],
    most: number,
    signal: AbortSignal,
  ): Promise<Item | undefined> =>
    update(
      windowKey(queue, window),
      {
        UpdateExpression: 'SET #samples = list_append(if_not_exists(#samples, :none), :samples)',
        ConditionExpression: 'attribute_not_exists(#samples) OR size(#samples) < :most',
        ExpressionAttributeValues: {
          ':none': { L: [] },
          ':samples': { L: samples.map(sampleItem) },
          ':most': { N: String(most) },
        },
      },
      signal,
    );

  const countIn = (item: Item): number => {
    const counted = setOf(item, 'more');
    const placed = [...setOf(item, 'told')].filter((id) => counted.has(hashOf(id)));
    return counted.size - placed.length;
  };

  return {
    takePlace: async (queue, window, id, places, signal) => {
      const item = await update(
        windowKey(queue, window),
        {
          UpdateExpression: 'ADD #told :ids SET #expiresAt = :expiry',
          ConditionExpression: 'attribute_not_exists(#told) OR contains(#told, :id) OR size(#told) < :places',
          ExpressionAttributeValues: {
            ':ids': { SS: [id] },
            ':id': { S: id },
            ':places': { N: String(places) },
            ':expiry': expiry(),
          },
        },
        signal,
      );
      return item === undefined ? undefined : setOf(item, 'told').size;
    },

    addToBurst: async (queue, window, failures, most, signal) => {
      const key = windowKey(queue, window);
      const counted = await update(
        key,
        {
          UpdateExpression: 'ADD #more :hashes SET #expiresAt = :expiry',
          ConditionExpression: 'attribute_not_exists(#more) OR size(#more) < :most',
          ExpressionAttributeValues: {
            ':hashes': { SS: [...new Set(failures.map(({ id }) => hashOf(id)))] },
            ':most': { N: String(MAX_COUNTED) },
            ':expiry': expiry(),
          },
        },
        signal,
      );
      const item = counted ?? (await read(key, signal)) ?? {};
      const samples = samplesIn(item);
      const known = new Set([...samples.map(({ id }) => id), ...setOf(item, 'told')]);
      const fresh = failures.filter(({ id }) => !known.has(id)).slice(0, most - samples.length);
      const grown = fresh.length === 0 ? undefined : await addSamples(queue, window, fresh, most, signal);
      return {
        count: countIn(grown ?? item),
        isAll: counted !== undefined,
        samples: samplesIn(grown ?? item).slice(0, most),
      };
    },

    notedAmong: async (queue, window, ids, signal) => {
      const item = await read(windowKey(queue, window), signal);
      const [told, more] = [setOf(item, 'told'), setOf(item, 'more')];
      return {
        counted: new Set(ids.filter((id) => more.has(hashOf(id)) && !told.has(id))),
        placed: new Set(ids.filter((id) => told.has(id))),
      };
    },

    addCascaded: async (dependency, jobs, signal) => {
      // What is too much for the item is not counted: the message says "at least".
      await update(
        fallenKey(dependency),
        {
          UpdateExpression: 'ADD #jobs :jobs SET #expiresAt = :expiry',
          ConditionExpression: 'attribute_not_exists(#jobs) OR size(#jobs) < :most',
          ExpressionAttributeValues: {
            ':jobs': { SS: [...new Set(jobs)] },
            ':most': { N: String(MAX_FALLEN) },
            ':expiry': expiry(),
          },
        },
        signal,
      );
    },

    takeCascaded: async (dependency, signal) => {
      const item = await update(
        fallenKey(dependency),
        { UpdateExpression: 'SET #told = #jobs', ConditionExpression: 'attribute_exists(#jobs)' },
        signal,
      );
      return setOf(item, 'jobs');
    },

    readCascaded: async (dependency, signal) => {
      const item = await read(fallenKey(dependency), signal);
      return { jobs: setOf(item, 'jobs'), told: setOf(item, 'told') };
    },
  };
};
