/**
 * Touches the runs that an arrived object belongs to, and evaluates those of exact keys at once: the job of each complete one is started.
 *
 * Trigger: S3 `Object Created`, through EventBridge and SQS; at least once, in any order. Also a plain S3 or EventBridge event.
 * Failure: a record is done when its runs are touched. A record whose touch fails is reported alone and comes back after the visibility timeout; after
 * five times it goes to the failure queue. A repeat is harmless: a touch only asks for an evaluation.
 */

import * as configuration from 'breakaway:configuration';
import { createAlertRegister } from '../../shared/alerts/register.ts';
import { createAlertTable } from '../../shared/aws/alert-table.ts';
import { createRunPorts } from '../../shared/aws/run-ports.ts';
import { createRunRequests } from '../../shared/aws/run-requests.ts';
import { createMatcher } from '../../shared/feeds/match-feeds.ts';
import { readEnvironment } from '../../shared/lambda/environment.ts';
import { type BatchRecord, queueHandler } from '../../shared/lambda/queue-handler.ts';
import { pause } from '../../shared/pause.ts';
import { createEvaluateRun } from '../../shared/runs/evaluate-run.ts';
import { createTouchAndEvaluate } from '../../shared/runs/touch-runs.ts';
import { logger } from '../../shared/telemetry/logger.ts';
import { count } from '../../shared/telemetry/metrics.ts';
import { reportOutcome, reportStep } from '../../shared/telemetry/runs.ts';
import { type Arrival, arrivalsOf } from './event.ts';
import { groupByRun } from './runs-of-batch.ts';

// Once per cold start: a bad setting stops the function here, before it has accepted any work.
const { stage, ledgerTable, suiteBucket, runsQueueUrl } = readEnvironment({
  stage: 'STAGE',
  ledgerTable: 'LEDGER_TABLE',
  suiteBucket: 'SUITE_BUCKET',
  runsQueueUrl: 'RUNS_QUEUE_URL',
});
const now = () => new Date();
const feeds = new Map(configuration.feeds.map((feed) => [feed.name, feed]));
const alerts = createAlertRegister({ table: createAlertTable({ tableName: ledgerTable }), now });
const ports = createRunPorts({ ledgerTable, suiteBucket, alerts, onStep: reportStep, pause });
const { send } = createRunRequests({ queueUrl: runsQueueUrl });
const evaluateRun = createEvaluateRun(ports, { stage }, feeds);
const touchAndEvaluate = createTouchAndEvaluate({ ledger: ports.ledger, send, now, evaluateRun }, feeds);
const match = createMatcher(configuration.feeds);

// Once per event: each run is touched once, however many records of the batch it has.
export const handler = queueHandler<readonly Arrival[]>({
  read: arrivalsOf,
  handle: async (batch: readonly BatchRecord<readonly Arrival[]>[], signal) => {
    const { runs, recordsOf, unmatched } = groupByRun(batch, match);
    for (const { bucket, key } of unmatched) {
      count('ArrivalsSkipped');
      logger.info('Arrival of no feed', { bucket, key });
    }
    const { failed, outcomes, unsent } = await touchAndEvaluate(runs, signal, (touched) => {
      for (const { item, error } of touched.failed) {
        for (const record of recordsOf(item)) record.fail(error);
      }
      // Whatever follows from a touch does not bring its record back.
      for (const record of batch) record.done();
    });
    outcomes.forEach(reportOutcome);
    for (const { item, error } of failed) {
      logger.error('Run not touched', { ...item, error });
    }
    if (unsent !== undefined) {
      logger.warn('Evaluations not requested; the next tick does it', { error: unsent });
    }
  },
  failed: 'Arrival not handled',
});
