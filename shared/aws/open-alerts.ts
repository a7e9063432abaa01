/** The open alerts, from the ledger table, as an operator asks for them. */
import { type Alert, alertId } from '../alerts/alert.ts';
import type { OpenAlerts } from '../alerts/mute.ts';
import { ALERT, alertOf, OPEN_ALERT } from './alert-table.ts';
import { and, equals, isAtLeast } from './expressions.ts';
import { createTable } from './table.ts';

/** Each alert of a page is then read from the table. */
const PAGE_SIZE = 50;

/** Makes the function that lists the open alerts. It rejects when the table did not answer. */
export const createOpenAlerts = ({ tableName }: { readonly tableName: string }): OpenAlerts => {
  const table = createTable({ tableName });

  const list = async (candidate: string, since: Date, signal: AbortSignal): Promise<Alert[]> => {
    const keys = and(equals('candidate', candidate), isAtLeast('candidateAt', since.toISOString()));
    const alerts: Alert[] = [];
    for await (const page of table.queryPages({ index: 'candidates', keys, pageSize: PAGE_SIZE }, signal)) {
      alerts.push(...(await table.getFound(page, signal)).map(alertOf));
    }
    return alerts;
  };

  return async (since, signal) => {
    const [known, untold] = await Promise.all([list(OPEN_ALERT, since, signal), list(ALERT, new Date(0), signal)]);
    // An alert that was notified between the two queries may be in both.
    const bySubject = new Map([...known, ...untold].map((alert) => [alertId(alert.kind, alert.subject), alert]));
    return [...bySubject.values()]
      .filter(({ closedAt }) => closedAt === undefined)
      .sort((one, other) => other.openedAt.getTime() - one.openedAt.getTime());
  };
};
