/**
 * Decides when alerts about blocked queues are closed.
 *
 * The subject of an alert of kind `queue-blocked` is the id of the blocking job, and its `queue` is
 * the name of the queue. It has `remindEveryMs`, so that it is listed while it is open.
 */
import type { Alert, Closing } from '../../shared/alerts/alert.ts';
import { DAY_MS } from '../../shared/durations.ts';

const KIND = 'queue-blocked';

/** Returns the id of the blocking job; `undefined` for an alert of another kind. */
export const blockingJob = ({ kind, subject }: Pick<Alert, 'kind' | 'subject'>): string | undefined =>
  kind === KIND ? subject : undefined;

/**
 * Plans which alerts to close: those whose blocking job has left RUNNABLE.
 *
 * @param jobs - the blocking jobs as Batch describes them. A job that Batch does not know ended
 * long ago, or cannot be read yet: Batch remembers ended jobs for days, and its reads lag
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
              : `The job ${blocking} that blocked it is now ${status}.`,
        },
      },
    ];
  });
