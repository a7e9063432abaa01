/** The runs of a feed, from the ledger table: what an operator asks for. */
import { DynamoDBClient, GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { Run } from '../runs/run.ts';
import { END_OF_RANGE, type RunsOf } from '../runs/run-listing.ts';
import { clientSettings } from './client-settings.ts';
import { type Item, runOf } from './ledger-items.ts';

/** Each is then read from the table. */
const PAGE_LIMIT = 50;

/** Makes what lists the runs of a feed; it rejects when the table could not be asked. */
export const createRunListing = ({ tableName }: { readonly tableName: string }): RunsOf => {
  const client = new DynamoDBClient(clientSettings());

  const read = async ({ pk, sk }: Item, abortSignal: AbortSignal): Promise<Run[]> => {
    if (pk === undefined || sk === undefined) {
      return [];
    }
    const { Item: item } = await client.send(
      new GetItemCommand({ TableName: tableName, Key: { pk, sk }, ConsistentRead: true }),
      { abortSignal },
    );
    return item === undefined ? [] : [runOf(item)];
  };

  return async function* (feed, from, to, abortSignal) {
    let start: Item | undefined;
    do {
      const { Items: found = [], LastEvaluatedKey: next } = await client.send(
        new QueryCommand({
          TableName: tableName,
          IndexName: 'runs',
          KeyConditionExpression: 'feed = :feed AND runAt BETWEEN :from AND :to',
          ExpressionAttributeValues: {
            ':feed': { S: feed },
            ':from': { S: from },
            ':to': { S: `${to}${END_OF_RANGE}` },
          },
          Limit: PAGE_LIMIT,
          ...(start === undefined ? {} : { ExclusiveStartKey: start }),
        }),
        { abortSignal },
      );
      const runs = await Promise.all(found.map((item) => read(item, abortSignal)));
      yield* runs.flat();
      start = next;
    } while (start !== undefined);
  };
};
