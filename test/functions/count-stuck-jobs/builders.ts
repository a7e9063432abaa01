/** Values for tests of the counting; each call returns a fresh one. */
import type { JobPlacement } from '../../../functions/count-stuck-jobs/job-placement.ts';
import type { QueueCount } from '../../../functions/count-stuck-jobs/job-tally.ts';
import type { ListedJob } from '../../../functions/count-stuck-jobs/listed-job.ts';
import type { JobQueue } from '../../../shared/placement/compute-environment.ts';
import type { JobShape } from '../../../shared/placement/requirement.ts';

/** The instant of the count. */
export const AT = new Date('2026-11-22T03:00:00.000Z');

export const ago = (seconds: number): Date => new Date(AT.getTime() - seconds * 1000);

export const aJob = (jobId: string, createdSecondsAgo = 0, job: Partial<ListedJob> = {}): ListedJob => ({
  jobId,
  createdAt: ago(createdSecondsAgo).getTime(),
  ...job,
});

export const anArray = (
  jobId: string,
  size: number,
  statusSummary: Record<string, number> | null | undefined,
  createdSecondsAgo = 0,
): ListedJob =>
  aJob(jobId, createdSecondsAgo, {
    arrayProperties: { size, ...(statusSummary === undefined ? {} : { statusSummary }) },
  });

export const aQueue = (name: string, queue: Partial<JobQueue> = {}): JobQueue => ({
  name,
  arn: `arn:aws:batch:ap-northeast-1:123456789012:job-queue/${name}`,
  isEnabled: true,
  environments: ['arn:aws:batch:ap-northeast-1:123456789012:compute-environment/etl-machines'],
  ...queue,
});

export const aShape = (vcpus: number, memoryMiB: number): JobShape => ({
  container: { vcpus, memory: memoryMiB },
  isMultiNode: false,
  isEks: false,
});

export const aCount = (count: Partial<QueueCount> = {}): QueueCount => ({
  queue: 'etl',
  at: AT,
  jobs: { SUBMITTED: 0, PENDING: 0, RUNNABLE: 0, STARTING: 0, RUNNING: 0 },
  oldestAgeSeconds: { SUBMITTED: 0, PENDING: 0, RUNNABLE: 0, STARTING: 0, RUNNING: 0 },
  runnable: [],
  starting: new Map(),
  ...count,
});

export const aPlacement = (placement: Partial<JobPlacement> = {}): JobPlacement => ({
  queue: 'etl',
  definition: 'import-sales:7',
  resources: { vcpus: 4, memoryMiB: 32_000 },
  placement: {
    kind: 'never',
    reason: 'requests 32,000 MiB, the largest (r5.xlarge) offers about 31,431',
    fix: 'request at most 31,400 MiB',
    nearest: { vcpus: 4, memoryMiB: 31_400 },
    byEnvironment: [
      {
        kind: 'never',
        environment: 'etl-machines',
        reason: 'requests 32,000 MiB, the largest (r5.xlarge) offers about 31,431',
      },
    ],
  },
  jobs: 1,
  feeds: [],
  ...placement,
});
