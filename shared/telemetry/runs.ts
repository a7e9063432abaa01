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
    case 'two jobs':
      logger.error('Run has two jobs', step);
      return;
    case 'other slots':
      logger.info('Slots of the feed changed after the claim', step);
      return;
    case 'blocks':
      logger.warn('Failed run blocks others', step);
      return;
    default:
      kind satisfies never;
  }
};

type Kind = Outcome['kind'];

const LINES: Readonly<Record<Kind, readonly [level: 'debug' | 'info' | 'warn' | 'error', message: string]>> = {
  waiting: ['info', 'Run waits for more'],
  unsteady: ['info', 'Delivery not steady yet'],
  unasked: ['error', 'Bucket could not be read'],
  paused: ['info', 'Feed paused'],
  held: ['warn', 'Run held'],
  'out of range': ['warn', 'Date out of range'],
  'no feed': ['warn', 'Feed not configured'],
  shadow: ['info', 'Job of shadow feed not submitted'],
  submitted: ['info', 'Job submitted'],
  changed: ['warn', 'Files changed after the claim'],
  settled: ['debug', 'Run needs nothing'],
  'not due': ['debug', 'Run not due'],
  refused: ['error', 'Job refused'],
  denied: ['warn', 'Permission to submit missing'],
  lost: ['error', 'Claim too old to decide'],
  'claimed elsewhere': ['info', 'Run claimed elsewhere'],
  unsent: ['warn', 'Job not accepted by Batch'],
  unconfirmed: ['warn', 'Submission unconfirmed'],
  unreadable: ['error', 'Ledger item not readable'],
  failed: ['error', 'Run not evaluated'],
};

/** Counts an outcome. */
const countOutcome = (outcome: Outcome): void => {
  switch (outcome.kind) {
    case 'submitted':
      count('JobsSubmitted', 1, { Feed: outcome.feed });
      if (outcome.adopted) {
        count('ClaimsRecovered', 1, { Feed: outcome.feed });
      }
      if (outcome.unannounced) {
        count('ArrivalsFoundByListing', 1, { Feed: outcome.feed });
      }
      return;
    case 'refused':
      count('SubmissionsRefused', 1, { Feed: outcome.feed });
      return;
    case 'unreadable':
      count('ItemsUnreadable');
      return;
    case 'failed':
      count('EvaluationsFailed');
      return;
    default:
  }
};

/** Logs what an evaluation came to, and counts it. */
export const reportOutcome = (outcome: Outcome): void => {
  const { kind, ...fields } = outcome;
  const [level, message] = LINES[kind];
  countOutcome(outcome);
  logger[level](message, fields);
};
