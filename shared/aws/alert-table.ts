/**
 * The alerts in the ledger table, in DynamoDB: an item an alert, `ALERT#<kind>#<subject>` and `ALERT`.
 *
 * The index `candidates` lists those with something to tell, by when it is due, and the others that are open, by when they were opened; an item that
 * is done with is not in it.
 */
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { type Alert, alertId, dueAt } from '../alerts/alert.ts';
import { isAlertKind } from '../alerts/kinds.ts';
import type { AlertTable } from '../alerts/register.ts';
import { clientSettings } from './client-settings.ts';

type Item = Record<string, AttributeValue>;

/** What the partition key of an alert begins with, and what the index calls one. */
const PREFIX = 'ALERT#';

/** What the index calls an alert with something to tell. */
export const ALERT = 'ALERT';

/** What the index calls an open one of which people know all. */
export const OPEN_ALERT = 'OPEN';

const keyOf = (id: string): Item => ({ pk: { S: `${PREFIX}${id}` }, sk: { S: ALERT } });

/** Where an alert is found. */
const candidateOf = (alert: Alert): { readonly candidate?: string; readonly candidateAt?: Date } => {
  const due = dueAt(alert);
  if (due !== undefined) {
    return { candidate: ALERT, candidateAt: due };
  }
  return alert.closedAt === undefined ? { candidate: OPEN_ALERT, candidateAt: alert.openedAt } : {};
};

const attribute = (value: string | number | Date): AttributeValue => {
  switch (typeof value) {
    case 'string':
      return { S: value };
    case 'number':
      return { N: String(value) };
    default:
      return { S: value.toISOString() };
  }
};

const itemOf = (alert: Alert): Item => {
  const { closing, notifying, ...flat } = alert;
  const values = {
    ...flat,
    closingTitle: closing?.title,
    closingBody: closing?.body,
    notifyingBy: notifying?.owner,
    notifyingUntil: notifying?.until,
    ...candidateOf(alert),
  };
  const attributes = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, attribute(value)]],
  );
  return { ...keyOf(alertId(alert.kind, alert.subject)), ...Object.fromEntries(attributes) };
};

/**
 * Reads an alert from its item.
 *
 * @throws Error that names the item and the attribute, when the item is not as the suite writes it
 */
export const alertOf = (item: Item): Alert => {
  const broken = (name: string): Error => new Error(`Ledger item ${item['pk']?.S} has no usable ${name}`);
  const text = (name: string): string => {
    const value = item[name]?.S;
    if (value === undefined) {
      throw broken(name);
    }
    return value;
  };
  const number = (name: string): number => {
    const value = Number(item[name]?.N ?? Number.NaN);
    if (Number.isNaN(value)) {
      throw broken(name);
    }
    return value;
  };
  const date = (name: string): Date => {
    const value = new Date(text(name));
    if (Number.isNaN(value.getTime())) {
      throw broken(name);
    }
    return value;
  };
  /** Reads what is there only sometimes. */
  const having = <Part extends object>(name: string, read: () => Part): Part | undefined =>
    item[name] === undefined ? undefined : read();

  const kind = text('kind');
  if (!isAlertKind(kind)) {
    throw broken('kind');
  }
  return {
    kind,
    subject: text('subject'),
    title: text('title'),
    body: text('body'),
    openings: number('openings'),
    openedAt: date('openedAt'),
    notifiedOpening: number('notifiedOpening'),
    notifiedClosing: number('notifiedClosing'),
    version: number('version'),
    ...having('feed', () => ({ feed: text('feed') })),
    ...having('queue', () => ({ queue: text('queue') })),
    ...having('details', () => ({ details: text('details') })),
    ...having('notifyAt', () => ({ notifyAt: date('notifyAt') })),
    ...having('remindEveryMs', () => ({ remindEveryMs: number('remindEveryMs') })),
    ...having('lastNotifiedAt', () => ({ lastNotifiedAt: date('lastNotifiedAt') })),
    ...having('mutedUntil', () => ({ mutedUntil: date('mutedUntil') })),
    ...having('closedAt', () => ({ closedAt: date('closedAt') })),
    ...having('closingTitle', () => ({ closing: { title: text('closingTitle'), body: text('closingBody') } })),
    ...having('notifyingBy', () => ({ notifying: { owner: text('notifyingBy'), until: date('notifyingUntil') } })),
  };
};

/** Makes the table of alerts. */
export const createAlertTable = ({ tableName }: { readonly tableName: string }): AlertTable => {
  const client = new DynamoDBClient(clientSettings());

  return {
    create: async (alert, signal) => {
      try {
        await client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: itemOf(alert),
            ConditionExpression: 'attribute_not_exists(pk)',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          }),
          { abortSignal: signal },
        );
        return undefined;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException && error.Item !== undefined) {
          return alertOf(error.Item);
        }
        throw error;
      }
    },

    read: async (id, signal) => {
      const { Item: item } = await client.send(
        new GetItemCommand({ TableName: tableName, Key: keyOf(id), ConsistentRead: true }),
        { abortSignal: signal },
      );
      return item === undefined ? undefined : alertOf(item);
    },

    replace: async (before, after, signal) => {
      try {
        await client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: itemOf(after),
            ConditionExpression: '#version = :before',
            ExpressionAttributeNames: { '#version': 'version' },
            ExpressionAttributeValues: { ':before': { N: String(before.version) } },
          }),
          { abortSignal: signal },
        );
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) {
          return false;
        }
        throw error;
      }
    },

    due: async (now, limit, signal) => {
      const ids: string[] = [];
      let next: Item | undefined;
      do {
        const page = await client.send(
          new QueryCommand({
            TableName: tableName,
            IndexName: 'candidates',
            KeyConditionExpression: 'candidate = :alert AND candidateAt <= :now',
            ExpressionAttributeValues: { ':alert': { S: ALERT }, ':now': { S: now.toISOString() } },
            Limit: limit - ids.length,
            ...(next === undefined ? {} : { ExclusiveStartKey: next }),
          }),
          { abortSignal: signal },
        );
        ids.push(...(page.Items ?? []).flatMap(({ pk }) => (pk?.S === undefined ? [] : [pk.S.slice(PREFIX.length)])));
        next = page.LastEvaluatedKey;
      } while (next !== undefined && ids.length < limit);
      return ids;
    },
  };
};
