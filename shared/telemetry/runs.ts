/**
 * Logs and counts the outcomes of runs, for an operator. Every line names the run and its
 * generation.
 */
import type { Outcome, Step } from '../runs/outcome.ts';
import { logger } from './logger.ts';
import { count } from './metrics.ts';

/** Logs a step on the way to an outcome, and counts the rare ones. */
export const reportStep = ({ kind, ...step }: Step): void => {
  switch (kind) {
    case 'claimed':
      logger.info('Run claimed', step);
      return;
    case 'answer lost':
      logger.warn('Answer of SubmitJob lost', step);
      return;
    case 'not found':
      logger.warn('Job not found by its name', step);
      return;
    case 'taken over':
      count('ClaimsRecovered', 1, { Feed: step.feed });
      logger.warn('Claim taken over', step);
      return;
    case 'generation opened':
      logger.info('Generation opened', step);
      return;
    case 'two jobs':
      logger.error('Run has two jobs', step);
      return;
    case 'overwritten':
      logger.warn('File changed after the claim', step);
      return;
    case 'source ran again':
      logger.warn('Source ran again after the claim', step);
      return;
    case 'holds':
      logger.warn('Failed run keeps others waiting', step);
      return;
    default:
      kind satisfies never;
  }
};

/** Logs and counts the outcome of an arrival or of a run. */
export const reportOutcome = (outcome: Outcome): void => {
  const { kind, ...fields } = outcome;
  switch (outcome.kind) {
    case 'skipped':
      count('ArrivalsSkipped');
      logger.info('Arrival skipped', fields);
      return;
    case 'waiting':
      logger.info('Run waits for more', fields);
      return;
    case 'would submit':
      logger.info('Job of shadow feed not submitted', fields);
      return;
    case 'submitted':
      count('JobsSubmitted', 1, { Feed: outcome.feed });
      if (outcome.adopted) {
        count('ClaimsRecovered', 1, { Feed: outcome.feed });
      }
      logger.info('Job submitted', fields);
      return;
    case 'settled':
      logger.info('Run needs nothing', fields);
      return;
    case 'refused':
      count('SubmissionsRefused', 1, { Feed: outcome.feed });
      logger.error('Job refused', fields);
      return;
    case 'lost':
      logger.error('Claim older than Batch remembers', fields);
      return;
    case 'claimed elsewhere':
      logger.info('Run claimed elsewhere', fields);
      return;
    case 'unsent':
      logger.warn('Job not accepted by Batch', fields);
      return;
    case 'unconfirmed':
      logger.warn('Submission unconfirmed', fields);
      return;
    case 'failed':
      logger.error('Run not advanced', fields);
      return;
    default:
      outcome satisfies never;
  }
};
