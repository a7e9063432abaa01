/** Opens and closes the alerts that this function answers for; `check-arrivals` tells them. */
import { type Alert, alertId } from '../../shared/alerts/alert.ts';
import type { AlertKind } from '../../shared/alerts/kinds.ts';
import type { AlertRegister, AlertTable } from '../../shared/alerts/register.ts';
import { processItems } from '../../shared/process-items.ts';
import { blockingJob, planClosings } from './blocked-queues.ts';
import { type Judged, planAlerts } from './unplaceable-jobs.ts';

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
export type Tended = { readonly kind: AlertKind; readonly subject: string; readonly change: 'opened' | 'closed' };

export type ReconciledAlerts = {
  readonly tended: readonly Tended[];
  readonly failed: readonly { readonly kind: AlertKind; readonly subject: string; readonly error: unknown }[];
};

type Change = {
  readonly kind: AlertKind;
  readonly subject: string;
  readonly change: Tended['change'];
  readonly make: () => Promise<boolean>;
};

/** Later than any reminder: what is due by then is all that is open. */
const END_OF_TIME = new Date('9999-12-31T00:00:00Z');

/** More open alerts than that, and the rest is looked at once some are closed. */
const MAX_OPEN = 1000;

const CONCURRENCY = 5;

/** Makes the function that brings alerts up to what was judged. */
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

  const unblocked = async (open: readonly Alert[], signal: AbortSignal): Promise<Change[]> => {
    const ids = open.map(blockingJob).filter((jobId) => jobId !== undefined);
    const known = ids.length === 0 ? [] : await jobs(ids, signal);
    return planClosings(open, known, now()).map(({ subject, closing }) => ({
      kind: 'queue-blocked',
      subject,
      change: 'closed',
      make: () => register.close('queue-blocked', subject, closing, signal),
    }));
  };

  const placed = (
    judged: readonly Judged[],
    open: readonly Alert[],
    wasLookedAt: (queue: string) => boolean,
    signal: AbortSignal,
  ): Change[] => {
    const ours = open.filter(({ kind }) => kind === 'job-unplaceable');
    const plan = planAlerts(judged, ours, wasLookedAt, remindEveryMs);
    return [
      ...plan.open.map(
        (alert): Change => ({
          kind: alert.kind,
          subject: alert.subject,
          change: 'opened',
          make: () => register.open(alert, signal),
        }),
      ),
      ...plan.close.map(
        ({ subject, closing }): Change => ({
          kind: 'job-unplaceable',
          subject,
          change: 'closed',
          make: () => register.close('job-unplaceable', subject, closing, signal),
        }),
      ),
    ];
  };

  return async (
    judged: readonly Judged[],
    wasLookedAt: (queue: string) => boolean,
    signal: AbortSignal,
  ): Promise<ReconciledAlerts> => {
    const open = await openAlerts(signal);
    const changes = [...placed(judged, open, wasLookedAt, signal), ...(await unblocked(open, signal))];
    const { done, failed } = await processItems(
      changes,
      async ({ kind, subject, change, make }) => ((await make()) ? [{ kind, subject, change }] : []),
      { concurrency: CONCURRENCY },
    );
    return {
      tended: done.flat(),
      failed: failed.map(({ item: { kind, subject }, error }) => ({ kind, subject, error })),
    };
  };
};

export type ReconcileAlerts = ReturnType<typeof createReconcileAlerts>;
