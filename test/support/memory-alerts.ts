import { type Alert, alertId, dueAt } from '../../shared/alerts/alert.ts';
import type { AlertTopic } from '../../shared/alerts/alerts.ts';
import type { Message } from '../../shared/alerts/message.ts';
import type { AlertTable } from '../../shared/alerts/register.ts';

/** Called before and after each thing that is done to the table or the topic; where it throws or waits, so does the caller. */
export type OnPoint = (point: string) => Promise<void> | void;

export type MemoryAlerts = {
  readonly table: AlertTable;
  readonly topic: AlertTopic;
  readonly alerts: ReadonlyMap<string, Alert>;
  readonly published: readonly Message[];
};

/** Makes a table with the conditions of the real one, and a topic that keeps what it was sent. */
export const memoryAlerts = (onPoint: OnPoint = () => undefined): MemoryAlerts => {
  const alerts = new Map<string, Alert>();
  const published: Message[] = [];

  const at = async <Result>(name: string, act: () => Result): Promise<Result> => {
    await onPoint(`before ${name}`);
    const result = act();
    await onPoint(`after ${name}`);
    return result;
  };

  return {
    alerts,
    published,
    table: {
      create: (alert) =>
        at('create', () => {
          const id = alertId(alert.kind, alert.subject);
          const known = alerts.get(id);
          if (known === undefined) {
            alerts.set(id, alert);
          }
          return known;
        }),
      read: (id) => at('read', () => alerts.get(id)),
      replace: (before, after) =>
        at('replace', () => {
          const id = alertId(before.kind, before.subject);
          if (alerts.get(id)?.version !== before.version) {
            return false;
          }
          alerts.set(id, after);
          return true;
        }),
      due: (now, limit) =>
        at('due', () =>
          [...alerts]
            .map(([id, alert]) => ({ id, due: dueAt(alert) }))
            .filter((row): row is { id: string; due: Date } => row.due !== undefined && row.due <= now)
            .sort((a, b) => a.due.getTime() - b.due.getTime())
            .slice(0, limit)
            .map(({ id }) => id),
        ),
    },
    topic: {
      publish: (message) =>
        at('publish', () => {
          published.push(message);
        }),
    },
  };
};
