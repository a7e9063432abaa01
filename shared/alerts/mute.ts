/** Has people left alone about an alert for a while. */
import { type Alert, muted } from './alert.ts';
import type { AlertTable } from './register.ts';

/**
 * Lists the open alerts, the newest first: those that were opened since, or have something to tell.
 *
 * An alert that changes meanwhile may be there or not.
 */
export type OpenAlerts = (since: Date, signal: AbortSignal) => Promise<Alert[]>;

/** Mutes an alert until a time; `undefined` when it is open no more. */
export type Mute = (id: string, until: Date, signal: AbortSignal) => Promise<Alert | undefined>;

/** Makes the function that mutes alerts. What would be told before that time is told then. */
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
