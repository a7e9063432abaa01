/**
 * Counts the jobs that have not ended, in every queue and status, with the age of the oldest, and
 * reports jobs that can never run.
 *
 * Trigger: every minute. Failure: no retry, since the next tick counts again. A queue that cannot
 * be read, or that time runs out for, has no numbers and costs no other queue; it is logged and
 * counted, and the next tick begins with the queues that time ran out for. Failures end in one
 * error, which raises an alarm. A tick does nothing while the one before is still running.
 */

import * as configuration from 'breakaway:configuration';
import { randomUUID } from 'node:crypto';
import { createAlertRegister } from '../../shared/alerts/register.ts';
import { createAlertTable } from '../../shared/aws/alert-table.ts';
import { createBatchEnvironments } from '../../shared/aws/batch-environments.ts';
import { createInstanceTypes } from '../../shared/aws/instance-types.ts';
import { createJobListing } from '../../shared/aws/job-listing.ts';
import { createMetricData } from '../../shared/aws/metric-data.ts';
import { createTickTable } from '../../shared/aws/tick-table.ts';
import { readEnvironment } from '../../shared/lambda/environment.ts';
import { lambda } from '../../shared/lambda/lambda.ts';
import { createPace } from '../../shared/pace.ts';
import { pause } from '../../shared/pause.ts';
import { logger } from '../../shared/telemetry/logger.ts';
import { createCheckPlacement } from './check-placement.ts';
import { createCountJobs } from './count-jobs.ts';
import { createCountQueue } from './count-queue.ts';
import { stuckJobs } from './job-tally.ts';
import { createReconcileAlerts } from './reconcile-alerts.ts';
import type { Failure, Tick } from './tick-result.ts';

/**
 * AWS Batch allows 50 calls a second, and may count these calls and `SubmitJob` together.
 *
 * @see https://repost.aws/knowledge-center/aws-batch-requests-error
 */
const BATCH_CALLS_PER_SECOND = 20;

/** How soon the numbers of a queue are published while other queues are still being counted. */
const PUBLISH_WITHIN_MS = 5_000;

// Once per cold start: a bad setting stops the function here.
const { ledgerTable } = readEnvironment({ ledgerTable: 'LEDGER_TABLE' });
const now = () => new Date();
const pace = createPace(BATCH_CALLS_PER_SECOND, { now: () => performance.now(), sleep: pause });
const batch = createBatchEnvironments({ pace });
const alertTable = createAlertTable({ tableName: ledgerTable });
const countJobs = createCountJobs(
  {
    ticks: createTickTable({ tableName: ledgerTable, functionName: 'count-stuck-jobs' }),
    queues: batch.queues,
    countQueue: createCountQueue({ listing: createJobListing({ pace }), now }),
    placement: createCheckPlacement({ ...batch, instanceTypes: createInstanceTypes().describe, now }),
    reconcileAlerts: createReconcileAlerts(
      { register: createAlertRegister({ table: alertTable, now }), table: alertTable, jobs: batch.jobs, now },
      { remindEveryMs: configuration.queues.remindEveryMs },
    ),
    publish: createMetricData().publish,
    now,
    newOwner: () => randomUUID(),
    timeout: (ms) => AbortSignal.timeout(ms),
  },
  {
    counted: configuration.queues.count,
    feeds: configuration.feeds,
    publishWithinMs: PUBLISH_WITHIN_MS,
  },
);

/** The log message of each failure. */
const FAILED: Readonly<Record<Failure['part'], string>> = {
  count: 'Queue not counted',
  placement: 'Placement not checked',
  'first seen': 'First-seen times of STARTING jobs not saved',
  publish: 'Metrics not published',
  alert: 'Alert not saved',
};

const CHANGED = { opened: 'Alert opened', closed: 'Alert closed' } as const;

/** Logs the result of a tick. */
const report = (tick: Extract<Tick, { kind: 'counted' }>): void => {
  for (const { part, error, ...what } of tick.failures) {
    logger.error(FAILED[part], { ...what, error });
  }
  if (tick.outOfTime.length > 0) {
    logger.warn('Queues not counted in time', { queuesNotCounted: tick.outOfTime });
  }
  if (tick.missing.length > 0) {
    logger.error('Queues of the configuration not found', { queuesNotCounted: tick.missing });
  }
  for (const { queue, definition, resources, placement, jobs, feeds } of tick.unplaceable) {
    logger.warn('Job can never run', { queue, definition, ...resources, reason: placement.reason, jobs, feeds });
  }
  for (const { kind, subject, change } of tick.alerts) {
    logger.info(CHANGED[change], { kind, subject });
  }
  logger.info('Jobs counted', {
    queues: tick.queues.length,
    stuckJobs: tick.queues.reduce((sum, queue) => sum + stuckJobs(queue), 0),
    unplaceableJobs: tick.queues.reduce((sum, { unplaceable = 0 }) => sum + unplaceable, 0),
  });
};

/** Sums a tick up for a person who invokes the function by hand. */
const summary = (tick: Extract<Tick, { kind: 'counted' }>) => ({
  queues: tick.queues.map(({ queue, at, jobs, oldestAgeSeconds, unplaceable }) => ({
    queue,
    at,
    stuckJobs: stuckJobs({ jobs }),
    jobs,
    oldestAgeSeconds,
    unplaceableJobs: unplaceable,
  })),
  queuesNotCounted: [...tick.outOfTime, ...tick.missing],
  unplaceable: tick.unplaceable.map(({ queue, definition, placement, jobs, feeds }) => ({
    queue,
    definition,
    reason: placement.reason,
    fix: placement.fix,
    jobs,
    feeds,
  })),
});

// Once per event.
export const handler = lambda(async (_event: unknown, signal) => {
  const tick = await countJobs(signal);
  if (tick.kind === 'skipped') {
    logger.info('Tick skipped while another is running', { until: tick.until });
    return { skippedUntil: tick.until };
  }
  report(tick);
  if (tick.failures.length > 0 || tick.missing.length > 0) {
    throw new Error(
      `Count incomplete: ${tick.failures.length} failures, ${tick.missing.length} queues not found; each is logged, and the others are published`,
    );
  }
  return summary(tick);
});
