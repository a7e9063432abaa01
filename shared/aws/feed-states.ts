/**
 * What is remembered of each feed, in the ledger table: one partition, so that one query reads all.
 *
 * | item | pk | sk |
 * | --- | --- | --- |
 * | state of a feed | `FEED` | `<feed>` |
 */
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DynamoDBClient,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { RunKey } from '../feeds/run-key.ts';
import type { FeedState, FeedStates } from '../runs/feed-states.ts';
import { clientSettings } from './client-settings.ts';

const PARTITION = 'FEED';

type Item = Record<string, AttributeValue>;

/** Reads which feed an item is of, and what is remembered of that. */
const stateOf = ({ sk, firstSeenAt, timesUntil, late }: Item): [feed: string, state: FeedState] => {
  const runs: RunKey[] = JSON.parse(late?.S ?? '[]');
  if (sk?.S === undefined || firstSeenAt?.S === undefined) {
    throw new Error(`Ledger item FEED ${sk?.S} has no usable firstSeenAt`);
  }
  const state = {
    firstSeenAt: new Date(firstSeenAt.S),
    ...(timesUntil?.S === undefined ? {} : { timesUntil: new Date(timesUntil.S) }),
    late: runs,
  };
  return [sk.S, state];
};

/** Opens what is remembered of the feeds; every method rejects when the table could not be asked. */
export const createFeedStates = ({ tableName }: { readonly tableName: string }): FeedStates => {
  const client = new DynamoDBClient(clientSettings());

  /** Sets one attribute of a feed's item, unless the condition says that it is not news. */
  const note = async (
    feed: string,
    [name, value]: readonly [name: string, value: string],
    condition: string | undefined,
    abortSignal: AbortSignal,
  ): Promise<void> => {
    const command = new UpdateItemCommand({
      TableName: tableName,
      Key: { pk: { S: PARTITION }, sk: { S: feed } },
      UpdateExpression: 'SET #name = :value',
      ...(condition === undefined ? {} : { ConditionExpression: condition }),
      ExpressionAttributeNames: { '#name': name },
      ExpressionAttributeValues: { ':value': { S: value } },
    });
    try {
      await client.send(command, { abortSignal });
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) {
        throw error;
      }
    }
  };

  return {
    readAll: async (abortSignal) => {
      const states = new Map<string, FeedState>();
      let start: Item | undefined;
      do {
        const { Items: items = [], LastEvaluatedKey: next } = await client.send(
          new QueryCommand({
            TableName: tableName,
            ConsistentRead: true,
            KeyConditionExpression: 'pk = :partition',
            ExpressionAttributeValues: { ':partition': { S: PARTITION } },
            ...(start === undefined ? {} : { ExclusiveStartKey: start }),
          }),
          { abortSignal },
        );
        for (const item of items) {
          states.set(...stateOf(item));
        }
        start = next;
      } while (start !== undefined);
      return states;
    },
    noteFirstSeen: (feed, now, signal) =>
      note(feed, ['firstSeenAt', now.toISOString()], 'attribute_not_exists(#name)', signal),
    noteTimesUntil: (feed, until, signal) =>
      note(feed, ['timesUntil', until.toISOString()], 'attribute_not_exists(#name) OR #name < :value', signal),
    noteLate: (feed, late, signal) => note(feed, ['late', JSON.stringify(late)], undefined, signal),
  };
};
