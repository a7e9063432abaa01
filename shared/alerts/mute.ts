/** Mutes alerts for a while. */
import { type Alert, muted } from './alert.ts';
import type { AlertTable } from './register.ts';

/**
 * Lists the open alerts, the newest first: those that were opened since an instant, and those with
 * a notification to come. An alert that changes meanwhile may be in the list or not.
 */
export type OpenAlerts = (since: Date, signal: AbortSignal) => Promise<Alert[]>;

/** Mutes an alert until a time; `undefined` when it is not open. */
export type Mute = (id: string, until: Date, signal: AbortSignal) => Promise<Alert | undefined>;

/**
 * Makes the function that mutes alerts. Notifications that are due before that time are sent then.
 */
export const createMute =
  ({ table }: { readonly table: Pick<AlertTable, 'read' | 'replace'> }): Mute =>
  async (id, until, signal) => {
    for (;;) {
      signal.throwIfAborted();
      const alert = await table.read(id, signal);
      if (alert === undefined || alert.closedAt !== undefined) {
        return undefined;
      }
      const after = muted(alert, until);
      if (await table.replace(alert, after, signal)) {
        return after;
      }
    }
  };
