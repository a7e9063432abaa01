/**
 * Alerts that a job blocks its queue, and when they are over.
 *
 * Whoever opens an alert of the kind `queue-blocked` makes the id of the blocking job its subject, names the queue in `queue`, and has people reminded
 * (`remindEveryMs`): that keeps the alert among those that are listed while it is open.
 */
import type { Alert, Closing } from '../../shared/alerts/alert.ts';
import { DAY_MS } from '../../shared/durations.ts';

const KIND = 'queue-blocked';

/** Names the job that an alert says is blocking its queue. */
export const blockingJob = ({ kind, subject }: Pick<Alert, 'kind' | 'subject'>): string | undefined =>
  kind === KIND ? subject : undefined;

/**
 * Plans which alerts to close: of those of this kind, those whose job has left RUNNABLE.
 *
 * @param jobs - what Batch told of the blocking jobs. One that it does not know has ended long ago, or is not yet to be seen: Batch remembers ended
 * jobs for days, and its reads lag
 */
export const planClosings = (
  open: readonly Alert[],
  jobs: readonly { readonly jobId: string; readonly status: string }[],
  now: Date,
): { readonly subject: string; readonly closing: Closing }[] =>
  open.flatMap((alert) => {
    const blocking = blockingJob(alert);
    const status = jobs.find(({ jobId }) => jobId === blocking)?.status;
    if (
      blocking === undefined ||
      status === 'RUNNABLE' ||
      (status === undefined && now.getTime() - alert.openedAt.getTime() < DAY_MS)
    ) {
      return [];
    }
    const queue = alert.queue ?? 'a queue';
    return [
      {
        subject: alert.subject,
        closing: {
          title: `Queue ${queue} is no longer blocked`,
          body:
            status === undefined
              ? `AWS Batch no longer knows the job ${blocking} that blocked it.`
              : `The job ${blocking} that blocked it is ${status} now.`,
        },
      },
    ];
  });
