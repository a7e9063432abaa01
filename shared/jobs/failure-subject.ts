/** What the alert about a failed job is called, whoever opens it. */
import type { Job } from './job.ts';

/** Names the alert of a job's end: told once for a job, its attempts and its status, however often the event comes. */
export const failureSubject = ({ id, attempts, status }: Pick<Job, 'id' | 'attempts' | 'status'>): string =>
  `${id}#${attempts.length}#${status}`;
