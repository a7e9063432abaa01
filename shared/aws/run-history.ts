/** The earlier generations of a run, from the ledger table. */
import { type AttributeValue, DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { RunKey } from '../feeds/run-key.ts';
import type { Run } from '../runs/run.ts';
import { clientSettings } from './client-settings.ts';
import { GENERATION, runOf, runPartition } from './ledger-items.ts';

/** Lists the generations of a run that came before the newest, the first first. */
export type RunHistory = (run: RunKey, signal: AbortSignal) => Promise<Run[]>;

/** Makes what lists the earlier generations of a run; it rejects when the table could not be asked. */
export const createRunHistory = ({ tableName }: { readonly tableName: string }): RunHistory => {
  const client = new DynamoDBClient(clientSettings());

  return async (run, abortSignal) => {
    const generations: Run[] = [];
    let start: Record<string, AttributeValue> | undefined;
    do {
      const { Items: items = [], LastEvaluatedKey: next } = await client.send(
        new QueryCommand({
          TableName: tableName,
          ConsistentRead: true,
          KeyConditionExpression: 'pk = :run AND begins_with(sk, :generation)',
          ExpressionAttributeValues: { ':run': { S: runPartition(run) }, ':generation': { S: GENERATION } },
          ...(start === undefined ? {} : { ExclusiveStartKey: start }),
        }),
        { abortSignal },
      );
      generations.push(...items.map(runOf));
      start = next;
    } while (start !== undefined);
    return generations;
  };
};
