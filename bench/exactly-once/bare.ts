/** The calls to AWS that an arrival costs and nothing else: no matching, no decision, no log. */
import { BatchClient, SubmitJobCommand } from '@aws-sdk/client-batch';
import {
  DynamoDBClient,
  GetItemCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { clientSettings } from '../../shared/aws/client-settings.ts';
import { REQUEST, runItemOf } from './requests.ts';

const dynamo = new DynamoDBClient(clientSettings());
const batch = new BatchClient(clientSettings({ maxAttempts: 1, keepAlive: false }));

const TableName = 'ledger';
const { pk, sk } = runItemOf(true);
const Key = { pk, sk };

const update = (expression: string, values: Record<string, { S: string }>) => ({
  TableName,
  Key,
  UpdateExpression: expression,
  ConditionExpression: '#state = :seen',
  ExpressionAttributeNames: { '#state': 'state' },
  ExpressionAttributeValues: { ':seen': { S: 'waiting' }, ...values },
});

const transact = (items: TransactWriteItem[]) => dynamo.send(new TransactWriteItemsCommand({ TransactItems: items }));

const record = async (key: string): Promise<void> => {
  await transact([
    {
      Put: {
        TableName,
        Item: {
          pk,
          sk: { S: `FILE#products#${key}` },
          slot: { S: 'products' },
          bucket: { S: 'landing' },
          key: { S: key },
          etag: { S: 'b1946ac92492d2347c6235b4d2611184' },
          sizeBytes: { N: '1000' },
          fills: { BOOL: true },
          arrivedAt: { S: '2026-11-22T02:31:07.000Z' },
        },
        ConditionExpression: 'attribute_not_exists(pk)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
    },
    { Update: update('SET updatedAt = :now', { ':now': { S: '2026-11-22T02:31:07.000Z' } }) },
  ]);
  await dynamo.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
};

const submit = async (): Promise<void> => {
  await transact([
    {
      Update: update('SET #state = :state, #request = :request', {
        ':state': { S: 'claimed' },
        ':request': { S: JSON.stringify(REQUEST) },
      }),
    },
    { Put: { TableName, Item: { pk: { S: `JOB#${REQUEST.jobName}` }, sk: { S: 'JOB' } } } },
  ]);
  await batch.send(new SubmitJobCommand(REQUEST));
  await dynamo.send(new UpdateItemCommand(update('SET #state = :state', { ':state': { S: 'submitted' } })));
};

type Event = { readonly Records: readonly { readonly messageId: string }[] };

/** Makes the calls for each record of a batch, all records at once as the function does. */
export const handler = async ({ Records }: Event): Promise<{ batchItemFailures: [] }> => {
  await Promise.all(
    Records.map(async ({ messageId }) => {
      await record(messageId);
      if (process.env['COMPLETES'] === 'yes') {
        await submit();
      }
    }),
  );
  return { batchItemFailures: [] };
};
