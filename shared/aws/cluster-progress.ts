/**
 * How far the metrics of EMR clusters are published, in the ledger table.
 *
 * | item | pk | sk |
 * | --- | --- | --- |
 * | watermark of a logical cluster | `WATERMARK#aggregate-emr-metrics#<name>` | `WATERMARK` |
 * | roster of the clusters | `WATERMARK#aggregate-emr-metrics` | `ROSTER` |
 */
import {
  type AttributeValue,
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Cluster } from '../clusters/cluster.ts';
import type { ClusterProgress } from '../clusters/progress.ts';
import { optionalFields } from '../fields.ts';
import { clientSettings } from './client-settings.ts';

type Item = Record<string, AttributeValue>;

const ROSTER_PARTITION = 'WATERMARK#aggregate-emr-metrics';
const PREFIX = `${ROSTER_PARTITION}#`;

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
const MAX_KEYS = 100;

const ROSTER_KEY: Item = { pk: { S: ROSTER_PARTITION }, sk: { S: 'ROSTER' } };

const watermarkKey = (name: string): Item => ({ pk: { S: `${PREFIX}${name}` }, sk: { S: 'WATERMARK' } });

const dateOf = (text: unknown, what: string): Date => {
  const date = new Date(typeof text === 'string' ? text : Number.NaN);
  if (Number.isNaN(date.getTime())) {
    throw new Error(`The ledger has no usable ${what}: ${JSON.stringify(text)}`);
  }
  return date;
};

const clusterOf = (value: unknown): Cluster => {
  const { id, name, createdAt, endedAt } = optionalFields(value);
  if (typeof id !== 'string' || typeof name !== 'string') {
    throw new Error(`The ledger has no usable cluster in its roster: ${JSON.stringify(value)}`);
  }
  return {
    id,
    name,
    createdAt: dateOf(createdAt, `creation time of cluster ${id}`),
    ...(endedAt === undefined ? {} : { endedAt: dateOf(endedAt, `end of cluster ${id}`) }),
  };
};

/** Opens the part of the ledger that the metrics of EMR clusters need. */
export const createClusterProgress = ({ tableName }: { readonly tableName: string }): ClusterProgress => {
  const client = new DynamoDBClient(clientSettings());

  const readItems = async (keys: Item[], abortSignal: AbortSignal): Promise<Item[]> => {
    const items: Item[] = [];
    let open = keys;
    while (open.length > 0) {
      const { Responses, UnprocessedKeys } = await client.send(
        new BatchGetItemCommand({
          RequestItems: { [tableName]: { Keys: open.slice(0, MAX_KEYS), ConsistentRead: true } },
        }),
        { abortSignal },
      );
      items.push(...(Responses?.[tableName] ?? []));
      open = [...(UnprocessedKeys?.[tableName]?.Keys ?? []), ...open.slice(MAX_KEYS)];
    }
    return items;
  };

  return {
    readWatermarks: async (names, signal) => {
      const items = await readItems(names.map(watermarkKey), signal);
      return new Map(
        items.map((item) => {
          const name = item['pk']?.S?.slice(PREFIX.length) ?? '';
          return [name, dateOf(item['until']?.S, `watermark of ${name}`)];
        }),
      );
    },

    advance: async (name, to, signal) => {
      try {
        await client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key: watermarkKey(name),
            UpdateExpression: 'SET #until = :to',
            ConditionExpression: 'attribute_not_exists(pk) OR #until < :to',
            ExpressionAttributeNames: { '#until': 'until' },
            ExpressionAttributeValues: { ':to': { S: to.toISOString() } },
          }),
          { abortSignal: signal },
        );
      } catch (error) {
        // It is there already, or further.
        if (!(error instanceof ConditionalCheckFailedException)) {
          throw error;
        }
      }
    },

    readRoster: async (abortSignal) => {
      const { Item: item } = await client.send(
        new GetItemCommand({ TableName: tableName, Key: ROSTER_KEY, ConsistentRead: true }),
        { abortSignal },
      );
      if (item === undefined) {
        return undefined;
      }
      const clusters: unknown = JSON.parse(item['clusters']?.S ?? 'null');
      if (!Array.isArray(clusters)) {
        throw new Error('The ledger has no usable clusters in its roster');
      }
      return {
        listedAt: dateOf(item['listedAt']?.S, 'listing time in its roster'),
        clusters: clusters.map(clusterOf),
      };
    },

    saveRoster: async ({ listedAt, clusters }, abortSignal) => {
      await client.send(
        new PutItemCommand({
          TableName: tableName,
          Item: {
            ...ROSTER_KEY,
            listedAt: { S: listedAt.toISOString() },
            clusters: { S: JSON.stringify(clusters) },
          },
        }),
        { abortSignal },
      );
    },
  };
};
