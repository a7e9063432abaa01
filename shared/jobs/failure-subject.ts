/** The subject of the alert about a failed job. */
import type { Job } from './job.ts';

/** Makes a subject that is the same each time the event of one failure comes. */
export const failureSubject = ({ id, attempts, status }: Pick<Job, 'id' | 'attempts' | 'status'>): string =>
  `${id}#${attempts.length}#${status}`;
