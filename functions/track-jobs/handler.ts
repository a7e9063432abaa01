/**
 * Moves each run with its Batch job, and has the runs evaluated that waited for its end.
 *
 * Trigger: Batch `Job State Change` of our jobs, through EventBridge and SQS; at least once, in any order, also before the submission was recorded.
 * Failure: a record that fails is reported alone and comes back after the visibility timeout; after five times it goes to the failure queue. A repeat
 * is harmless: a run only moves forward. A change whose event is lost for good is found by `check-arrivals`, which asks Batch.
 */

import * as configuration from 'breakaway:configuration';
import { createAlertRegister } from '../../shared/alerts/register.ts';
import { createAlertTable } from '../../shared/aws/alert-table.ts';
import { createLedger } from '../../shared/aws/ledger.ts';
import { createRunRequests } from '../../shared/aws/run-requests.ts';
import type { Job } from '../../shared/jobs/job.ts';
import { readJobEvent } from '../../shared/jobs/job-event.ts';
import { readEnvironment } from '../../shared/lambda/environment.ts';
import { eachRecord, queueHandler } from '../../shared/lambda/queue-handler.ts';
import { createTouchRuns } from '../../shared/runs/touch-runs.ts';
import { createTrackJob } from '../../shared/runs/track-job.ts';
import { reportTracked } from '../../shared/telemetry/jobs.ts';
import { reportStep } from '../../shared/telemetry/runs.ts';

const CONCURRENCY = 10;

// Once per cold start: a bad setting stops the function here, before it has accepted any work.
const { stage, ledgerTable, runsQueueUrl } = readEnvironment({
  stage: 'STAGE',
  ledgerTable: 'LEDGER_TABLE',
  runsQueueUrl: 'RUNS_QUEUE_URL',
});
const now = () => new Date();
const ledger = createLedger({ tableName: ledgerTable });
const { open: openAlert } = createAlertRegister({ table: createAlertTable({ tableName: ledgerTable }), now });
const { send } = createRunRequests({ queueUrl: runsQueueUrl });
const trackJob = createTrackJob(
  { ledger, touchRuns: createTouchRuns({ ledger, send, now }), openAlert, now, onStep: reportStep },
  new Map(configuration.feeds.map((feed) => [feed.name, feed])),
  { stage },
);

// Once per event: one record's failure costs neither the others nor its own redelivery.
export const handler = queueHandler({
  read: (event) => readJobEvent(event).job,
  handle: eachRecord(async (job: Job, signal) => reportTracked(await trackJob(job, signal)), {
    concurrency: CONCURRENCY,
  }),
  failed: 'Job not tracked',
});
