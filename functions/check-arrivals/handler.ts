/**
 * Finishes what was left half done: runs whose owner died on the way to their job, jobs whose events were lost, and alerts that nobody has told yet.
 *
 * Trigger: every minute.
 * Failure: the tick is not tried again, since the next one does the same. Each run and alert fails alone and stays on its list; the invocation then
 * ends with an error, which an alarm sees.
 */

import * as configuration from 'breakaway:configuration';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAlerts } from '../../shared/alerts/alerts.ts';
import { createAlertTable } from '../../shared/aws/alert-table.ts';
import { createAlertTopic } from '../../shared/aws/alert-topic.ts';
import { createJobQueues } from '../../shared/aws/batch.ts';
import { createJobDetails } from '../../shared/aws/job-details.ts';
import { createJobLogs } from '../../shared/aws/job-logs.ts';
import { createLedger } from '../../shared/aws/ledger.ts';
import { createObjects } from '../../shared/aws/s3.ts';
import { createReadProgress } from '../../shared/jobs/read-progress.ts';
import { lambda } from '../../shared/lambda.ts';
import { createPace } from '../../shared/pace.ts';
import { pause } from '../../shared/pause.ts';
import { isUnfinished, type Outcome } from '../../shared/runs/outcome.ts';
import { createSettleRun } from '../../shared/runs/settle-run.ts';
import { createSweepRuns } from '../../shared/runs/sweep-runs.ts';
import { createTrackJob } from '../../shared/runs/track-job.ts';
import { createWatchJobs, type Watched } from '../../shared/runs/watch-jobs.ts';
import { reportWatched } from '../../shared/telemetry/jobs.ts';
import { logger } from '../../shared/telemetry/logger.ts';
import { count } from '../../shared/telemetry/metrics.ts';
import { reportOutcome, reportStep } from '../../shared/telemetry/runs.ts';
import { readConfig } from './config.ts';

/** CloudWatch Logs takes ten a second in some regions, from everybody in the account. */
const LOG_READS_PER_SECOND = 5;

const SWEEP_TIMEOUT_MS = 30_000;
const WATCH_TIMEOUT_MS = 30_000;

// Once per cold start: a bad setting stops the function here.
const { stage, ledgerTable, suiteBucket, alertTopicArn } = readConfig(process.env);
const now = () => new Date();
const ledger = createLedger({ tableName: ledgerTable });
const objects = createObjects();
const alerts = createAlerts(
  {
    table: createAlertTable({ tableName: ledgerTable }),
    topic: createAlertTopic({ topicArn: alertTopicArn }),
    now,
  },
  { stage, timeZone: configuration.timeZone },
);
const settleRun = createSettleRun(
  {
    ledger,
    jobQueues: createJobQueues(),
    putManifest: async (key, lines, signal) => {
      await objects.put(suiteBucket, key, lines, 'application/jsonl', signal);
      return `s3://${suiteBucket}/${key}`;
    },
    openAlert: alerts.open,
    now,
    pause,
    onStep: reportStep,
  },
  { stage, pausesMs: [] },
);
const feeds = new Map(configuration.feeds.map((feed) => [feed.name, feed]));
const sweepRuns = createSweepRuns({ ledger, settleRun, now }, feeds);
const watchJobs = createWatchJobs({
  ledger,
  trackJob: createTrackJob({ ledger, settleRun, openAlert: alerts.open, now, onStep: reportStep }, feeds),
  describe: createJobDetails().describe,
  readProgress: createReadProgress({
    readLog: createJobLogs().latest,
    pace: createPace(LOG_READS_PER_SECOND, { now: () => performance.now(), sleep }),
  }),
  openAlert: alerts.open,
  now,
});

/** Tells what is due, the alerts of this tick's own runs among them. */
const tellAlerts = async (signal: AbortSignal): Promise<number> => {
  const { told, failed } = await alerts.tellDue(signal);
  for (const { kind, subject, step } of told) {
    count('AlertsTold', 1, { Kind: kind });
    logger.info('Alert told', { kind, subject, step });
  }
  for (const { item, error } of failed) {
    logger.error('Alert not told', { alert: item, error });
  }
  return failed.length;
};

/** Looks again at unsettled runs, for as long as it leaves time for the alerts. */
const sweep = async (signal: AbortSignal): Promise<Outcome[]> => {
  const outcomes = await sweepRuns(AbortSignal.any([signal, AbortSignal.timeout(SWEEP_TIMEOUT_MS)]));
  outcomes.forEach(reportOutcome);
  return outcomes;
};

/** Asks about jobs that have not been heard of, for as long as it leaves time for the alerts. */
const watch = async (signal: AbortSignal): Promise<Watched[]> => {
  const watched = await watchJobs(AbortSignal.any([signal, AbortSignal.timeout(WATCH_TIMEOUT_MS)]));
  watched.forEach(reportWatched);
  return watched;
};

// Once per event.
export const handler = lambda(async (_event: unknown, signal) => {
  const [outcomes, watched] = await Promise.all([
    sweep(signal).catch((error: unknown) => {
      logger.error('Unsettled runs not read', { error });
      return undefined;
    }),
    watch(signal).catch((error: unknown) => {
      logger.error('Jobs not asked about', { error });
      return undefined;
    }),
  ]);
  // Alerts are told whatever became of the runs: they may be the reason.
  const untold = await tellAlerts(signal);

  const failed = outcomes?.filter(({ kind }) => kind === 'failed').length;
  const unwatched = watched?.filter(({ kind }) => kind === 'failed').length;
  if (outcomes === undefined || failed !== 0 || unwatched !== 0 || untold > 0) {
    throw new Error(
      `Check incomplete: ${failed ?? 'all'} runs not advanced, ${unwatched ?? 'all'} jobs not asked about, ${untold} alerts not told; each is logged and comes again`,
    );
  }
  return { runs: outcomes.length, unfinished: outcomes.filter(isUnfinished).length };
});
