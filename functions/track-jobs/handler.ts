/**
 * Moves each run with its Batch job. When a job has ended, submits the runs that waited for it: its
 * rerun, and the runs of dependent feeds.
 *
 * Trigger: Batch `Job State Change` of our jobs, through EventBridge and SQS; at least once, in any
 * order, also before the submission was recorded. Failure: a record that fails is reported alone
 * and comes back after the visibility timeout; after five times it goes to the failure queue. A
 * repeat is harmless: a run only moves forward. If an event is lost for good, `check-arrivals` asks
 * Batch.
 */

import * as configuration from 'breakaway:configuration';
import { createAlertRegister } from '../../shared/alerts/register.ts';
import { createAlertTable } from '../../shared/aws/alert-table.ts';
import { createJobQueues } from '../../shared/aws/batch.ts';
import { createLedger } from '../../shared/aws/ledger.ts';
import { createPutManifest } from '../../shared/aws/manifests.ts';
import { createObjects } from '../../shared/aws/s3.ts';
import type { Job } from '../../shared/jobs/job.ts';
import { readJobEvent } from '../../shared/jobs/job-event.ts';
import { readEnvironment } from '../../shared/lambda/environment.ts';
import { eachRecord, queueHandler } from '../../shared/lambda/queue-handler.ts';
import { pause } from '../../shared/pause.ts';
import { isUnfinished } from '../../shared/runs/outcome.ts';
import { createSettleRun } from '../../shared/runs/settle-run.ts';
import { createTrackJob } from '../../shared/runs/track-job.ts';
import { reportTracked } from '../../shared/telemetry/jobs.ts';
import { reportStep } from '../../shared/telemetry/runs.ts';

const CONCURRENCY = 10;

// Once per cold start: a bad setting stops the function here, before it has accepted any work.
const { stage, ledgerTable, suiteBucket } = readEnvironment({
  stage: 'STAGE',
  ledgerTable: 'LEDGER_TABLE',
  suiteBucket: 'SUITE_BUCKET',
});
const now = () => new Date();
const ledger = createLedger({ tableName: ledgerTable });
const { open: openAlert } = createAlertRegister({ table: createAlertTable({ tableName: ledgerTable }), now });
const settleRun = createSettleRun(
  {
    ledger,
    jobQueues: createJobQueues(),
    putManifest: createPutManifest(createObjects(), suiteBucket),
    openAlert,
    now,
    pause,
    onStep: reportStep,
  },
  { stage, pausesMs: [200, 400, 800] },
);
const trackJob = createTrackJob(
  { ledger, settleRun, openAlert, now, onStep: reportStep },
  new Map(configuration.feeds.map((feed) => [feed.name, feed])),
);

/** Handles one state change. It fails if a run that waited for the job is left unfinished. */
const handle = async (job: Job, signal: AbortSignal): Promise<void> => {
  const tracked = await trackJob(job, signal);
  reportTracked(tracked);
  const settled = 'settled' in tracked ? tracked.settled : undefined;
  const unfinished = settled?.filter(isUnfinished) ?? [];
  if (unfinished.length > 0) {
    throw new Error(`Waiting runs not finished: ${unfinished.map(({ kind }) => kind).join(', ')}`);
  }
};

// Once per event.
export const handler = queueHandler({
  read: (event) => readJobEvent(event).job,
  handle: eachRecord(handle, { concurrency: CONCURRENCY }),
  failed: 'Job not tracked',
});
