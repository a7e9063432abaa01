/** Adds up the jobs of one queue, page by page, in memory that does not grow with them. */

import { SECOND_MS } from '../../shared/durations.ts';
import { createBoundedSelection } from './bounded-selection.ts';

/** The statuses of jobs that have not ended, in the order in which a job goes through them. */
export const STATUSES = ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING'] as const;

export type Status = (typeof STATUSES)[number];

/** What is read of a listed job; the names are Batch's, the numbers epoch milliseconds. */
export type ListedJob = {
  readonly jobId: string;
  readonly createdAt?: number | null;
  readonly startedAt?: number | null;
  readonly arrayProperties?: {
    readonly size?: number | null;
    readonly index?: number | null;
    readonly statusSummary?: Readonly<Record<string, number>> | null;
  } | null;
};

/** A RUNNABLE job, or an array job with RUNNABLE children. */
export type RunnableJob = { readonly jobId: string; readonly jobs: number };

/** An array job whose children have to be listed, in these statuses. */
export type ArrayJob = {
  readonly jobId: string;
  readonly status: Status;
  readonly size: number;
  readonly createdAt?: number | null | undefined;
  readonly statuses: readonly Status[];
};

/** What was counted of a queue, all of it. */
export type QueueCount = {
  readonly queue: string;
  /** The instant that the numbers describe. */
  readonly at: Date;
  readonly jobs: Readonly<Record<Status, number>>;
  /** For how long the oldest job of a status has been in it; left out where Batch does not tell, 0 where there is none. */
  readonly oldestAgeSeconds: Readonly<Partial<Record<Status, number>>>;
  /** The RUNNABLE jobs that wait longest. */
  readonly runnable: readonly RunnableJob[];
  /** When STARTING jobs were first seen, of those that have been there longest. */
  readonly starting: ReadonlyMap<string, Date>;
};

export type JobTally = {
  /** Adds a page of a queue's jobs of one status. */
  add(status: Status, jobs: readonly ListedJob[]): void;
  /** Adds a page of an array job's children that their parent did not tell of. */
  addChildren(parent: ArrayJob, status: Status, jobs: readonly ListedJob[]): void;
  /** Adds an array job that has none of its children yet. */
  addUnspawned(parent: ArrayJob): void;
  /** Looks at a page of children that are counted already: for how long they have been there. */
  addAges(status: Status, jobs: readonly ListedJob[]): void;
  /** Array jobs that do not tell how many children they have in each status. */
  untold(): readonly ArrayJob[];
  /** Array jobs with STARTING or RUNNING children, the oldest first and not all of them: only the children tell since when. */
  active(): readonly ArrayJob[];
  count(): QueueCount;
};

/** Placement is judged for so many. */
const MAX_RUNNABLE = 1000;

/** What the note in the ledger may hold: about 10 KB. */
const MAX_STARTING = 200;

/** Each may take a call for each of two statuses. */
const MAX_ACTIVE = 10;

/** Since when a child is in one of these, its parent does not tell. */
const CHILDREN_KNOW: readonly Status[] = ['STARTING', 'RUNNING'];

type Waiting = { readonly jobId: string; readonly sinceMs: number; readonly jobs: number };

const bySince = (one: { readonly sinceMs: number }, other: { readonly sinceMs: number }): number =>
  one.sinceMs - other.sinceMs;

/**
 * Makes a tally.
 *
 * Add the statuses in the order of {@link STATUSES}: a job that moves on meanwhile is then counted twice at worst, and never missed.
 *
 * @param firstSeen - when STARTING jobs were first seen, as the tally before told
 */
export const createJobTally = (queue: string, at: Date, firstSeen: ReadonlyMap<string, Date>): JobTally => {
  const atMs = at.getTime();
  const jobs = { SUBMITTED: 0, PENDING: 0, RUNNABLE: 0, STARTING: 0, RUNNING: 0 };
  const oldestMs: Partial<Record<Status, number>> = {};
  const runnable = createBoundedSelection<Waiting>(MAX_RUNNABLE, bySince);
  const starting = createBoundedSelection<Waiting & { readonly createdMs: number }>(
    MAX_STARTING,
    (one, other) => bySince(one, other) || one.createdMs - other.createdMs,
  );
  const active = createBoundedSelection<ArrayJob & { readonly sinceMs: number }>(MAX_ACTIVE, bySince);
  const untold: ArrayJob[] = [];

  const since = (status: Status, sinceMs: number | null | undefined): void => {
    if (typeof sinceMs === 'number' && !(sinceMs >= (oldestMs[status] ?? Number.POSITIVE_INFINITY))) {
      oldestMs[status] = sinceMs;
    }
  };

  const age = (status: Status, job: ListedJob): void => {
    if (status === 'STARTING') {
      // Batch does not tell since when; what counts is how long it has been seen there.
      const sinceMs = firstSeen.get(job.jobId)?.getTime() ?? atMs;
      starting.add({ jobId: job.jobId, sinceMs, createdMs: job.createdAt ?? atMs, jobs: 1 });
      since(status, sinceMs);
    } else {
      since(status, status === 'RUNNING' ? job.startedAt : job.createdAt);
    }
  };

  const addUnspawned = ({ status, size, createdAt }: Omit<ArrayJob, 'jobId' | 'statuses'>): void => {
    jobs[status] += size;
    since(status, createdAt);
  };

  const addSummary = ({ jobId, createdAt }: ListedJob, summary: Readonly<Record<string, number>>): Status[] => {
    const told = STATUSES.map((status) => ({ status, children: summary[status] ?? 0 })).filter(
      ({ children }) => children > 0,
    );
    for (const { status, children } of told) {
      jobs[status] += children;
      // Children begin to wait when their parent spawns them; since when they start or run, only they know.
      if (!CHILDREN_KNOW.includes(status)) {
        since(status, createdAt);
      }
      if (status === 'RUNNABLE') {
        runnable.add({ jobId, sinceMs: createdAt ?? atMs, jobs: children });
      }
    }
    return told.map(({ status }) => status).filter((status) => CHILDREN_KNOW.includes(status));
  };

  const addArray = (status: Status, job: ListedJob, size: number): void => {
    const { jobId, createdAt } = job;
    const summary = job.arrayProperties?.statusSummary;
    const parent = { jobId, status, size, createdAt };
    if (summary === undefined || summary === null) {
      if (status === 'SUBMITTED') {
        addUnspawned(parent);
      } else {
        untold.push({ ...parent, statuses: STATUSES });
      }
      return;
    }
    const statuses = addSummary(job, summary);
    if (statuses.length > 0) {
      active.add({ ...parent, statuses, sinceMs: createdAt ?? atMs });
    }
    const spawned = Object.values(summary).reduce((sum, children) => sum + children, 0);
    if (size > spawned) {
      addUnspawned({ ...parent, size: size - spawned });
    }
  };

  const addOne = (status: Status, job: ListedJob): void => {
    const array = job.arrayProperties;
    if (typeof array?.index === 'number') {
      // A child: its parent tells of it.
      return;
    }
    if (typeof array?.size === 'number') {
      addArray(status, job, array.size);
      return;
    }
    jobs[status] += 1;
    age(status, job);
    if (status === 'RUNNABLE') {
      runnable.add({ jobId: job.jobId, sinceMs: job.createdAt ?? atMs, jobs: 1 });
    }
  };

  return {
    add: (status, page) => {
      for (const job of page) {
        addOne(status, job);
      }
    },
    addChildren: (parent, status, page) => {
      jobs[status] += page.length;
      for (const job of page) {
        age(status, job);
      }
      if (status === 'RUNNABLE' && page.length > 0) {
        runnable.add({ jobId: parent.jobId, sinceMs: parent.createdAt ?? atMs, jobs: page.length });
      }
    },
    addUnspawned,
    addAges: (status, page) => {
      for (const job of page) {
        age(status, job);
      }
    },
    untold: () => untold,
    active: () => active.items(),
    count: () => {
      const ages = STATUSES.flatMap((status) => {
        if (jobs[status] === 0) {
          return [[status, 0]];
        }
        const oldest = oldestMs[status];
        return oldest === undefined ? [] : [[status, Math.max(0, Math.round((atMs - oldest) / SECOND_MS))]];
      });
      return {
        queue,
        at,
        jobs,
        oldestAgeSeconds: Object.fromEntries(ages),
        runnable: runnable.items().map(({ jobId, jobs: number }) => ({ jobId, jobs: number })),
        starting: new Map(starting.items().map(({ jobId, sinceMs }) => [jobId, new Date(sinceMs)])),
      };
    },
  };
};

/** Adds up all jobs of a queue that have not ended. */
export const stuckJobs = ({ jobs }: Pick<QueueCount, 'jobs'>): number =>
  STATUSES.reduce((sum, status) => sum + jobs[status], 0);
