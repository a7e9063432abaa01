/** The alarms on the job queues that feeds submit to. */
import type { Configuration } from '../configuration/configuration.ts';
import { durationText } from '../configuration/duration.ts';
import { SECOND_MS } from '../shared/durations.ts';
import { UNFINISHED_STATUSES, type UnfinishedStatus } from '../shared/jobs/job.ts';
import { METRICS } from '../shared/telemetry/catalogue.ts';
import { alarm } from './alarms.ts';
import type { Resources } from './cloudformation.ts';
import { hashOf } from './cluster-names.ts';

/** Why a job stays in a status, and where to look first. */
const WHY: Readonly<Record<UnfinishedStatus, { readonly means: string; readonly first: string }>> = {
  SUBMITTED: {
    means: 'AWS Batch itself is behind, or holds it for another job.',
    first: 'the status reason of the job, then the AWS Health Dashboard.',
  },
  PENDING: {
    means: 'It waits for the job that it depends on.',
    first: 'dependsOn of the job, and what became of that one.',
  },
  RUNNABLE: {
    means: 'No machine takes it.',
    first:
      'the alerts job-unplaceable and queue-blocked, then the compute environments of the queue (state, maxvCpus, Spot capacity, subnets).',
  },
  STARTING: {
    means: 'Its container does not start, and the timeout of a job does not cover this time.',
    first: 'the image (size, registry, pull permission) and the network of the compute environment.',
  },
  RUNNING: {
    means: 'It may hang.',
    first:
      'its log and its progress; then terminate it. A timeout in the feed (timeoutSeconds) ends such a job by itself.',
  },
};

/** Takes the name of a queue that is given as an ARN. */
const nameOf = (queue: string): string => queue.replace(/^arn:.*:job-queue\//, '');

const tooLong = (prefix: string, queue: string, status: UnfinishedStatus, afterMs: number): Resources => ({
  [`Oldest${status[0]}${status.slice(1).toLowerCase()}${hashOf(queue)}Alarm`]: alarm({
    AlarmName: `${prefix}-${queue}-${status.toLowerCase()}-too-long`,
    means: `The oldest ${status} job of the queue ${queue} has been so for more than ${durationText(afterMs)}. ${WHY[status].means}`,
    first: WHY[status].first,
    Namespace: METRICS.OldestJobAge.namespace,
    MetricName: 'OldestJobAge',
    Dimensions: [
      { Name: 'JobQueue', Value: queue },
      { Name: 'JobStatus', Value: status },
    ],
    Statistic: 'Average',
    ComparisonOperator: 'GreaterThanThreshold',
    Threshold: afterMs / SECOND_MS,
    // A queue that is not counted has an alarm of its own.
    TreatMissingData: 'notBreaching',
  }),
});

const unplaceable = (prefix: string, queue: string): Resources => ({
  [`Unplaceable${hashOf(queue)}Alarm`]: alarm({
    AlarmName: `${prefix}-${queue}-unplaceable-jobs`,
    means: `Jobs wait in the queue ${queue} that none of its compute environments could ever run.`,
    first: 'the alert job-unplaceable says which, and the nearest request that would fit.',
    Namespace: METRICS.UnplaceableJobs.namespace,
    MetricName: 'UnplaceableJobs',
    Dimensions: [{ Name: 'JobQueue', Value: queue }],
    Statistic: 'Average',
    ComparisonOperator: 'GreaterThanThreshold',
    Threshold: 0,
    TreatMissingData: 'notBreaching',
  }),
});

/** Derives the alarms on each queue that a feed submits to: a job is in one status for too long, or could never run. Other queues are counted and have none. */
export const queueAlarms = (prefix: string, { feeds, queues }: Pick<Configuration, 'feeds' | 'queues'>): Resources => {
  const names = [...new Set(feeds.map(({ job }) => nameOf(job.batch.queue)))].sort();
  return Object.assign(
    {},
    ...names.flatMap((queue) => [
      ...UNFINISHED_STATUSES.flatMap((status) => {
        const afterMs = queues.alarmAfterMs[status];
        return afterMs === undefined ? [] : [tooLong(prefix, queue, status, afterMs)];
      }),
      unplaceable(prefix, queue),
    ]),
  );
};
