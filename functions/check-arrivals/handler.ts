/**
 * Does the work that no event starts: opens the runs that are expected and those whose time has
 * come, resumes unfinished runs, asks Batch about jobs and S3 about files whose events were lost,
 * reports late runs, and sends the notifications that are due.
 *
 * Trigger: every minute. Failure: the tick has no retry, since the next one does the same. Each
 * part of it, and each run, job and alert in a part, fails alone and is tried again by the next
 * tick. The invocation then ends with an error, which an alarm sees.
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
import { TIME_BUDGET_MS } from './time-budget.ts';

/**
 * CloudWatch Logs allows ten reads a second in some Regions, for all callers of the account
 * together.
 */
const LOG_READS_PER_SECOND = 5;

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

/** Sends the notifications that are due, also those about the runs of this tick. */
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

/** Opens the runs that are expected by now. */
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

/** Resumes unsettled runs. */
const sweep = async (signal: AbortSignal): Promise<Outcome[]> => {
  const outcomes = await sweepRuns(signal);
  outcomes.forEach(reportOutcome);
  return outcomes;
};

/** Asks Batch about jobs that sent no event for a while. */
const watch = async (signal: AbortSignal): Promise<Watched[]> => {
  const watched = await watchJobs(signal);
  watched.forEach(reportWatched);
  return watched;
};

/** Searches S3 for arrivals whose events were lost. */
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
 * Reports the late runs, and publishes their number.
 *
 * @returns the number of feeds that could not be checked
 */
const reportLate = async (remembered: Remembered, signal: AbortSignal): Promise<number> => {
  const at = now();
  const lateness = await reportLateRuns(remembered, signal);
  for (const { feed, opened, closed } of lateness.standings) {
    for (const run of opened) {
      logger.warn('Run late', { feed, run });
    }
    for (const run of closed) {
      logger.info('Run no longer late', { feed, run });
    }
  }
  for (const { feed, error } of lateness.failed) {
    logger.error('Late runs of feed not checked', { feed, error });
  }
  await publish(lateGauges(lateness, at), signal);
  return lateness.failed.length;
};

/** Does a part of the tick within its time. An error of it is logged, and the other parts go on. */
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
    TIME_BUDGET_MS.remember,
    (within) => rememberFeeds(states, configuration.feeds, now(), within),
    signal,
  );
  const opened =
    remembered &&
    (await attempt('Expected runs not opened', TIME_BUDGET_MS.open, (within) => open(remembered, within), signal));
  const [swept, watched, searched] = await Promise.all([
    attempt('Unsettled runs not read', TIME_BUDGET_MS.sweep, sweep, signal),
    attempt('Jobs not checked', TIME_BUDGET_MS.watch, watch, signal),
    remembered &&
      attempt(
        'Buckets not searched for arrivals',
        TIME_BUDGET_MS.search,
        (within) => search(remembered, within),
        signal,
      ),
  ]);
  // The parts before may have completed a run that was late.
  const unknown =
    remembered &&
    (await attempt('Late runs not checked', TIME_BUDGET_MS.late, (within) => reportLate(remembered, within), signal));
  // Notifications are sent whatever failed before: they may report it.
  const unsent = await notifyPeople(signal);

  const counts = {
    'runs not opened': opened && failedOf(opened),
    'runs not advanced': swept && failedOf(swept),
    'jobs not checked': watched && failedOf(watched),
    'buckets not searched for arrivals': searched?.flatMap(({ failed }) => failed).length,
    'arrivals not handled': searched && failedOf(searched.flatMap(({ outcomes }) => outcomes)),
    'feeds not checked for late runs': unknown,
    'notifications not sent': unsent,
  };
  const outcomes = [...(opened ?? []), ...(swept ?? [])];
  const problems = Object.entries(counts).filter(([, failed]) => failed !== 0);
  if (problems.length > 0) {
    const list = problems.map(([what, failed]) => `${failed ?? 'all'} ${what}`).join(', ');
    throw new Error(`Check incomplete: ${list}; each is logged and tried again in the next tick`);
  }
  return { runs: outcomes.length, unfinished: outcomes.filter(isUnfinished).length };
});
