/**
 * Opens and closes alerts, and sends nothing: a function that only opens alerts needs no permission
 * to publish.
 */
import {
  type Alert,
  alertId,
  type Closing,
  closed,
  type NewAlert,
  opened,
  type Revision,
  reopened,
  restated,
  revised,
} from './alert.ts';
import type { AlertKind } from './kinds.ts';

/**
 * The table of alerts. Every write is conditional: of several writers one succeeds, and the others
 * get to know it.
 */
export type AlertTable = {
  /**
   * Puts an alert if there is none of its kind and subject.
   *
   * @returns the alert in the table; `undefined` when this one was put
   */
  create(alert: Alert, signal: AbortSignal): Promise<Alert | undefined>;
  /** Reads an alert consistently; `undefined` when the table has none. */
  read(id: string, signal: AbortSignal): Promise<Alert | undefined>;
  /**
   * Puts an alert in the place of its earlier version.
   *
   * @returns false when the table has another version by now
   */
  replace(before: Alert, after: Alert, signal: AbortSignal): Promise<boolean>;
  /**
   * Lists the ids of alerts whose notification may be due, the longest due first. The caller reads
   * each before it decides.
   */
  due(now: Date, limit: number, signal: AbortSignal): Promise<string[]>;
};

export type AlertRegister = {
  /**
   * Opens an alert. An open alert stays unchanged.
   *
   * @returns whether this call opened it
   */
  open(alert: NewAlert, signal: AbortSignal): Promise<boolean>;
  /**
   * Gives an open alert another text before its notification.
   *
   * @returns false when the alert is not open, or its notification was sent
   */
  revise(kind: AlertKind, subject: string, revision: Revision, signal: AbortSignal): Promise<boolean>;
  /**
   * Gives an open alert another text for the next reminder.
   *
   * @returns false when the alert is not open
   */
  restate(kind: AlertKind, subject: string, revision: Revision, signal: AbortSignal): Promise<boolean>;
  /**
   * Closes an alert. With a text, people are notified of it.
   *
   * @returns whether this call closed it
   */
  close(kind: AlertKind, subject: string, closing: Closing | undefined, signal: AbortSignal): Promise<boolean>;
};

export type RegisterPorts = {
  readonly table: Pick<AlertTable, 'create' | 'read' | 'replace'>;
  readonly now: () => Date;
};

/** Makes the register of alerts. `notifyDue` of `alerts.ts` sends their notifications. */
export const createAlertRegister = ({ table, now }: RegisterPorts): AlertRegister => {
  /** Changes an alert; false without an alert, or without a change. */
  const change = async (
    kind: AlertKind,
    subject: string,
    changed: (alert: Alert) => Alert | undefined,
    signal: AbortSignal,
  ): Promise<boolean> => {
    for (;;) {
      signal.throwIfAborted();
      const alert = await table.read(alertId(kind, subject), signal);
      const after = alert && changed(alert);
      if (alert === undefined || after === undefined) {
        return false;
      }
      if (await table.replace(alert, after, signal)) {
        return true;
      }
    }
  };

  return {
    open: async (alert, signal) => {
      for (;;) {
        signal.throwIfAborted();
        const known = await table.create(opened(alert, now()), signal);
        if (known === undefined) {
          return true;
        }
        if (known.closedAt === undefined) {
          return false;
        }
        if (await table.replace(known, reopened(known, alert, now()), signal)) {
          return true;
        }
      }
    },
    revise: (kind, subject, revision, signal) => change(kind, subject, (alert) => revised(alert, revision), signal),
    restate: (kind, subject, revision, signal) => change(kind, subject, (alert) => restated(alert, revision), signal),
    close: (kind, subject, closing, signal) =>
      change(
        kind,
        subject,
        (alert) => (alert.closedAt === undefined ? closed(alert, now(), closing) : undefined),
        signal,
      ),
  };
};
