/**
 * Submits the Batch job of each run that an arrived object completes.
 *
 * Trigger: S3 `Object Created`, through EventBridge and SQS; at least once, in any order. Also a
 * plain S3 or EventBridge event.
 * Failure: a record that fails is reported alone and comes back after the visibility timeout; after
 * five times it goes to the failure queue. A repeat is harmless: the ledger lets one job through.
 */

import * as configuration from 'breakaway:configuration';
import { createAlertRegister } from '../../shared/alerts/register.ts';
import { createAlertTable } from '../../shared/aws/alert-table.ts';
import { createJobQueues } from '../../shared/aws/batch.ts';
import { createLedger } from '../../shared/aws/ledger.ts';
import { createPutManifest } from '../../shared/aws/manifests.ts';
import { createObjects } from '../../shared/aws/s3.ts';
import { createMatcher } from '../../shared/feeds/match-feeds.ts';
import { readEnvironment } from '../../shared/lambda/environment.ts';
import { eachRecord, queueHandler } from '../../shared/lambda/queue-handler.ts';
import { pause } from '../../shared/pause.ts';
import { processItems } from '../../shared/process-items.ts';
import { createAdvanceRuns } from '../../shared/runs/advance-runs.ts';
import type { ArrivedObject } from '../../shared/runs/arrived-object.ts';
import { isUnfinished } from '../../shared/runs/outcome.ts';
import { logger } from '../../shared/telemetry/logger.ts';
import { reportOutcome, reportStep } from '../../shared/telemetry/runs.ts';
import { arrivalsOf } from './event.ts';

// Once per cold start: a bad setting stops the function here, before it has accepted any work.
const { stage, ledgerTable, suiteBucket } = readEnvironment({
  stage: 'STAGE',
  ledgerTable: 'LEDGER_TABLE',
  suiteBucket: 'SUITE_BUCKET',
});
const objects = createObjects();
const alerts = createAlertRegister({ table: createAlertTable({ tableName: ledgerTable }), now: () => new Date() });
const advanceRuns = createAdvanceRuns(
  {
    ledger: createLedger({ tableName: ledgerTable }),
    jobQueues: createJobQueues(),
    head: objects.head,
    putManifest: createPutManifest(objects, suiteBucket),
    openAlert: alerts.open,
    now: () => new Date(),
    pause,
    onStep: reportStep,
  },
  { stage, match: createMatcher(configuration.feeds), pausesMs: [200, 400, 800] },
);

/** Handles the objects of one record. It fails if one of their runs is left unfinished. */
const handle = async (arrivals: readonly ArrivedObject[], signal: AbortSignal): Promise<void> => {
  const { done, failed } = await processItems(arrivals, (object) => advanceRuns(object, signal));
  const outcomes = done.flat();
  outcomes.forEach(reportOutcome);
  for (const { item, error } of failed) {
    logger.error('Object not handled', { bucket: item.bucket, key: item.key, error });
  }

  const unfinished = outcomes.filter(isUnfinished);
  if (unfinished.length > 0 || failed.length > 0) {
    throw new Error(
      `Not finished: ${[...unfinished.map(({ kind }) => kind), ...failed.map(({ error }) => String(error))].join(', ')}`,
    );
  }
};

// Once per event.
export const handler = queueHandler({ read: arrivalsOf, handle: eachRecord(handle), failed: 'Arrival not handled' });
