/**
 * Which machines the targets of user interfaces stood for when they were registered, in the ledger table.
 *
 * | item | pk | sk |
 * | --- | --- | --- |
 * | the targets of a target group | `BINDING` | ARN of the group |
 */
import type { BindingRecords, OwnedTarget } from '../clusters/bindings.ts';
import { type Fields, isFields, listOfFields, optionalFields, optionalText } from '../fields.ts';
import { allPages, type Page } from './all-pages.ts';
import { createJsonService } from './json-service.ts';

const PARTITION = 'BINDING';

/** Attributes are sent as `{ S: 'text' }`. */
const textIn = (item: Fields, name: string): string | undefined => optionalText(optionalFields(item[name])['S']);

const keyOf = (groupArn: string) => ({ pk: { S: PARTITION }, sk: { S: groupArn } });

const isOwnedTarget = (value: unknown): value is OwnedTarget =>
  isFields(value) &&
  typeof value['id'] === 'string' &&
  typeof value['port'] === 'number' &&
  typeof value['clusterId'] === 'string' &&
  typeof value['instanceId'] === 'string';

const targetsOf = (item: Fields): OwnedTarget[] => {
  const text = textIn(item, 'targets') ?? 'null';
  const targets: unknown = JSON.parse(text);
  if (!Array.isArray(targets) || !targets.every(isOwnedTarget)) {
    throw new Error(`The ledger has no usable targets of ${textIn(item, 'sk')}: ${text}`);
  }
  return targets;
};

/** Opens the part of the ledger that the bindings of user interfaces need. */
export const createBindingRecords = ({ tableName }: { readonly tableName: string }): BindingRecords => {
  // Two operations of DynamoDB: its client would be a tenth of the bundle.
  const service = createJsonService({ endpointName: 'DYNAMODB', signingName: 'dynamodb' });
  const call = async (operation: 'PutItem' | 'Query', input: object, signal: AbortSignal): Promise<Fields> =>
    optionalFields(
      await service(
        {
          operation,
          path: '/',
          headers: {
            'content-type': 'application/x-amz-json-1.0',
            'x-amz-target': `DynamoDB_20120810.${operation}`,
          },
          input: { TableName: tableName, ...input },
        },
        signal,
      ),
    );

  const readPage = async (last: string | undefined, signal: AbortSignal): Promise<Page<Fields>> => {
    const { Items, LastEvaluatedKey } = await call(
      'Query',
      {
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: PARTITION } },
        ConsistentRead: true,
        ...(last === undefined ? {} : { ExclusiveStartKey: keyOf(last) }),
      },
      signal,
    );
    // No list is not an empty one: what is remembered would be forgotten.
    if (!Array.isArray(Items)) {
      throw new Error('Query answered without Items');
    }
    return { items: listOfFields(Items), nextToken: textIn(optionalFields(LastEvaluatedKey), 'sk') };
  };

  return {
    read: async (signal) => {
      const items = await allPages((last) => readPage(last, signal));
      return new Map(items.map((item) => [textIn(item, 'sk') ?? '', targetsOf(item)]));
    },

    write: async (groupArn, targets, signal) => {
      await call('PutItem', { Item: { ...keyOf(groupArn), targets: { S: JSON.stringify(targets) } } }, signal);
    },
  };
};
