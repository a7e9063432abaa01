/**
 * Finishes what was left half done: runs whose owner died on the way to their job, and alerts that nobody has told yet.
 *
 * Trigger: every minute.
 * Failure: the tick is not tried again, since the next one does the same. Each run and alert fails alone and stays on its list; the invocation then
 * ends with an error, which an alarm sees.
 */

import { configuration } from 'breakaway:configuration';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAlerts } from '../../shared/alerts/alerts.ts';
import { createAlertTable } from '../../shared/aws/alert-table.ts';
import { createAlertTopic } from '../../shared/aws/alert-topic.ts';
import { createJobQueues } from '../../shared/aws/batch.ts';
import { createLedger } from '../../shared/aws/ledger.ts';
import { createObjects } from '../../shared/aws/s3.ts';
import { lambda } from '../../shared/lambda.ts';
import { isUnfinished, type Outcome } from '../../shared/runs/outcome.ts';
import { createSettleRun } from '../../shared/runs/settle-run.ts';
import { createSweepRuns } from '../../shared/runs/sweep-runs.ts';
import { logger } from '../../shared/telemetry/logger.ts';
import { count } from '../../shared/telemetry/metrics.ts';
import { reportOutcome, reportStep } from '../../shared/telemetry/runs.ts';
import { readConfig } from './config.ts';

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
    pause: (ms, signal) => sleep(ms, undefined, { signal }),
    onStep: reportStep,
  },
  { stage, pausesMs: [] },
);
const feeds = new Map(configuration.feeds.map((feed) => [feed.name, feed]));
const sweepRuns = createSweepRuns({ ledger, settleRun, now }, feeds);

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

const sweep = async (signal: AbortSignal): Promise<Outcome[]> => {
  const outcomes = await sweepRuns(signal);
  outcomes.forEach(reportOutcome);
  return outcomes;
};

// Once per event.
export const handler = lambda(async (_event: unknown, signal) => {
  const outcomes = await sweep(signal).catch((error: unknown) => {
    logger.error('Unsettled runs not read', { error });
    return undefined;
  });
  // Alerts are told whatever became of the runs: they may be the reason.
  const untold = await tellAlerts(signal);

  const failed = outcomes?.filter(({ kind }) => kind === 'failed').length;
  if (failed !== 0 || untold > 0) {
    throw new Error(
      `Check incomplete: ${failed ?? 'all'} runs not advanced, ${untold} alerts not told; each is logged and comes again`,
    );
  }
  return { runs: outcomes?.length ?? 0, unfinished: outcomes?.filter(isUnfinished).length ?? 0 };
});
