/**
 * The least that a batch of failures costs anybody who tells each once: every record is parsed, and
 * the table is asked once whether people know.
 */
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { clientSettings } from '../../shared/aws/client-settings.ts';
import type { Batch } from './events.ts';

const dynamo = new DynamoDBClient(clientSettings());

export const handler = async ({ Records }: Batch): Promise<{ batchItemFailures: [] }> => {
  const arrays = new Set<string>();
  for (const { body } of Records) {
    const { detail } = JSON.parse(body);
    arrays.add(String(detail.jobId).replace(/:\d+$/, ''));
  }
  for (const id of arrays) {
    const Key = { pk: { S: `ALERT#job-failed#${id}#children` }, sk: { S: 'ALERT' } };
    await dynamo.send(new GetItemCommand({ TableName: 'ledger', Key, ConsistentRead: true }));
  }
  return { batchItemFailures: [] };
};
