/** What people are told of jobs that fell because another one had failed, where that one's own message did not tell of them. */
import type { NewAlert } from '../../shared/alerts/alert.ts';
import type { Job } from '../../shared/jobs/job.ts';
import { jobLink } from './console-links.ts';
import { blocks, counted, labelled, wrapped } from './notice-text.ts';

/** Names the alert of the jobs that fell with a job and were not in its message. */
export const lateCascadeSubject = (dependency: string): string => `${dependency}#fell-later`;

/**
 * Tells that jobs fell with one whose message said nothing of them: it was told before they fell, or long ago, or not by this suite.
 *
 * @param job - one of them
 * @param others - how many more are known
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
          ? 'It never started, since a job that it depends on failed. Look there.'
          : `It and ${counted(others, 'other job')} never started, since a job that they depend on failed. Look there.`,
      ),
      wrapped('Jobs that fall with it from now on are not told.'),
    ],
    [...labelled('Job', job.name), ...labelled('Definition', job.definition), ...labelled('Depends on', dependency)],
    ['Job page:', jobLink(job), 'The job it depends on:', jobLink({ ...job, id: dependency, shape: 'container' })],
  ),
});
