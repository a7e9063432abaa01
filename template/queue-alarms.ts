/** The alarms on the job queues that feeds submit to. */
import type { Configuration } from '../configuration/configuration.ts';
import { durationText } from '../configuration/duration.ts';
import { SECOND_MS } from '../shared/durations.ts';
import { UNFINISHED_STATUSES, type UnfinishedStatus } from '../shared/jobs/job.ts';
import { METRICS } from '../shared/telemetry/catalogue.ts';
import { alarm } from './alarms.ts';
import type { Resources } from './cloudformation.ts';
import { hashOf } from './cluster-names.ts';

/** By status, the reason why a job stays in it, and the first thing to check. */
const WHY: Readonly<Record<UnfinishedStatus, { readonly means: string; readonly first: string }>> = {
  SUBMITTED: {
    means: 'AWS Batch is slow, or holds the job back for another one.',
    first: 'check the status reason of the job, then the AWS Health Dashboard.',
  },
  PENDING: {
    means: 'The job waits for another job that it depends on.',
    first: 'check dependsOn of the job, and the state of those jobs.',
  },
  RUNNABLE: {
    means: 'No compute environment has room for the job.',
    first:
      'check the alerts job-unplaceable and queue-blocked, then the compute environments of the queue (state, maxvCpus, Spot capacity, subnets).',
  },
  STARTING: {
    means: 'The container of the job does not start. The timeout of a job does not cover this time.',
    first: 'check the image (size, registry, pull permission) and the network of the compute environment.',
  },
  RUNNING: {
    means: 'The job may hang.',
    first:
      'check its log and its progress, then terminate it. A timeout in the feed (timeoutSeconds) would end such a job.',
  },
};

/** Takes the name out of the ARN of a queue. */
const nameOf = (queue: string): string => queue.replace(/^arn:.*:job-queue\//, '');

const tooLong = (prefix: string, queue: string, status: UnfinishedStatus, afterMs: number): Resources => ({
  [`Oldest${status[0]}${status.slice(1).toLowerCase()}${hashOf(queue)}Alarm`]: alarm({
    AlarmName: `${prefix}-${queue}-${status.toLowerCase()}-too-long`,
    means: `The oldest ${status} job in the queue ${queue} has had this status for more than ${durationText(afterMs)}. ${WHY[status].means}`,
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
    // A queue that is not counted has its own alarm.
    TreatMissingData: 'notBreaching',
  }),
});

const unplaceable = (prefix: string, queue: string): Resources => ({
  [`Unplaceable${hashOf(queue)}Alarm`]: alarm({
    AlarmName: `${prefix}-${queue}-unplaceable-jobs`,
    means: `The queue ${queue} has jobs that no compute environment of the queue can ever run.`,
    first: 'read the alert job-unplaceable, which lists the jobs and the nearest request that fits.',
    Namespace: METRICS.UnplaceableJobs.namespace,
    MetricName: 'UnplaceableJobs',
    Dimensions: [{ Name: 'JobQueue', Value: queue }],
    Statistic: 'Average',
    ComparisonOperator: 'GreaterThanThreshold',
    Threshold: 0,
    TreatMissingData: 'notBreaching',
  }),
});

/**
 * Derives the alarms on each queue that a feed submits to: a job is in one status for too long, or
 * can never run. Other queues are counted, but have no alarms.
 */
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
