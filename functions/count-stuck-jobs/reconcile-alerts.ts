/** Opens and closes the alerts of this function; `check-arrivals` sends them. */
import { type Alert, alertId } from '../../shared/alerts/alert.ts';
import type { AlertKind } from '../../shared/alerts/kinds.ts';
import type { AlertRegister, AlertTable } from '../../shared/alerts/register.ts';
import { processItems } from '../../shared/process-items.ts';
import { blockingJob, planClosings } from './blocked-queues.ts';
import type { JobPlacement } from './job-placement.ts';
import { planAlerts } from './unplaceable-jobs.ts';

export type Ports = {
  readonly register: AlertRegister;
  readonly table: Pick<AlertTable, 'due' | 'read'>;
  readonly jobs: (
    jobIds: readonly string[],
    signal: AbortSignal,
  ) => Promise<readonly { readonly jobId: string; readonly status: string }[]>;
  readonly now: () => Date;
};

/** An alert that was opened or closed now. */
export type AlertChange = { readonly kind: AlertKind; readonly subject: string; readonly change: 'opened' | 'closed' };

export type ReconciledAlerts = {
  readonly changes: readonly AlertChange[];
  readonly failed: readonly { readonly kind: AlertKind; readonly subject: string; readonly error: unknown }[];
};

type PlannedChange = {
  readonly kind: AlertKind;
  readonly subject: string;
  readonly change: AlertChange['change'];
  readonly make: () => Promise<boolean>;
};

/** Later than any reminder, so that every open alert is due by then. */
const END_OF_TIME = new Date('9999-12-31T00:00:00Z');

/** Beyond this number of open alerts, the rest waits until some are closed. */
const MAX_OPEN = 1000;

const CONCURRENCY = 5;

/** Makes the function that opens and closes alerts until they match the placements. */
export const createReconcileAlerts = (
  { register, table, jobs, now }: Ports,
  { remindEveryMs }: { remindEveryMs: number },
) => {
  /** Reads the open alerts of the two kinds. */
  const openAlerts = async (signal: AbortSignal): Promise<Alert[]> => {
    const ids = await table.due(END_OF_TIME, MAX_OPEN, signal);
    const ours = ids.filter(
      (id) => id.startsWith(alertId('job-unplaceable', '')) || id.startsWith(alertId('queue-blocked', '')),
    );
    const { done, failed } = await processItems(ours, (id) => table.read(id, signal), { concurrency: CONCURRENCY });
    if (failed[0] !== undefined) {
      throw failed[0].error;
    }
    return done.filter((alert): alert is Alert => alert !== undefined && alert.closedAt === undefined);
  };

  const unblockedChanges = async (open: readonly Alert[], signal: AbortSignal): Promise<PlannedChange[]> => {
    const ids = open.map(blockingJob).filter((jobId) => jobId !== undefined);
    const known = ids.length === 0 ? [] : await jobs(ids, signal);
    return planClosings(open, known, now()).map(({ subject, closing }) => ({
      kind: 'queue-blocked',
      subject,
      change: 'closed',
      make: () => register.close('queue-blocked', subject, closing, signal),
    }));
  };

  const placementChanges = (
    placements: readonly JobPlacement[],
    open: readonly Alert[],
    isFullyChecked: (queue: string) => boolean,
    signal: AbortSignal,
  ): PlannedChange[] => {
    const ours = open.filter(({ kind }) => kind === 'job-unplaceable');
    const plan = planAlerts(placements, ours, isFullyChecked, remindEveryMs);
    return [
      ...plan.open.map(
        (alert): PlannedChange => ({
          kind: alert.kind,
          subject: alert.subject,
          change: 'opened',
          make: () => register.open(alert, signal),
        }),
      ),
      ...plan.close.map(
        ({ subject, closing }): PlannedChange => ({
          kind: 'job-unplaceable',
          subject,
          change: 'closed',
          make: () => register.close('job-unplaceable', subject, closing, signal),
        }),
      ),
    ];
  };

  return async (
    placements: readonly JobPlacement[],
    isFullyChecked: (queue: string) => boolean,
    signal: AbortSignal,
  ): Promise<ReconciledAlerts> => {
    const open = await openAlerts(signal);
    const planned = [
      ...placementChanges(placements, open, isFullyChecked, signal),
      ...(await unblockedChanges(open, signal)),
    ];
    const { done, failed } = await processItems(
      planned,
      async ({ kind, subject, change, make }) => ((await make()) ? [{ kind, subject, change }] : []),
      { concurrency: CONCURRENCY },
    );
    return {
      changes: done.flat(),
      failed: failed.map(({ item: { kind, subject }, error }) => ({ kind, subject, error })),
    };
  };
};

export type ReconcileAlerts = ReturnType<typeof createReconcileAlerts>;
