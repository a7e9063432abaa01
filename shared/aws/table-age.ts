/** When the ledger table was made. A table that was restored is a new one: it forgot what came after its moment. */
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clientSettings } from './client-settings.ts';

/** Makes the function that reads the time once; it rejects when DynamoDB did not answer, and is then asked again. */
export const createTableAge = ({ tableName }: { readonly tableName: string }) => {
  const client = new DynamoDBClient(clientSettings());
  let createdAt: Date | undefined;

  return async (abortSignal: AbortSignal): Promise<Date> => {
    if (createdAt === undefined) {
      const { Table: table } = await client.send(new DescribeTableCommand({ TableName: tableName }), { abortSignal });
      if (table?.CreationDateTime === undefined) {
        throw new Error(`DescribeTable answered without the creation time of ${tableName}`);
      }
      createdAt = table.CreationDateTime;
    }
    return createdAt;
  };
};
