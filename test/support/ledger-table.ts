/** The ledger table, as `serverless.yml` defines it, for tests that have a DynamoDB. */
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clientSettings } from '../../local/local-aws.ts';

/** Makes an empty ledger table. */
export const makeLedgerTable = async (endpoint: string, name: string): Promise<void> => {
  const dynamo = new DynamoDBClient(clientSettings(endpoint));
  await dynamo.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk', 'candidate', 'candidateAt', 'feed', 'runAt', 'due', 'evaluateAt', 'jobName'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S',
      })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'due',
          KeySchema: [
            { AttributeName: 'due', KeyType: 'HASH' },
            { AttributeName: 'evaluateAt', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['feed', 'date', 'values'] },
        },
        {
          IndexName: 'jobs',
          KeySchema: [{ AttributeName: 'jobName', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['feed', 'date', 'values', 'generation'] },
        },
        {
          IndexName: 'candidates',
          KeySchema: [
            { AttributeName: 'candidate', KeyType: 'HASH' },
            { AttributeName: 'candidateAt', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
        {
          IndexName: 'runs',
          KeySchema: [
            { AttributeName: 'feed', KeyType: 'HASH' },
            { AttributeName: 'runAt', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    }),
  );
  dynamo.destroy();
};
