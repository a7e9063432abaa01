/**
 * Notifies people about failed Batch jobs and blocked queues, with the reason and the end of the
 * log.
 *
 * Trigger: Batch `Job State Change` to FAILED and `Job Queue Blocked`, of every queue, through
 * EventBridge and SQS; at least once, in any order, and a minute late, since the last lines of a
 * log come after the event. Jobs that failed because of another job also come by a second queue at
 * once. Failure: a record that fails is reported alone and comes back after the visibility timeout;
 * after five times it goes to the failure queue. A repeat is harmless: each failure has one
 * notification.
 */

import { feeds, timeZone } from 'breakaway:configuration';
import { alertId } from '../../shared/alerts/alert.ts';
import { createAlerts, type SentNotification } from '../../shared/alerts/alerts.ts';
import { createAlertTable } from '../../shared/aws/alert-table.ts';
import { createAlertTopic } from '../../shared/aws/alert-topic.ts';
import { createFailureNotes } from '../../shared/aws/failure-notes.ts';
import { createJobDetails } from '../../shared/aws/job-details.ts';
import { createJobLogs } from '../../shared/aws/job-logs.ts';
import { createRunOfJob } from '../../shared/aws/job-owners.ts';
import { readEnvironment } from '../../shared/lambda/environment.ts';
import { type BatchRecord, queueHandler } from '../../shared/lambda/queue-handler.ts';
import { processItems } from '../../shared/process-items.ts';
import { jobNamePrefix } from '../../shared/runs/job-name.ts';
import { waitingDependents } from '../../shared/runs/waiting-dependents.ts';
import { logger } from '../../shared/telemetry/logger.ts';
import { count } from '../../shared/telemetry/metrics.ts';
import { createCountCascades } from './count-cascades.ts';
import { createDescribeArrayFailure } from './describe-array-failure.ts';
import { createDescribeFailure } from './describe-failure.ts';
import { type Received, receive } from './event.ts';
import { createNotifyBlockedQueue } from './notify-blocked-queue.ts';
import { createNotifyFailures } from './notify-failures.ts';
import type { Outcome, Results } from './outcome.ts';
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
const descriptions = createDescribeFailure(
  { runOfJob: createRunOfJob({ tableName: ledgerTable }), describe, readLog: createJobLogs().tail },
  { jobNamePrefix: jobNamePrefix(stage) },
);

const onNotified = ({ kind, subject, step }: SentNotification): void => {
  count('AlertsTold', 1, { Kind: kind });
  logger.info('Notification sent', { kind, subject, step });
};

const notifyFailures = createNotifyFailures(
  {
    alerts,
    descriptions,
    describeArrayFailure: createDescribeArrayFailure({ failedChildren, describe }, descriptions),
    countCascades: createCountCascades({ notes }),
    notes,
    now,
    onNotified,
  },
  { timeZone, waitingDependents: (run) => waitingDependents(feeds, run) },
);
const notifyBlockedQueue = createNotifyBlockedQueue({ alerts, descriptions, describe, onNotified });
const recordCascades = createRecordCascades({ notes });

const LINES: Readonly<Record<Outcome['kind'], string>> = {
  notified: 'Failure notified',
  known: 'Failure already known',
  folded: 'Failures folded',
  blocked: 'Blocked queue notified',
  'moved on': 'Queue no longer blocked',
  'not failed': 'Job not failed',
};

/** Logs and counts an outcome. */
const report = (outcome: Outcome): void => {
  const { kind, ...fields } = outcome;
  if (outcome.kind === 'folded') {
    count('FailuresFolded', outcome.count);
  }
  logger.info(LINES[kind], fields);
};

type Event = BatchRecord<Received>;

const notifyBlockedQueues = async (blocked: readonly Event[], signal: AbortSignal): Promise<Results<Event>> => {
  const { done, failed } = await processItems(blocked, ({ item }) => notifyBlockedQueue(item.job, signal), {
    concurrency: BLOCKED_CONCURRENCY,
  });
  return { outcomes: done, failed };
};

const failuresIn = (events: readonly Event[]) => events.map((event) => ({ job: event.item.job, origin: event }));

/** Reports what became of a part of the batch, and marks each of its events as failed or done. */
const finish = (part: readonly Event[], { outcomes, failed }: Results<Event>): void => {
  outcomes.forEach(report);
  for (const { item, error } of failed) {
    item.fail(error);
  }
  for (const { done } of part) {
    done();
  }
};

const partOf = ({ item: { kind, job, isForNotes } }: Event) => {
  if (kind === 'queue blocked') {
    return kind;
  }
  if (job.status !== 'FAILED') {
    return 'not failed';
  }
  return isForNotes ? 'note' : 'failure';
};

const handle = async (batch: readonly Event[], signal: AbortSignal): Promise<void> => {
  const parts = Map.groupBy(batch, partOf);
  const [notes = [], blocked = [], failures = []] = [
    parts.get('note'),
    parts.get('queue blocked'),
    parts.get('failure'),
  ];

  for (const { item } of parts.get('not failed') ?? []) {
    report({ kind: 'not failed', jobId: item.job.id, status: item.job.status });
  }
  finish(notes, await recordCascades(failuresIn(notes), signal));
  finish(blocked, await notifyBlockedQueues(blocked, signal));
  finish(failures, await notifyFailures(failuresIn(failures), signal));
};

// Once per event.
export const handler = queueHandler({ read: receive, handle, failed: 'Failure not notified' });
