/** Adds up the jobs of one queue, page by page, in memory that does not grow with their number. */
import { UNFINISHED_STATUSES, type UnfinishedStatus } from '../../shared/jobs/job.ts';
import { type AgeTally, createAgeTally } from './age-tally.ts';
import { type BoundedSelection, createBoundedSelection } from './bounded-selection.ts';
import { arrayCounts, type ListedJob } from './listed-job.ts';

/** A RUNNABLE job, or an array job with RUNNABLE children. */
export type RunnableJob = { readonly jobId: string; readonly jobs: number };

/** An array job whose children have to be listed in some statuses. */
export type ArrayJob = {
  readonly jobId: string;
  readonly status: UnfinishedStatus;
  readonly size: number;
  readonly createdAt: number | null | undefined;
  readonly statuses: readonly UnfinishedStatus[];
};

/** Children of an array job that Batch has not created yet. */
type Unspawned = Pick<ArrayJob, 'status' | 'size' | 'createdAt'>;

/** The count of a whole queue. */
export type QueueCount = {
  readonly queue: string;
  /** The instant that the numbers describe. */
  readonly at: Date;
  readonly jobs: Readonly<Record<UnfinishedStatus, number>>;
  /** The time that the oldest job has been in its status; 0 without jobs, left out if unknown. */
  readonly oldestAgeSeconds: Readonly<Partial<Record<UnfinishedStatus, number>>>;
  /** The RUNNABLE jobs that have waited longest. */
  readonly runnable: readonly RunnableJob[];
  /** When STARTING jobs were first seen, for those that have been there longest. */
  readonly starting: ReadonlyMap<string, Date>;
};

export type JobTally = {
  /** Adds a page of a queue's jobs in one status. */
  add(status: UnfinishedStatus, jobs: readonly ListedJob[]): void;
  /** Adds a page of children of an array job without a summary. */
  addChildren(parent: ArrayJob, status: UnfinishedStatus, jobs: readonly ListedJob[]): void;
  /** Adds children that Batch has not created yet. */
  addUnspawned(parent: Unspawned): void;
  /** Adds the ages of a page of children that are counted already. */
  addAges(status: UnfinishedStatus, jobs: readonly ListedJob[]): void;
  /** Returns the array jobs without a summary: their children have to be listed. */
  withoutSummary(): readonly ArrayJob[];
  /**
   * Returns the oldest array jobs with STARTING or RUNNING children, whose ages only a list shows.
   */
  withActiveChildren(): readonly ArrayJob[];
  count(): QueueCount;
};

/** Placement is checked for this number of jobs. */
const MAX_RUNNABLE = 1000;

/** The children of each of them may take two calls. */
const MAX_ACTIVE = 10;

/** The summary of a parent does not show since when its children are in these statuses. */
const ACTIVE_STATUSES: readonly UnfinishedStatus[] = ['STARTING', 'RUNNING'];

type Since = { readonly sinceMs: number };

const bySince = (one: Since, other: Since): number => one.sinceMs - other.sinceMs;

/** The numbers of one queue so far. */
type Numbers = {
  readonly atMs: number;
  readonly jobs: Record<UnfinishedStatus, number>;
  readonly ages: AgeTally;
  readonly runnable: BoundedSelection<RunnableJob & Since>;
  readonly active: BoundedSelection<ArrayJob & Since>;
  readonly withoutSummary: ArrayJob[];
};

const addWaiting = (
  { atMs, runnable }: Numbers,
  { jobId, createdAt }: Pick<ArrayJob, 'jobId' | 'createdAt'>,
  jobs: number,
): void => runnable.add({ jobId, sinceMs: createdAt ?? atMs, jobs });

const addUnspawned = ({ jobs, ages }: Numbers, { status, size, createdAt }: Unspawned): void => {
  jobs[status] += size;
  ages.addSince(status, createdAt);
};

const addSummary = (numbers: Numbers, parent: ArrayJob, summary: Readonly<Record<string, number>>): void => {
  const { createdAt } = parent;
  const { children, unspawned } = arrayCounts(parent.size, summary);
  for (const { status, jobs } of children) {
    numbers.jobs[status] += jobs;
    // Children begin to wait when their parent creates them.
    if (!ACTIVE_STATUSES.includes(status)) {
      numbers.ages.addSince(status, createdAt);
    }
    if (status === 'RUNNABLE') {
      addWaiting(numbers, parent, jobs);
    }
  }
  const statuses = ACTIVE_STATUSES.filter((active) => children.some(({ status }) => status === active));
  if (statuses.length > 0) {
    numbers.active.add({ ...parent, statuses, sinceMs: createdAt ?? numbers.atMs });
  }
  if (unspawned > 0) {
    addUnspawned(numbers, { ...parent, size: unspawned });
  }
};

const addJob = (numbers: Numbers, status: UnfinishedStatus, job: ListedJob): void => {
  const { size, index, statusSummary } = job.arrayProperties ?? {};
  if (typeof index === 'number') {
    // A child: its parent counts it.
    return;
  }
  if (typeof size === 'number') {
    const parent = { jobId: job.jobId, status, size, createdAt: job.createdAt, statuses: UNFINISHED_STATUSES };
    if (statusSummary !== undefined && statusSummary !== null) {
      addSummary(numbers, parent, statusSummary);
    } else if (status === 'SUBMITTED') {
      addUnspawned(numbers, parent);
    } else {
      numbers.withoutSummary.push(parent);
    }
    return;
  }
  numbers.jobs[status] += 1;
  numbers.ages.add(status, job);
  if (status === 'RUNNABLE') {
    addWaiting(numbers, { jobId: job.jobId, createdAt: job.createdAt }, 1);
  }
};

/**
 * Makes a tally.
 *
 * Add the statuses in the order of {@link UNFINISHED_STATUSES}: a job that moves on meanwhile is
 * then counted twice at worst, and never missed.
 *
 * @param firstSeen - when the tally before first saw STARTING jobs
 */
export const createJobTally = (queue: string, at: Date, firstSeen: ReadonlyMap<string, Date>): JobTally => {
  const numbers: Numbers = {
    atMs: at.getTime(),
    jobs: { SUBMITTED: 0, PENDING: 0, RUNNABLE: 0, STARTING: 0, RUNNING: 0 },
    ages: createAgeTally(at, firstSeen),
    runnable: createBoundedSelection<RunnableJob & Since>(MAX_RUNNABLE, bySince),
    active: createBoundedSelection<ArrayJob & Since>(MAX_ACTIVE, bySince),
    withoutSummary: [],
  };
  const { jobs, ages, runnable, active, withoutSummary } = numbers;

  return {
    add: (status, page) => {
      for (const job of page) {
        addJob(numbers, status, job);
      }
    },
    addChildren: (parent, status, page) => {
      jobs[status] += page.length;
      for (const job of page) {
        ages.add(status, job);
      }
      if (status === 'RUNNABLE' && page.length > 0) {
        addWaiting(numbers, parent, page.length);
      }
    },
    addUnspawned: (parent) => addUnspawned(numbers, parent),
    addAges: (status, page) => {
      for (const job of page) {
        ages.add(status, job);
      }
    },
    withoutSummary: () => withoutSummary,
    withActiveChildren: () => active.items(),
    count: () => ({
      queue,
      at,
      jobs,
      oldestAgeSeconds: ages.oldestAgeSeconds(jobs),
      runnable: runnable.items().map(({ jobId, jobs: number }) => ({ jobId, jobs: number })),
      starting: ages.firstSeen(),
    }),
  };
};

/** Adds up all jobs of a queue that have not ended. */
export const stuckJobs = ({ jobs }: Pick<QueueCount, 'jobs'>): number =>
  UNFINISHED_STATUSES.reduce((sum, status) => sum + jobs[status], 0);
