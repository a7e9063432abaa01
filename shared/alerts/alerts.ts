/**
 * Tells people what there is to tell.
 *
 * A telling is claimed by a conditional write before the message is published, and recorded by another after it: two that overlap tell once, and a
 * crash in between has the message sent again after the claim, never lost.
 */
import { randomUUID } from 'node:crypto';
import { processItems } from '../process-items.ts';
import { type Alert, alertId, claimed, nextStep, notified, type Step } from './alert.ts';
import type { AlertKind } from './kinds.ts';
import { type Message, type MessageSettings, messageOf } from './message.ts';
import { type AlertRegister, type AlertTable, createAlertRegister } from './register.ts';

export type AlertTopic = { publish(message: Message, signal: AbortSignal): Promise<void> };

export type AlertPorts = { readonly table: AlertTable; readonly topic: AlertTopic; readonly now: () => Date };

/** A message that was sent: its kind, which a closing may have of its own, and what it was for. */
export type SentNotification = { readonly kind: AlertKind; readonly subject: string; readonly step: Step };

export type NotifiedDue = {
  readonly sent: SentNotification[];
  /** Alerts, by id, that could not be told now. They are looked at again after their claim. */
  readonly failed: { readonly item: string; readonly error: unknown }[];
};

export type Alerts = AlertRegister & {
  /** Tells what there is to tell of one alert now; nothing when somebody else is at it. */
  notify(kind: AlertKind, subject: string, signal: AbortSignal): Promise<SentNotification[]>;
  /** Tells all that is due: what was only opened, what a crash left untold, and what people have to be reminded of. */
  notifyDue(signal: AbortSignal): Promise<NotifiedDue>;
};

/** What one call tells at most; the rest waits for the next. */
const DUE_LIMIT = 200;

const CONCURRENCY = 5;

/** Makes the alerts of a function that also tells. */
export const createAlerts = ({ table, topic, now }: AlertPorts, settings: MessageSettings): Alerts => {
  const record = async (alert: Alert, step: Step, owner: string, signal: AbortSignal): Promise<void> => {
    const id = alertId(alert.kind, alert.subject);
    let current: Alert | undefined = alert;
    // The alert may have been closed, or opened again, while the message was on its way.
    while (
      current !== undefined &&
      !(await table.replace(current, notified(current, step, alert.openings, owner, now()), signal))
    ) {
      signal.throwIfAborted();
      current = await table.read(id, signal);
    }
  };

  const notify = async (id: string, signal: AbortSignal): Promise<SentNotification[]> => {
    const owner = randomUUID();
    const messages: SentNotification[] = [];
    for (;;) {
      signal.throwIfAborted();
      const alert = await table.read(id, signal);
      const step = alert === undefined ? 'nothing' : nextStep(alert, now(), owner);
      if (alert === undefined || step === 'nothing') {
        return messages;
      }
      const mine = claimed(alert, owner, now());
      if (await table.replace(alert, mine, signal)) {
        const message = messageOf(mine, step, now(), settings);
        await topic.publish(message, signal);
        await record(mine, step, owner, signal);
        messages.push({ kind: message.attributes.kind, subject: alert.subject, step });
      }
    }
  };

  return {
    ...createAlertRegister({ table, now }),
    notify: (kind, subject, signal) => notify(alertId(kind, subject), signal),
    notifyDue: async (signal) => {
      const ids = await table.due(now(), DUE_LIMIT, signal);
      const { done, failed } = await processItems(ids, (id) => notify(id, signal), { concurrency: CONCURRENCY });
      return { sent: done.flat(), failed };
    },
  };
};
