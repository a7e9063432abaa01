/** Notifies people about a queue that a job blocks, unless the job has moved on since. */
import type { NewAlert } from '../../shared/alerts/alert.ts';
import type { SentNotification } from '../../shared/alerts/alerts.ts';
import type { AlertKind } from '../../shared/alerts/kinds.ts';
import type { Job } from '../../shared/jobs/job.ts';
import { createRedaction } from '../../shared/jobs/redaction.ts';
import { queueBlocked } from './blocked-notice.ts';
import { blockedCode } from './blocked-reason.ts';
import type { FailureDescriptions } from './describe-failure.ts';
import type { Outcome } from './outcome.ts';

export type Ports = {
  readonly alerts: {
    open(alert: NewAlert, signal: AbortSignal): Promise<boolean>;
    notify(kind: AlertKind, subject: string, signal: AbortSignal): Promise<readonly SentNotification[]>;
  };
  readonly descriptions: Pick<FailureDescriptions, 'ownRun'>;
  readonly describe: (ids: readonly string[], signal: AbortSignal) => Promise<readonly Job[]>;
  readonly onNotified: (sent: SentNotification) => void;
};

/**
 * Makes the function that notifies people about one blocked queue. `count-stuck-jobs` closes the
 * alert when the job has left RUNNABLE.
 */
export const createNotifyBlockedQueue =
  ({ alerts, descriptions, describe, onNotified }: Ports) =>
  async (job: Job, signal: AbortSignal): Promise<Outcome> => {
    // A late or repeated event would reopen an alert that is closed.
    const now = await describe([job.id], signal).catch(() => {
      signal.throwIfAborted();
      return [];
    });
    const status = now[0]?.status;
    if (status !== undefined && status !== 'RUNNABLE') {
      return { kind: 'moved on', jobId: job.id, queue: job.queue, status };
    }
    const alert = queueBlocked(job, await descriptions.ownRun(job, signal), createRedaction(job.confidential));
    await alerts.open(alert, signal);
    (await alerts.notify(alert.kind, alert.subject, signal)).forEach(onNotified);
    return {
      kind: 'blocked',
      jobId: job.id,
      queue: job.queue,
      reason: blockedCode(job.statusReason ?? 'UNDETERMINED'),
    };
  };
