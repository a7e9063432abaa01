/** Makes every kind of call to DynamoDB that the functions make, and prints how each ended. The test of the own client bundles and runs it. */
import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactionConflictException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { clientSettings } from '../../shared/aws/client-settings.ts';

const client = new DynamoDBClient(clientSettings());

const Item = {
  pk: { S: 'RUN#sales@2026-11-22' },
  sk: { S: 'ü 新😀 "\\\n' },
  count: { N: '12.50' },
  fills: { BOOL: false },
  nothing: { NULL: true },
  names: { SS: ['a', 'b'] },
  nested: { M: { list: { L: [{ N: '1' }, { S: '' }] } } },
};
const key = { TableName: 'ledger', Key: { pk: { S: 'a' }, sk: { S: 'b' } } };
const update = {
  UpdateExpression: 'SET #s = :s',
  ExpressionAttributeNames: { '#s': 'state' },
  ExpressionAttributeValues: { ':s': { N: '1' } },
};

const CALLS: Readonly<Record<string, () => Promise<unknown>>> = {
  getItem: () => client.send(new GetItemCommand({ ...key, ConsistentRead: true })),
  putItem: () =>
    client.send(new PutItemCommand({ TableName: 'ledger', Item, ConditionExpression: 'attribute_not_exists(pk)' })),
  query: () =>
    client.send(
      new QueryCommand({
        TableName: 'ledger',
        IndexName: 'candidates',
        KeyConditionExpression: 'pk = :p',
        ExpressionAttributeValues: { ':p': { S: 'a' } },
        ExclusiveStartKey: key.Key,
        Limit: 5,
      }),
    ),
  updateItem: () =>
    client.send(
      new UpdateItemCommand({
        ...key,
        ...update,
        ReturnValues: 'ALL_NEW',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    ),
  transactWrite: () =>
    client.send(
      new TransactWriteItemsCommand({
        ClientRequestToken: 'token',
        TransactItems: [{ Put: { TableName: 'ledger', Item } }, { Update: { ...key, ...update } }],
      }),
    ),
  transactWriteAgain: () =>
    client.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName: 'ledger', Item } }] })),
  batchGetItem: () =>
    client.send(
      new BatchGetItemCommand({
        RequestItems: {
          ledger: { Keys: [key.Key], ProjectionExpression: 'pk, #e', ExpressionAttributeNames: { '#e': 'e' } },
        },
      }),
    ),
};

const told = (error: unknown): unknown => {
  if (!(error instanceof Error)) return error;
  const status = '$metadata' in error ? (error.$metadata as { httpStatusCode?: number }).httpStatusCode : undefined;
  return {
    name: error.name,
    status,
    message: error.message,
    condition: error instanceof ConditionalCheckFailedException && { item: error.Item },
    cancelled: error instanceof TransactionCanceledException && { reasons: error.CancellationReasons },
    conflict: error instanceof TransactionConflictException,
  };
};

const outcomes: Record<string, unknown> = {};
for (const [name, call] of Object.entries(CALLS)) {
  outcomes[name] = await call().then((answer) => {
    const { $metadata: _, ...fields } = answer as { $metadata?: unknown };
    return fields;
  }, told);
}
process.stdout.write(JSON.stringify(outcomes));
