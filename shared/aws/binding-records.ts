/**
 * Which machines the targets of user interfaces stood for when they were registered, in the ledger table.
 *
 * | item | pk | sk |
 * | --- | --- | --- |
 * | the targets of a target group | `BINDING` | ARN of the group |
 */
import { type AttributeValue, DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { BindingRecords, OwnedTarget } from '../clusters/bindings.ts';
import { isFields } from '../fields.ts';
import { allPages } from './all-pages.ts';
import { clientSettings } from './client-settings.ts';

type Item = Record<string, AttributeValue>;

const PARTITION = 'BINDING';

const keyOf = (groupArn: string): Item => ({ pk: { S: PARTITION }, sk: { S: groupArn } });

const isOwnedTarget = (value: unknown): value is OwnedTarget =>
  isFields(value) &&
  typeof value['id'] === 'string' &&
  typeof value['port'] === 'number' &&
  typeof value['clusterId'] === 'string' &&
  typeof value['instanceId'] === 'string';

const targetsOf = (item: Item): OwnedTarget[] => {
  const text = item['targets']?.S ?? 'null';
  const targets: unknown = JSON.parse(text);
  if (!Array.isArray(targets) || !targets.every(isOwnedTarget)) {
    throw new Error(`The ledger has no usable targets of ${item['sk']?.S}: ${text}`);
  }
  return targets;
};

/** Opens the part of the ledger that the bindings of user interfaces need. */
export const createBindingRecords = ({ tableName }: { readonly tableName: string }): BindingRecords => {
  const client = new DynamoDBClient(clientSettings());

  return {
    read: async (abortSignal) => {
      const items = await allPages<Item>(async (last) => {
        const { Items = [], LastEvaluatedKey } = await client.send(
          new QueryCommand({
            TableName: tableName,
            KeyConditionExpression: 'pk = :pk',
            ExpressionAttributeValues: { ':pk': { S: PARTITION } },
            ConsistentRead: true,
            ...(last === undefined ? {} : { ExclusiveStartKey: keyOf(last) }),
          }),
          { abortSignal },
        );
        return { items: Items, nextToken: LastEvaluatedKey?.['sk']?.S };
      });
      return new Map(items.map((item) => [item['sk']?.S ?? '', targetsOf(item)]));
    },

    write: async (groupArn, targets, abortSignal) => {
      await client.send(
        new PutItemCommand({
          TableName: tableName,
          Item: { ...keyOf(groupArn), targets: { S: JSON.stringify(targets) } },
        }),
        { abortSignal },
      );
    },
  };
};
