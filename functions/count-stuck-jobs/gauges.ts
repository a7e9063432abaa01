/** Derives the metrics of a queue from its count. */
import { UNFINISHED_STATUSES } from '../../shared/jobs/job.ts';
import type { Gauge } from '../../shared/telemetry/catalogue.ts';
import { type QueueCount, stuckJobs } from './job-tally.ts';

/**
 * Makes the gauges of a queue that was counted, zeros included.
 *
 * @param unplaceable - `undefined` where placement could not be checked: then no value is published
 */
export const gaugesOf = (count: QueueCount, unplaceable: number | undefined): Gauge[] => {
  const { queue: JobQueue, at, jobs, oldestAgeSeconds } = count;
  return [
    { metric: 'StuckJobs', dimensions: { JobQueue }, value: stuckJobs(count), at },
    ...UNFINISHED_STATUSES.flatMap((JobStatus): Gauge[] => {
      const dimensions = { JobQueue, JobStatus };
      const age = oldestAgeSeconds[JobStatus];
      return [
        { metric: 'Jobs', dimensions, value: jobs[JobStatus], at },
        ...(age === undefined ? [] : [{ metric: 'OldestJobAge' as const, dimensions, value: age, at }]),
      ];
    }),
    ...(unplaceable === undefined
      ? []
      : [{ metric: 'UnplaceableJobs' as const, dimensions: { JobQueue }, value: unplaceable, at }]),
  ];
};

/** Makes the gauge of the queues that were not counted. */
export const notCountedGauge = (queues: number, at: Date): Gauge => ({
  metric: 'QueuesNotCounted',
  dimensions: {},
  value: queues,
  at,
});
