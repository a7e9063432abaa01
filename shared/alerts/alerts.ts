/**
 * Sends the notifications of alerts.
 *
 * A conditional write claims a notification before the message is published, and another one
 * records it afterwards. So two invocations at the same time send one message. After a crash
 * between the two writes, the message is sent again when the claim has expired, and is never lost.
 */
import { randomUUID } from 'node:crypto';
import { processItems } from '../process-items.ts';
import { type Alert, alertId, claimed, nextStep, notified, type Step } from './alert.ts';
import type { AlertKind } from './kinds.ts';
import { type Message, type MessageSettings, messageOf } from './message.ts';
import { type AlertRegister, type AlertTable, createAlertRegister } from './register.ts';

export type AlertTopic = { publish(message: Message, signal: AbortSignal): Promise<void> };

export type AlertPorts = { readonly table: AlertTable; readonly topic: AlertTopic; readonly now: () => Date };

/** A message that was sent, with its kind: a closing may have a kind of its own. */
export type SentNotification = { readonly kind: AlertKind; readonly subject: string; readonly step: Step };

export type NotifiedDue = {
  readonly sent: SentNotification[];
  /** The ids of alerts whose notification failed. It is tried again when the claim has expired. */
  readonly failed: { readonly item: string; readonly error: unknown }[];
};

export type Alerts = AlertRegister & {
  /**
   * Sends the notifications of one alert that are due; none while another invocation has the claim.
   */
  notify(kind: AlertKind, subject: string, signal: AbortSignal): Promise<SentNotification[]>;
  /**
   * Sends the notifications of all alerts that are due: openings, closings, reminders, and those
   * left by a crash.
   */
  notifyDue(signal: AbortSignal): Promise<NotifiedDue>;
};

/** The most alerts of one call; the others wait for the next call. */
const DUE_LIMIT = 200;

const CONCURRENCY = 5;

/** Makes the alerts of a function that sends notifications. */
export const createAlerts = ({ table, topic, now }: AlertPorts, settings: MessageSettings): Alerts => {
  const record = async (alert: Alert, step: Step, owner: string, signal: AbortSignal): Promise<void> => {
    const id = alertId(alert.kind, alert.subject);
    let current: Alert | undefined = alert;
    // The alert may have been closed or reopened while the message was published.
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
