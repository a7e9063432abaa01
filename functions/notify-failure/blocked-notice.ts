/** Makes the notification about a queue that a job blocks. */
import type { NewAlert } from '../../shared/alerts/alert.ts';
import type { Job } from '../../shared/jobs/job.ts';
import { type Redaction, redactedLine } from '../../shared/jobs/redaction.ts';
import { explainBlocked } from './blocked-reason.ts';
import { jobLink } from './console-links.ts';
import type { OwnRun } from './failure-notice.ts';
import { blocks, labelled, wrapped } from './notice-text.ts';

/** Short enough for a blocked queue to be noticed during a weekend. */
const REMIND_EVERY_MS = 6 * 3_600_000;

/**
 * Makes the alert about a job at the head of its queue that cannot be placed.
 *
 * The subject is the job's id, by which `count-stuck-jobs` finds and closes the alert.
 */
export const queueBlocked = (job: Job, own: OwnRun | undefined, redact: Redaction): NewAlert => {
  const { brief, explanation } = explainBlocked(job.statusReason);
  return {
    kind: 'queue-blocked',
    subject: job.id,
    queue: job.queue,
    ...(own === undefined ? {} : { feed: own.run.feed }),
    title: `Queue ${job.queue} is blocked: ${brief}`,
    body: blocks(
      [wrapped(`A job at the head of the queue cannot start, and the jobs behind it wait. ${explanation}`)],
      [
        ...labelled('Blocking job', job.name),
        ...labelled('Definition', job.definition),
        ...labelled(
          'Status reason',
          job.statusReason === undefined ? undefined : redactedLine(job.statusReason, redact),
        ),
      ],
      ['Job page:', jobLink(job)],
      [wrapped('Cancelling the job lets the next one move up.')],
    ),
    remindEveryMs: REMIND_EVERY_MS,
  };
};
