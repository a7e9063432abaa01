/**
 * Sees to all that no event sees to: opens the runs that are expected and those whose time has come, finishes what was left half done, asks about
 * jobs whose events were lost, searches S3 for arrivals whose events were, tells which runs are late, and tells every alert that nobody has told yet.
 *
 * Trigger: every minute.
 * Failure: the tick is not tried again, since the next one does the same. Each part, and in it each run, job and alert, fails alone and comes again;
 * the invocation then ends with an error, which an alarm sees.
 */

import * as configuration from 'breakaway:configuration';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAlerts } from '../../shared/alerts/alerts.ts';
import { createAlertTable } from '../../shared/aws/alert-table.ts';
import { createAlertTopic } from '../../shared/aws/alert-topic.ts';
import { createJobQueues } from '../../shared/aws/batch.ts';
import { createFeedStates } from '../../shared/aws/feed-states.ts';
import { createJobDetails } from '../../shared/aws/job-details.ts';
import { createJobLogs } from '../../shared/aws/job-logs.ts';
import { createLedger } from '../../shared/aws/ledger.ts';
import { createListingRecords } from '../../shared/aws/listing-records.ts';
import { createPutManifest } from '../../shared/aws/manifests.ts';
import { createMetricData } from '../../shared/aws/metric-data.ts';
import { createObjects } from '../../shared/aws/s3.ts';
import { runKeyId } from '../../shared/feeds/run-key.ts';
import { createReadProgress } from '../../shared/jobs/read-progress.ts';
import { readEnvironment } from '../../shared/lambda/environment.ts';
import { lambda } from '../../shared/lambda/lambda.ts';
import { createPace } from '../../shared/pace.ts';
import { pause } from '../../shared/pause.ts';
import type { FeedState } from '../../shared/runs/feed-states.ts';
import { isUnfinished, type Outcome } from '../../shared/runs/outcome.ts';
import { createReadSources } from '../../shared/runs/read-sources.ts';
import { createSettleRun } from '../../shared/runs/settle-run.ts';
import { createSweepRuns } from '../../shared/runs/sweep-runs.ts';
import { createTrackJob } from '../../shared/runs/track-job.ts';
import { createWatchJobs, type Watched } from '../../shared/runs/watch-jobs.ts';
import { reportWatched } from '../../shared/telemetry/jobs.ts';
import { logger } from '../../shared/telemetry/logger.ts';
import { count } from '../../shared/telemetry/metrics.ts';
import { reportOutcome, reportStep } from '../../shared/telemetry/runs.ts';
import { lateGauges } from './gauges.ts';
import { createOpenRuns } from './open-runs.ts';
import { rememberFeeds } from './remember-feeds.ts';
import { createReportLateRuns } from './report-late-runs.ts';
import { createSearchArrivals, type Searched } from './search-arrivals.ts';

/** CloudWatch Logs takes ten a second in some regions, from everybody in the account. */
const LOG_READS_PER_SECOND = 5;

// One after another, they leave more than ten seconds of the function's time for the alerts.
const REMEMBER_TIMEOUT_MS = 4_000;
const OPEN_TIMEOUT_MS = 6_000;
const SWEEP_TIMEOUT_MS = 20_000;
const WATCH_TIMEOUT_MS = 20_000;
const LIST_TIMEOUT_MS = 20_000;
const LATE_TIMEOUT_MS = 8_000;

// Once per cold start: a bad setting stops the function here.
const { stage, ledgerTable, suiteBucket, alertTopicArn } = readEnvironment({
  stage: 'STAGE',
  ledgerTable: 'LEDGER_TABLE',
  suiteBucket: 'SUITE_BUCKET',
  alertTopicArn: 'ALERT_TOPIC_ARN',
});
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
const runPorts = {
  ledger,
  jobQueues: createJobQueues(),
  head: objects.head,
  putManifest: createPutManifest(objects, suiteBucket),
  openAlert: alerts.open,
  now,
  pause,
  onStep: reportStep,
};
const settleRun = createSettleRun(runPorts, { stage, pausesMs: [] });
const feeds = new Map(configuration.feeds.map((feed) => [feed.name, feed]));
const sweepRuns = createSweepRuns({ ledger, settleRun, openAlert: alerts.open, now, onStep: reportStep }, feeds);
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

const states = createFeedStates({ tableName: ledgerTable });
const openRuns = createOpenRuns({ ledger, states, settleRun, now }, configuration.feeds, configuration.calendars);
const reportLateRuns = createReportLateRuns(
  { ledger, states, readSources: createReadSources({ ledger }, feeds), alerts, now },
  configuration.feeds,
  configuration.calendars,
);
const searchArrivals = createSearchArrivals(
  { ...createListingRecords({ tableName: ledgerTable }), list: objects.list, runs: runPorts },
  { stage, pausesMs: [] },
  configuration.feeds,
);
const { publish } = createMetricData();

type Remembered = ReadonlyMap<string, FeedState>;

/** Tells what is due, the alerts of this tick's own runs among them. */
const notifyPeople = async (signal: AbortSignal): Promise<number> => {
  const { sent, failed } = await alerts.notifyDue(signal);
  for (const { kind, subject, step } of sent) {
    count('AlertsTold', 1, { Kind: kind });
    logger.info('Notification sent', { kind, subject, step });
  }
  for (const { item, error } of failed) {
    logger.error('Notification not sent', { alert: item, error });
  }
  return failed.length;
};

/** Opens what is expected by now. */
const open = async (remembered: Remembered, signal: AbortSignal): Promise<Outcome[]> => {
  const { opened, skipped, outcomes } = await openRuns(remembered, signal);
  for (const run of opened) {
    logger.info('Run opened', { feed: run.feed, run: runKeyId(run), generation: 1 });
  }
  for (const { feed, times, first, last } of skipped) {
    count('TimesSkipped', times, { Feed: feed });
    logger.warn('Times skipped', { feed, times, first, last });
  }
  outcomes.forEach(reportOutcome);
  return [...outcomes];
};

/** Looks again at unsettled runs. */
const sweep = async (signal: AbortSignal): Promise<Outcome[]> => {
  const outcomes = await sweepRuns(signal);
  outcomes.forEach(reportOutcome);
  return outcomes;
};

/** Asks about jobs that have not been heard of. */
const watch = async (signal: AbortSignal): Promise<Watched[]> => {
  const watched = await watchJobs(signal);
  watched.forEach(reportWatched);
  return watched;
};

/** Searches for arrivals whose event was lost. */
const search = async (remembered: Remembered, signal: AbortSignal): Promise<Searched[]> => {
  const firstSeen = new Map(Array.from(remembered, ([feed, { firstSeenAt }]) => [feed, firstSeenAt]));
  const searches = await searchArrivals(firstSeen, signal);
  for (const { breadth, requests, found, outcomes, failed, position } of searches) {
    for (const arrival of found) {
      count('ArrivalsFoundByListing', 1, { Feed: arrival.feed });
      logger.warn('Arrival found by listing', arrival);
    }
    outcomes.forEach(reportOutcome);
    for (const { place, error } of failed) {
      logger.error('Bucket not searched for arrivals', { ...place, error });
    }
    if (position !== undefined) {
      logger.info('Search for arrivals goes on in the next tick', { breadth, requests, ...position });
    }
  }
  return searches;
};

/**
 * Looks which runs are late, and publishes how many.
 *
 * @returns of how many feeds nobody knows
 */
const lookForLate = async (remembered: Remembered, signal: AbortSignal): Promise<number> => {
  const at = now();
  const lateness = await reportLateRuns(remembered, signal);
  for (const { feed, opened, closed } of lateness.standings) {
    for (const run of opened) {
      logger.warn('Run late', { feed, run });
    }
    for (const run of closed) {
      logger.info('Run late no more', { feed, run });
    }
  }
  for (const { feed, error } of lateness.failed) {
    logger.error('Late runs of feed not known', { feed, error });
  }
  await publish(lateGauges(lateness, at), signal);
  return lateness.failed.length;
};

/** Does a part of the tick in its time; what it could not do costs the others nothing. */
const attempt = async <Result>(
  failed: string,
  timeoutMs: number,
  part: (signal: AbortSignal) => Promise<Result>,
  signal: AbortSignal,
): Promise<Result | undefined> => {
  try {
    return await part(AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
  } catch (error) {
    logger.error(failed, { error });
    return undefined;
  }
};

const failedOf = (results: readonly { readonly kind: string }[]): number =>
  results.filter(({ kind }) => kind === 'failed').length;

// Once per event.
export const handler = lambda(async (_event: unknown, signal) => {
  const remembered = await attempt(
    'Feeds not remembered',
    REMEMBER_TIMEOUT_MS,
    (within) => rememberFeeds(states, configuration.feeds, now(), within),
    signal,
  );
  const opened =
    remembered &&
    (await attempt('Expected runs not opened', OPEN_TIMEOUT_MS, (within) => open(remembered, within), signal));
  const [swept, watched, searched] = await Promise.all([
    attempt('Unsettled runs not read', SWEEP_TIMEOUT_MS, sweep, signal),
    attempt('Jobs not asked about', WATCH_TIMEOUT_MS, watch, signal),
    remembered &&
      attempt('Buckets not searched for arrivals', LIST_TIMEOUT_MS, (within) => search(remembered, within), signal),
  ]);
  // After all that may have completed a run in this tick.
  const unknown =
    remembered &&
    (await attempt('Late runs not looked for', LATE_TIMEOUT_MS, (within) => lookForLate(remembered, within), signal));
  // Alerts are told whatever became of the runs: they may be the reason.
  const unsent = await notifyPeople(signal);

  const counts = {
    'runs not opened': opened && failedOf(opened),
    'runs not advanced': swept && failedOf(swept),
    'jobs not asked about': watched && failedOf(watched),
    'buckets not searched for arrivals': searched?.flatMap(({ failed }) => failed).length,
    'arrivals not handled': searched && failedOf(searched.flatMap(({ outcomes }) => outcomes)),
    'feeds not checked for late runs': unknown,
    'notifications not sent': unsent,
  };
  const outcomes = [...(opened ?? []), ...(swept ?? [])];
  const problems = Object.entries(counts).filter(([, failed]) => failed !== 0);
  if (problems.length > 0) {
    const list = problems.map(([what, failed]) => `${failed ?? 'all'} ${what}`).join(', ');
    throw new Error(`Check incomplete: ${list}; each is logged and comes again`);
  }
  return { runs: outcomes.length, unfinished: outcomes.filter(isUnfinished).length };
});
