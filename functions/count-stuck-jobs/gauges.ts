/** What is published of a queue. */
import type { Gauge } from '../../shared/telemetry/catalogue.ts';
import { type QueueCount, STATUSES, stuckJobs } from './job-tally.ts';

/**
 * Makes the gauges of a queue that was counted, zeros included.
 *
 * @param unplaceable - left out where placement could not be judged: then there is no number, which is not zero
 */
export const gaugesOf = (count: QueueCount, unplaceable: number | undefined): Gauge[] => {
  const { queue: JobQueue, at, jobs, oldestAgeSeconds } = count;
  return [
    { metric: 'StuckJobs', dimensions: { JobQueue }, value: stuckJobs(count), at },
    ...STATUSES.flatMap((JobStatus): Gauge[] => {
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

/** Makes the gauge of the queues of which there are no numbers. */
export const notCountedGauge = (queues: number, at: Date): Gauge => ({
  metric: 'QueuesNotCounted',
  dimensions: {},
  value: queues,
  at,
});
