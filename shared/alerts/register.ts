/** Opens and closes alerts. It tells nobody, so a function that only opens needs neither the topic nor the right to publish. */
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

/** What the alerts ask of the ledger table. Every write is conditional, so that of any number of writers one wins and the others learn it. */
export type AlertTable = {
  /**
   * Puts an alert if there is none of its kind and subject.
   *
   * @returns the alert that is there already; `undefined` when this one was put
   */
  create(alert: Alert, signal: AbortSignal): Promise<Alert | undefined>;
  /** Reads an alert consistently; `undefined` when there is none. */
  read(id: string, signal: AbortSignal): Promise<Alert | undefined>;
  /**
   * Puts an alert in the place of its earlier version.
   *
   * @returns false when that is no longer the version in the table
   */
  replace(before: Alert, after: Alert, signal: AbortSignal): Promise<boolean>;
  /** Lists alerts that may have something to tell, the one that waits longest first; only candidates, to be read before anything is decided. */
  due(now: Date, limit: number, signal: AbortSignal): Promise<string[]>;
};

export type AlertRegister = {
  /**
   * Opens an alert. One that is open already stays as it is.
   *
   * @returns whether this opened it
   */
  open(alert: NewAlert, signal: AbortSignal): Promise<boolean>;
  /**
   * Gives an open alert that nobody was told of yet another text.
   *
   * @returns false when there is none, or it is too late
   */
  revise(kind: AlertKind, subject: string, revision: Revision, signal: AbortSignal): Promise<boolean>;
  /**
   * Gives an open alert another text, of which people read with the next reminder.
   *
   * @returns false when there is none
   */
  restate(kind: AlertKind, subject: string, revision: Revision, signal: AbortSignal): Promise<boolean>;
  /**
   * Closes an alert, and has people told if there is something to say.
   *
   * @returns whether this closed it: false when it was closed already, or never opened
   */
  close(kind: AlertKind, subject: string, closing: Closing | undefined, signal: AbortSignal): Promise<boolean>;
};

export type RegisterPorts = {
  readonly table: Pick<AlertTable, 'create' | 'read' | 'replace'>;
  readonly now: () => Date;
};

/** Makes the register of alerts. What is opened or closed here is told by `notifyDue` of `alerts.ts`, wherever that runs. */
export const createAlertRegister = ({ table, now }: RegisterPorts): AlertRegister => {
  /** Changes an alert; false when there is none, or nothing to change. */
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
