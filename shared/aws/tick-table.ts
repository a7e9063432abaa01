/**
 * What a scheduled function leaves to its next tick, in the ledger table.
 *
 * | item | pk | sk |
 * | --- | --- | --- |
 * | the tick at work, and what to begin the next with | `TICK#<function>` | `TICK` |
 * | when the STARTING jobs of a queue were first seen | `TICK#<function>` | `STARTING#<queue>` |
 */
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { clientSettings } from './client-settings.ts';

export type TickTable = {
  /**
   * Begins a tick, unless another is at work. Safe to repeat for the same owner.
   *
   * @param until - from then on, others take it that this one has died
   * @returns what the tick before left to begin with; or until when another may be at work
   */
  begin(
    owner: string,
    now: Date,
    until: Date,
    signal: AbortSignal,
  ): Promise<
    { readonly kind: 'begun'; readonly first: readonly string[] } | { readonly kind: 'busy'; readonly until: Date }
  >;
  /** Ends a tick and leaves what the next should begin with; nothing happens when it is another's by now. */
  end(owner: string, first: readonly string[], signal: AbortSignal): Promise<void>;
  /** Reads by queue when STARTING jobs were first seen. */
  firstSeen(signal: AbortSignal): Promise<Map<string, Map<string, Date>>>;
  /** Replaces what {@link TickTable.firstSeen} tells of a queue. */
  keepFirstSeen(queue: string, jobs: ReadonlyMap<string, Date>, signal: AbortSignal): Promise<void>;
};

type Item = Record<string, AttributeValue>;

const TICK = 'TICK';
const STARTING = 'STARTING#';

const textsOf = (value: AttributeValue | undefined): string[] => (value?.L ?? []).flatMap(({ S }) => S ?? []);

const datesOf = (value: AttributeValue | undefined): Map<string, Date> =>
  new Map(Object.entries(value?.M ?? {}).map(([job, at]) => [job, new Date(Number(at.N))]));

/** Opens what a function leaves to its next tick. */
export const createTickTable = ({
  tableName,
  functionName,
}: {
  readonly tableName: string;
  /** `count-stuck-jobs`. */
  readonly functionName: string;
}): TickTable => {
  const client = new DynamoDBClient(clientSettings());
  const pk = { S: `${TICK}#${functionName}` };
  const Key = { pk, sk: { S: TICK } };

  return {
    begin: async (owner, now, until, abortSignal) => {
      try {
        const { Attributes: item } = await client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key,
            UpdateExpression: 'SET #owner = :owner, leaseUntil = :until',
            // The same owner: the SDK asked again, since the first answer was lost.
            ConditionExpression: 'attribute_not_exists(#owner) OR #owner = :owner OR leaseUntil <= :now',
            ExpressionAttributeNames: { '#owner': 'owner' },
            ExpressionAttributeValues: {
              ':owner': { S: owner },
              ':until': { S: until.toISOString() },
              ':now': { S: now.toISOString() },
            },
            ReturnValues: 'ALL_NEW',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          }),
          { abortSignal },
        );
        return { kind: 'begun', first: textsOf(item?.['first']) };
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) {
          return { kind: 'busy', until: new Date(error.Item?.['leaseUntil']?.S ?? now) };
        }
        throw error;
      }
    },

    end: async (owner, first, abortSignal) => {
      try {
        await client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key,
            UpdateExpression: 'SET #first = :first REMOVE #owner, leaseUntil',
            ConditionExpression: '#owner = :owner',
            ExpressionAttributeNames: { '#owner': 'owner', '#first': 'first' },
            ExpressionAttributeValues: {
              ':owner': { S: owner },
              ':first': { L: first.map((name) => ({ S: name })) },
            },
          }),
          { abortSignal },
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) {
          throw error;
        }
      }
    },

    firstSeen: async (abortSignal) => {
      const seen = new Map<string, Map<string, Date>>();
      let from: Item | undefined;
      do {
        const page = await client.send(
          new QueryCommand({
            TableName: tableName,
            ConsistentRead: true,
            KeyConditionExpression: 'pk = :pk AND begins_with(sk, :starting)',
            ExpressionAttributeValues: { ':pk': pk, ':starting': { S: STARTING } },
            ...(from === undefined ? {} : { ExclusiveStartKey: from }),
          }),
          { abortSignal },
        );
        for (const item of page.Items ?? []) {
          seen.set(item['sk']?.S?.slice(STARTING.length) ?? '', datesOf(item['firstSeen']));
        }
        from = page.LastEvaluatedKey;
      } while (from !== undefined);
      return seen;
    },

    keepFirstSeen: async (queue, jobs, abortSignal) => {
      await client.send(
        new PutItemCommand({
          TableName: tableName,
          Item: {
            pk,
            sk: { S: `${STARTING}${queue}` },
            firstSeen: { M: Object.fromEntries([...jobs].map(([job, at]) => [job, { N: String(at.getTime()) }])) },
          },
        }),
        { abortSignal },
      );
    },
  };
};
