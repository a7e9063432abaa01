/**
 * Evaluates runs: asks S3 what is there for each, and starts the job of each complete one.
 *
 * Trigger: SQS `runs`, to which touches and the minute's tick send; at least once. A message that comes too early, or twice, does nothing.
 * Failure: an evaluation that fails is logged and counted, and its run stays due: the next tick sends it again. Its message does not come back.
 */

import * as configuration from 'breakaway:configuration';
import { createAlertRegister } from '../../shared/alerts/register.ts';
import { createAlertTable } from '../../shared/aws/alert-table.ts';
import { createRunPorts } from '../../shared/aws/run-ports.ts';
import { readEnvironment } from '../../shared/lambda/environment.ts';
import { eachRecord, queueHandler } from '../../shared/lambda/queue-handler.ts';
import { pause } from '../../shared/pause.ts';
import { createEvaluateRun } from '../../shared/runs/evaluate-run.ts';
import { reportOutcome, reportStep } from '../../shared/telemetry/runs.ts';
import { runOf } from './event.ts';

// Once per cold start: a bad setting stops the function here, before it has accepted any work.
const { stage, ledgerTable, suiteBucket } = readEnvironment({
  stage: 'STAGE',
  ledgerTable: 'LEDGER_TABLE',
  suiteBucket: 'SUITE_BUCKET',
});
const alerts = createAlertRegister({
  table: createAlertTable({ tableName: ledgerTable }),
  now: () => new Date(),
});
const evaluateRun = createEvaluateRun(
  createRunPorts({ ledgerTable, suiteBucket, alerts, onStep: reportStep, pause }),
  { stage },
  new Map(configuration.feeds.map((feed) => [feed.name, feed])),
);

// Once per event: the runs of a batch are evaluated side by side, and none waits for another.
export const handler = queueHandler({
  read: runOf,
  handle: eachRecord(async (run, signal) => reportOutcome(await evaluateRun(run, {}, signal))),
  failed: 'Run not evaluated',
});
