/** Logs and counts the changes of the jobs of runs, for an operator. */
import type { Tracked } from '../runs/track-job.ts';
import type { Watched } from '../runs/watch-jobs.ts';
import { logger } from './logger.ts';
import { count } from './metrics.ts';

const STATE_COUNTERS = { running: 'JobsStarted', succeeded: 'JobsSucceeded', failed: 'JobsFailed' } as const;

const countMove = ({ feed, state }: Extract<Tracked, { kind: 'moved' }>): void => {
  if (state === 'running' || state === 'succeeded' || state === 'failed') {
    count(STATE_COUNTERS[state], 1, { Feed: feed });
  }
};

/** Logs and counts the change of a run with its job. */
export const reportTracked = (tracked: Tracked): void => {
  const { kind, ...fields } = tracked;
  switch (tracked.kind) {
    case 'moved':
      countMove(tracked);
      logger.info('Run moved with its job', fields);
      return;
    case 'unmoved':
      logger.info('Run already moved with its job', fields);
      return;
    case 'other job':
      // `reportStep` has logged it.
      return;
    case 'unexpected':
      logger.warn('Job of a run that was not submitted', fields);
      return;
    case 'not ours':
      logger.debug('Job without run', fields);
      return;
    default:
      tracked satisfies never;
  }
};

/** Logs the answer of Batch about the job of a run, and counts the changes whose event was lost. */
export const reportWatched = (watched: Watched): void => {
  const { kind, ...fields } = watched;
  switch (watched.kind) {
    case 'tracked':
      if (watched.tracked.kind === 'moved') {
        count('ChangesFoundByAsking', 1, { Feed: watched.tracked.feed });
      }
      if (watched.tracked.kind !== 'unmoved') {
        reportTracked(watched.tracked);
      }
      return;
    case 'unknown':
      logger.warn('Job unknown to Batch', fields);
      return;
    case 'unread':
      logger.warn('Progress not read', fields);
      return;
    case 'failed':
      logger.error('Job not watched', fields);
      return;
    default:
      watched satisfies never;
  }
};
