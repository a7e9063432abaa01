/** The trigger's JSON: events of AWS Batch. */
import { type JobEvent, readJobEvent } from '../../shared/jobs/job-event.ts';

/** An event, and what its queue says about it. */
export type Received = JobEvent & {
  /** Whether it came by the queue without delay, whose jobs are only noted. */
  readonly isForNotes: boolean;
};

/**
 * The queue of jobs that failed because of another job. It has no delay, so that they are known
 * when the notification about that job is written.
 */
const CASCADES = /-job-cascades$/;

/**
 * Reads an event of a job or of a queue.
 *
 * @throws Error that names the field that is missing or wrong
 */
export const receive = (event: unknown, queue = ''): Received => ({
  ...readJobEvent(event),
  isForNotes: CASCADES.test(queue),
});
