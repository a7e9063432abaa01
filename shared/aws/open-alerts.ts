/** The open alerts, from the ledger table: what an operator asks for. */
import { type AttributeValue, DynamoDBClient, GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { Alert } from '../alerts/alert.ts';
import type { OpenAlerts } from '../alerts/mute.ts';
import { ALERT, alertOf, OPEN_ALERT } from './alert-table.ts';
import { clientSettings } from './client-settings.ts';

type Item = Record<string, AttributeValue>;

/** Each is then read from the table. */
const PAGE_LIMIT = 50;

/** Makes what lists the open alerts; it rejects when the table could not be asked. */
export const createOpenAlerts = ({ tableName }: { readonly tableName: string }): OpenAlerts => {
  const client = new DynamoDBClient(clientSettings());

  const read = async ({ pk, sk }: Item, abortSignal: AbortSignal): Promise<Alert[]> => {
    if (pk === undefined || sk === undefined) {
      return [];
    }
    const { Item: item } = await client.send(
      new GetItemCommand({ TableName: tableName, Key: { pk, sk }, ConsistentRead: true }),
      { abortSignal },
    );
    return item === undefined ? [] : [alertOf(item)];
  };

  const list = async (candidate: string, since: Date, abortSignal: AbortSignal): Promise<Alert[]> => {
    const alerts: Alert[] = [];
    let start: Item | undefined;
    do {
      const { Items: found = [], LastEvaluatedKey: next } = await client.send(
        new QueryCommand({
          TableName: tableName,
          IndexName: 'candidates',
          KeyConditionExpression: 'candidate = :candidate AND candidateAt >= :since',
          ExpressionAttributeValues: { ':candidate': { S: candidate }, ':since': { S: since.toISOString() } },
          Limit: PAGE_LIMIT,
          ...(start === undefined ? {} : { ExclusiveStartKey: start }),
        }),
        { abortSignal },
      );
      alerts.push(...(await Promise.all(found.map((item) => read(item, abortSignal)))).flat());
      start = next;
    } while (start !== undefined);
    return alerts;
  };

  return async (since, signal) => {
    const [known, untold] = await Promise.all([list(OPEN_ALERT, since, signal), list(ALERT, new Date(0), signal)]);
    // One that was told meanwhile may be in both.
    const byVersion = new Map(
      [...known, ...untold].map((alert) => [JSON.stringify([alert.kind, alert.subject]), alert]),
    );
    return [...byVersion.values()]
      .filter(({ closedAt }) => closedAt === undefined)
      .sort((one, other) => other.openedAt.getTime() - one.openedAt.getTime());
  };
};
