import { randomUUID } from 'node:crypto';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, inject, vi } from 'vitest';
import { createLedger } from '../../shared/aws/ledger.ts';
import { describeLedger } from '../support/ledger-contract.ts';

const TABLE = `ledger-${randomUUID()}`;

beforeAll(async () => {
  for (const [name, value] of Object.entries(inject('localAws').environment)) {
    vi.stubEnv(name, value);
  }
  await new DynamoDBClient({}).send(
    new CreateTableCommand({
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk', 'candidate', 'candidateAt'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S',
      })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'candidates',
          KeySchema: [
            { AttributeName: 'candidate', KeyType: 'HASH' },
            { AttributeName: 'candidateAt', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    }),
  );
});

afterAll(() => {
  vi.unstubAllEnvs();
});

describeLedger('DynamoDB', () => createLedger({ tableName: TABLE }));
