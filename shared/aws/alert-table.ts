/**
 * The alerts in the ledger table: one item for each alert.
 *
 * | item | pk | sk |
 * | --- | --- | --- |
 * | alert | `ALERT#<kind>#<subject>` | `ALERT` |
 *
 * The index `candidates` lists the alerts with a notification that is due, by its time, and the
 * other open alerts, by the time of their opening. A finished alert is not in the index.
 */
import { type Alert, alertId, dueAt } from '../alerts/alert.ts';
import { isAlertKind } from '../alerts/kinds.ts';
import type { AlertTable } from '../alerts/register.ts';
import { and, attributeNotExists, equals, isAtMost } from './expressions.ts';
import { dateIn, ifExists, numberIn, optionalTextIn, textIn, unusable } from './item-attributes.ts';
import { createTable, type Item, type Key } from './table.ts';

/** The beginning of an alert's partition key. */
const PREFIX = 'ALERT#';

/** The name in the index of an alert with a notification to send. */
export const ALERT = 'ALERT';

/** The name in the index of an open alert without a notification to send. */
export const OPEN_ALERT = 'OPEN';

const keyOf = (id: string): Key => ({ pk: `${PREFIX}${id}`, sk: ALERT });

/** Makes the attributes that place an alert in the index. */
const candidateOf = (alert: Alert): { readonly candidate?: string; readonly candidateAt?: Date } => {
  const due = dueAt(alert);
  if (due !== undefined) {
    return { candidate: ALERT, candidateAt: due };
  }
  return alert.closedAt === undefined ? { candidate: OPEN_ALERT, candidateAt: alert.openedAt } : {};
};

const itemOf = (alert: Alert): Key & Item => {
  const { closing, notifying, ...flat } = alert;
  const values = {
    ...flat,
    closingTitle: closing?.title,
    closingBody: closing?.body,
    notifyingBy: notifying?.owner,
    notifyingUntil: notifying?.until,
    ...candidateOf(alert),
  };
  const attributes = Object.entries(values).map(([name, value]) => [
    name,
    value instanceof Date ? value.toISOString() : value,
  ]);
  return { ...keyOf(alertId(alert.kind, alert.subject)), ...Object.fromEntries(attributes) };
};

/**
 * Reads an alert from its item.
 *
 * @throws Error that names the item and the attribute, if the suite cannot use the item
 */
export const alertOf = (item: Item): Alert => {
  const text = (name: string): string => textIn(item, name);
  const number = (name: string): number => numberIn(item, name);
  const date = (name: string): Date => dateIn(item, name);
  const having = <Part extends object>(name: string, read: () => Part) => ifExists(item, name, read);

  const kind = text('kind');
  if (!isAlertKind(kind)) {
    throw unusable(item, 'kind');
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

/** Opens the table of alerts. */
export const createAlertTable = ({ tableName }: { readonly tableName: string }): AlertTable => {
  const table = createTable({ tableName });

  return {
    create: async (alert, signal) => {
      const item = itemOf(alert);
      const created = await table.put({ item, condition: attributeNotExists('pk') }, signal);
      return created.kind === 'written' ? undefined : alertOf(created.item ?? { pk: item.pk, sk: item.sk });
    },

    read: async (id, signal) => {
      const item = await table.get(keyOf(id), signal);
      return item && alertOf(item);
    },

    replace: async (before, after, signal) => {
      const put = { item: itemOf(after), condition: equals('version', before.version) };
      return (await table.put(put, signal)).kind === 'written';
    },

    due: async (now, limit, signal) => {
      const keys = and(equals('candidate', ALERT), isAtMost('candidateAt', now.toISOString()));
      const items = await table.query({ index: 'candidates', keys, limit }, signal);
      return items.flatMap((item) => optionalTextIn(item, 'pk')?.slice(PREFIX.length) ?? []);
    },
  };
};
