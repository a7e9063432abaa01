/** Which run a job belongs to, in the ledger table: an item a job name. */
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { RunKey } from '../feeds/run-key.ts';
import { clientSettings } from './client-settings.ts';
import { jobItemKey, runKeyOf } from './ledger-items.ts';

/** Finds the run and generation that a job name belongs to. */
export type RunOfJob = (
  jobName: string,
  signal: AbortSignal,
) => Promise<{ readonly run: RunKey; readonly generation: number } | undefined>;

/** Makes the function that finds the run of a job. */
export const createRunOfJob = (
  { tableName }: { readonly tableName: string },
  client = new DynamoDBClient(clientSettings()),
): RunOfJob => {
  return async (jobName, abortSignal) => {
    const { Item: item } = await client.send(
      new GetItemCommand({ TableName: tableName, Key: jobItemKey(jobName), ConsistentRead: true }),
      { abortSignal },
    );
    return item === undefined ? undefined : { run: runKeyOf(item), generation: Number(item['generation']?.N) };
  };
};
