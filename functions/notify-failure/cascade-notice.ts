/** What people are told of jobs that fell because another one had failed, where that one's own message did not tell of them. */
import type { NewAlert } from '../../shared/alerts/alert.ts';
import type { Job } from '../../shared/jobs/job.ts';
import { jobLink } from './console-links.ts';
import { blocks, counted, labelled, wrapped } from './wrap-text.ts';

/** Names the alert of the jobs that fell with a job and were not in its message. */
export const fellLaterSubject = (dependency: string): string => `${dependency}#fell-later`;

/**
 * Tells that jobs fell with one whose message said nothing of them: it was told before they fell, or long ago, or not by this suite.
 *
 * @param fallen - one of them
 * @param others - how many more are known
 */
export const fellLater = (dependency: string, fallen: Job, others: number): NewAlert => ({
  kind: 'job-failed',
  subject: fellLaterSubject(dependency),
  queue: fallen.queue,
  title: `${fallen.name}: a job it depends on failed`,
  body: blocks(
    [
      wrapped(
        others === 0
          ? 'It never started, since a job that it depends on failed. Look there.'
          : `It and ${counted(others, 'other job')} never started, since a job that they depend on failed. Look there.`,
      ),
      wrapped('Jobs that fall with it from now on are not told.'),
    ],
    [
      ...labelled('Job', fallen.name),
      ...labelled('Definition', fallen.definition),
      ...labelled('Depends on', dependency),
    ],
    [
      'Job page:',
      jobLink(fallen),
      'The job it depends on:',
      jobLink({ ...fallen, id: dependency, shape: 'container' }),
    ],
  ),
});
