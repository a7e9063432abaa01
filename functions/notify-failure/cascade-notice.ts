/**
 * Makes the notification about jobs that failed because of another job after that job's
 * notification.
 */
import type { NewAlert } from '../../shared/alerts/alert.ts';
import type { Job } from '../../shared/jobs/job.ts';
import { jobLink } from './console-links.ts';
import { blocks, counted, labelled, wrapped } from './notice-text.ts';

/** Makes the subject of the alert about the late cascade of a job. */
export const lateCascadeSubject = (dependency: string): string => `${dependency}#late-cascade`;

/**
 * Makes the alert about jobs that failed because of a job whose notification does not count them:
 * it was sent before they failed, or the suite sent none.
 *
 * @param job - one of them
 * @param others - the number of the others
 */
export const lateCascade = (dependency: string, job: Job, others: number): NewAlert => ({
  kind: 'job-failed',
  subject: lateCascadeSubject(dependency),
  queue: job.queue,
  title: `${job.name}: a job it depends on failed`,
  body: blocks(
    [
      wrapped(
        others === 0
          ? 'It never started, since a job that it depends on failed. See there.'
          : `It and ${counted(others, 'other job')} never started, since a job that they depend on failed. See there.`,
      ),
      wrapped('Further jobs that fail because of it make no notification.'),
    ],
    [...labelled('Job', job.name), ...labelled('Definition', job.definition), ...labelled('Depends on', dependency)],
    ['Job page:', jobLink(job), 'The job it depends on:', jobLink({ ...job, id: dependency, shape: 'container' })],
  ),
});
