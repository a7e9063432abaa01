/**
 * Does every minute what no event does: opens the runs that are expected, sends the runs that are due to be evaluated, searches S3 for lost events, asks Batch
 * about jobs whose events were lost, reports which runs are late, and sends every notification that is due.
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
import { createDeployedConfiguration } from '../../shared/aws/deployed-configuration.ts';
import { createFeedStates } from '../../shared/aws/feed-states.ts';
import { createJobDetails } from '../../shared/aws/job-details.ts';
import { createJobLogs } from '../../shared/aws/job-logs.ts';
import { createLedger } from '../../shared/aws/ledger.ts';
import { createMetricData } from '../../shared/aws/metric-data.ts';
import { createObjectStore } from '../../shared/aws/object-store.ts';
import { createRunRequests } from '../../shared/aws/run-requests.ts';
import { createSearchCursors } from '../../shared/aws/search-cursors.ts';
import { runKeyId } from '../../shared/feeds/run-key.ts';
import { createReadProgress } from '../../shared/jobs/read-progress.ts';
import { readEnvironment } from '../../shared/lambda/environment.ts';
import { lambda } from '../../shared/lambda/lambda.ts';
import { createPace } from '../../shared/pace.ts';
import type { FeedState } from '../../shared/runs/feed-states.ts';
import { createObserveRun } from '../../shared/runs/observe-run.ts';
import { createTouchRuns } from '../../shared/runs/touch-runs.ts';
import { createTrackJob } from '../../shared/runs/track-job.ts';
import { createWatchJobs, type Watched } from '../../shared/runs/watch-jobs.ts';
import { reportWatched } from '../../shared/telemetry/jobs.ts';
import { logger } from '../../shared/telemetry/logger.ts';
import { count } from '../../shared/telemetry/metrics.ts';
import { reportStep } from '../../shared/telemetry/runs.ts';
import { lateGauges } from './gauges.ts';
import { createOpenRuns, type OpenedRuns } from './open-runs.ts';
import { rememberFeeds } from './remember-feeds.ts';
import { createReportLateRuns } from './report-late-runs.ts';
import { createSearchArrivals, type Searched } from './search-arrivals.ts';
import { createSendDueRuns, type SentRuns } from './send-due-runs.ts';
import { TIME_BUDGET_MS } from './time-budget.ts';

/** CloudWatch Logs takes ten a second in some regions, from everybody in the account. */
const LOG_READS_PER_SECOND = 5;

// Once per cold start: a bad setting stops the function here.
const { stage, ledgerTable, suiteBucket, runsQueueUrl, alertTopicArn } = readEnvironment({
  stage: 'STAGE',
  ledgerTable: 'LEDGER_TABLE',
  suiteBucket: 'SUITE_BUCKET',
  runsQueueUrl: 'RUNS_QUEUE_URL',
  alertTopicArn: 'ALERT_TOPIC_ARN',
});
const now = () => new Date();
const tableName = ledgerTable;
const ledger = createLedger({ tableName });
const store = createObjectStore();
const { send, depth } = createRunRequests({ queueUrl: runsQueueUrl });
const alerts = createAlerts(
  { table: createAlertTable({ tableName }), topic: createAlertTopic({ topicArn: alertTopicArn }), now },
  { stage, timeZone: configuration.timeZone },
);
const feeds = new Map(configuration.feeds.map((feed) => [feed.name, feed]));
const watchJobs = createWatchJobs({
  ledger,
  trackJob: createTrackJob(
    { ledger, touchRuns: createTouchRuns({ ledger, send, now }), openAlert: alerts.open, now, onStep: reportStep },
    feeds,
    { stage },
  ),
  describe: createJobDetails().describe,
  readProgress: createReadProgress({
    readLog: createJobLogs().latest,
    pace: createPace(LOG_READS_PER_SECOND, { now: () => performance.now(), sleep }),
  }),
  openAlert: alerts.open,
  now,
});

const states = createFeedStates({ tableName });
const openRuns = createOpenRuns({ ledger, states, now }, configuration.feeds, configuration.calendars);
const sendDueRuns = createSendDueRuns({ ledger, send, depth, now });
const observeRun = createObserveRun({ store, readRun: ledger.read, now }, feeds);
const reportLateRuns = createReportLateRuns(
  { ledger, states, observeRun, alerts, now },
  configuration.feeds,
  configuration.calendars,
);
const searchArrivals = createSearchArrivals(
  { ledger, store, cursors: createSearchCursors({ tableName }), now },
  configuration.feeds,
);
const deployedConfiguration = createDeployedConfiguration({ tableName, bucket: suiteBucket });
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
const open = async (remembered: Remembered, signal: AbortSignal): Promise<OpenedRuns> => {
  const result = await openRuns(remembered, signal);
  for (const { run, evaluateAt } of result.opened) {
    logger.info('Run opened', { feed: run.feed, run: runKeyId(run), generation: 1, evaluateAt });
  }
  for (const { feed, times, first, last } of result.skipped) {
    count('TimesSkipped', times, { Feed: feed });
    logger.warn('Times skipped', { feed, times, first, last });
  }
  for (const { run, error } of result.failed) {
    logger.error('Run not opened', { feed: run.feed, run: runKeyId(run), error });
  }
  return result;
};

/** Sends the runs that are due. */
const sendDue = async (opened: OpenedRuns['opened'], signal: AbortSignal): Promise<SentRuns> => {
  const result = await sendDueRuns(opened, signal);
  count('RunsDue', result.sent);
  count('ItemsUnreadable', result.unreadable.length);
  for (const item of result.unreadable) {
    logger.error('Ledger item not readable', { item });
  }
  return result;
};

/** Asks Batch about jobs that were not observed for a while. */
const watch = async (signal: AbortSignal): Promise<Watched[]> => {
  const watched = await watchJobs(signal);
  watched.forEach(reportWatched);
  return watched;
};

/** Searches for runs whose first event was lost. */
const search = async (remembered: Remembered, signal: AbortSignal): Promise<Searched[]> => {
  const firstSeen = new Map(Array.from(remembered, ([feed, { firstSeenAt }]) => [feed, firstSeenAt]));
  const searches = await searchArrivals(firstSeen, signal);
  for (const { breadth, requests, found, failed, position } of searches) {
    for (const run of found) {
      count('ArrivalsFoundByListing', 1, { Feed: run.feed });
      logger.warn('Run found by search', { feed: run.feed, run: runKeyId(run) });
    }
    for (const { place, error } of failed) {
      logger.error('Bucket not searched for arrivals', { ...place, error });
    }
    if (position !== undefined) {
      logger.info('Search for arrivals goes on in the next tick', { breadth, requests, ...position });
    }
  }
  const found = searches.flatMap((one) => one.found);
  if (found.length > 0) {
    await send(
      found.map((run) => ({ run, delayMs: 0 })),
      signal,
    );
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
  const [sent, watched, searched, stored] = await Promise.all([
    attempt('Due runs not sent', TIME_BUDGET_MS.send, (within) => sendDue(opened?.opened ?? [], within), signal),
    attempt('Jobs not asked about', TIME_BUDGET_MS.watch, watch, signal),
    remembered &&
      attempt(
        'Buckets not searched for arrivals',
        TIME_BUDGET_MS.search,
        (within) => search(remembered, within),
        signal,
      ),
    attempt(
      'Configuration not stored',
      TIME_BUDGET_MS.store,
      (within) => deployedConfiguration.store({ ...configuration }, now(), within),
      signal,
    ),
  ]);
  const unknown =
    remembered &&
    (await attempt(
      'Late runs not looked for',
      TIME_BUDGET_MS.late,
      (within) => lookForLate(remembered, within),
      signal,
    ));
  // People are notified whatever became of the runs: that may be the reason.
  const unsent = await notifyPeople(signal);

  const counts = {
    'runs not opened': opened?.failed.length,
    'due runs not sent': sent && sent.unreadable.length,
    'jobs not asked about': watched?.filter(({ kind }) => kind === 'failed').length,
    'buckets not searched for arrivals': searched?.flatMap(({ failed }) => failed).length,
    'configuration not stored': stored && 0,
    'feeds not checked for late runs': unknown,
    'notifications not sent': unsent,
  };
  const problems = Object.entries(counts).filter(([, failed]) => failed !== 0);
  if (problems.length > 0) {
    const list = problems.map(([what, failed]) => `${failed ?? 'all'} ${what}`).join(', ');
    throw new Error(`Check incomplete: ${list}; each is logged and comes again`);
  }
  return { opened: opened?.opened.length ?? 0, sent: sent?.sent ?? 0 };
});
