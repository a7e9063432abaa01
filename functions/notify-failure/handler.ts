/**
 * Tells people of Batch jobs that failed and of queues that are blocked: what, where, why, and the end of the log.
 *
 * Trigger: Batch `Job State Change` to FAILED and `Job Queue Blocked`, of every queue, through EventBridge and SQS; at least once, in any order, and
 * a minute late, since the last lines of a log come after the event. Jobs that fell with another one come by a second queue at once.
 * Failure: a record that fails is reported alone and comes back after the visibility timeout; after five times it goes to the failure queue. A
 * repeat is harmless: each failure is told once.
 */

import { feeds, timeZone } from 'breakaway:configuration';
import { alertId } from '../../shared/alerts/alert.ts';
import { createAlerts, type Told } from '../../shared/alerts/alerts.ts';
import { createAlertTable } from '../../shared/aws/alert-table.ts';
import { createAlertTopic } from '../../shared/aws/alert-topic.ts';
import { createFailureNotes } from '../../shared/aws/failure-notes.ts';
import { createJobDetails } from '../../shared/aws/job-details.ts';
import { createJobLogs } from '../../shared/aws/job-logs.ts';
import { createRunOfJob } from '../../shared/aws/job-owners.ts';
import { readEnvironment } from '../../shared/lambda/environment.ts';
import { lambda } from '../../shared/lambda/lambda.ts';
import { batchAnswer, type FailedRecord } from '../../shared/lambda/queue-records.ts';
import { processItems } from '../../shared/process-items.ts';
import { jobNamePrefix } from '../../shared/runs/job-name.ts';
import { waitingDependents } from '../../shared/runs/waiting-dependents.ts';
import { logger } from '../../shared/telemetry/logger.ts';
import { count } from '../../shared/telemetry/metrics.ts';
import { createCountCascades } from './count-cascades.ts';
import { createDescribeArrayFailure } from './describe-array-failure.ts';
import { createDescribeFailure } from './describe-failure.ts';
import { isForNotes, type Received, receive } from './event.ts';
import { createNotifyBlockedQueue } from './notify-blocked-queue.ts';
import { createNotifyFailures, TooEarlyError } from './notify-failures.ts';
import type { Outcome } from './outcome.ts';
import { createRecordCascades } from './record-cascades.ts';

const BLOCKED_CONCURRENCY = 4;

// Once per cold start: a bad setting stops the function here, before it has accepted any work.
const { stage, ledgerTable, alertTopicArn } = readEnvironment({
  stage: 'STAGE',
  ledgerTable: 'LEDGER_TABLE',
  alertTopicArn: 'ALERT_TOPIC_ARN',
});
const now = () => new Date();
const alertTable = createAlertTable({ tableName: ledgerTable });
const alerts = {
  ...createAlerts(
    { table: alertTable, topic: createAlertTopic({ topicArn: alertTopicArn }), now },
    { stage, timeZone },
  ),
  isKnown: async (...[kind, subject, signal]: [...Parameters<typeof alertId>, AbortSignal]) =>
    (await alertTable.read(alertId(kind, subject), signal)) !== undefined,
};
const { describe, failedChildren } = createJobDetails();
const notes = createFailureNotes({ tableName: ledgerTable, now });
const look = createDescribeFailure(
  { runOfJob: createRunOfJob({ tableName: ledgerTable }), describe, readLog: createJobLogs().tail },
  { jobNamePrefix: jobNamePrefix(stage) },
);

const onTold = ({ kind, subject, step }: Told): void => {
  count('AlertsTold', 1, { Kind: kind });
  logger.info('Alert told', { kind, subject, step });
};

const notifyFailures = createNotifyFailures(
  {
    alerts,
    look,
    describeArrayFailure: createDescribeArrayFailure({ failedChildren, describe }, look),
    countCascades: createCountCascades({ notes }),
    notes,
    now,
    onTold,
  },
  { timeZone, waitingDependents: (run) => waitingDependents(feeds, run) },
);
const notifyBlockedQueue = createNotifyBlockedQueue({ alerts, look, describe, onTold });
const recordCascades = createRecordCascades({ notes });

const LINES: Readonly<Record<Outcome['kind'], string>> = {
  told: 'Failure told',
  known: 'Failure known already',
  folded: 'Failures folded',
  blocked: 'Blocked queue told',
  'moved on': 'Queue blocked no longer',
  'not failed': 'Job not failed',
};

/** Turns an outcome into what an operator sees. */
const report = (outcome: Outcome): void => {
  const { kind, ...fields } = outcome;
  if (outcome.kind === 'folded') {
    count('FailuresFolded', outcome.count);
  }
  logger.info(LINES[kind], fields);
};

const tellAllBlocked = async (blocked: readonly Received[], signal: AbortSignal) => {
  const { done, failed } = await processItems(blocked, ({ job }) => notifyBlockedQueue(job, signal), {
    concurrency: BLOCKED_CONCURRENCY,
  });
  return { outcomes: done, failed: failed.map(({ item, error }) => ({ item: item.record, error })) };
};

const failuresIn = (received: readonly Received[]) => received.map(({ job, record }) => ({ job, origin: record }));

/** Logs why a record comes back, and whether that is as it should be. */
const reportFailed = ({ item: { messageId }, error }: FailedRecord): void => {
  if (error instanceof TooEarlyError) {
    logger.info('Failure put off', { messageId, error });
    return;
  }
  count('RecordsFailed');
  logger.error('Failure not told', { messageId, error });
};

// Once per event: one record's failure costs neither the others nor its own redelivery.
export const handler = lambda(async (event: unknown, signal) => {
  const { received, failed: unread } = receive(event);
  const changed = received.filter(({ kind }) => kind === 'job changed');
  const failures = changed.filter(({ job }) => job.status === 'FAILED');

  const results = [
    await recordCascades(failuresIn(failures.filter(isForNotes)), signal),
    await tellAllBlocked(
      received.filter(({ kind }) => kind === 'queue blocked'),
      signal,
    ),
    await notifyFailures(failuresIn(failures.filter((failure) => !isForNotes(failure))), signal),
  ];

  for (const { job } of changed.filter(({ job: { status } }) => status !== 'FAILED')) {
    report({ kind: 'not failed', jobId: job.id, status: job.status });
  }
  results.flatMap(({ outcomes }) => outcomes).forEach(report);
  const failed = [...unread, ...results.flatMap((result) => result.failed)];
  failed.forEach(reportFailed);
  return batchAnswer(failed);
});
