/** Finds the age of the oldest job in each status. */
import { SECOND_MS } from '../../shared/durations.ts';
import { UNFINISHED_STATUSES, type UnfinishedStatus } from '../../shared/jobs/job.ts';
import { createBoundedSelection } from './bounded-selection.ts';
import type { ListedJob } from './listed-job.ts';

type ByStatus = Readonly<Record<UnfinishedStatus, number>>;

export type AgeTally = {
  /** Adds a job that is not an array job. */
  add(status: UnfinishedStatus, job: ListedJob): void;
  /**
   * Adds an instant since which a job has been in a status; nothing if Batch does not report it.
   */
  addSince(status: UnfinishedStatus, sinceMs: number | null | undefined): void;
  /**
   * Returns the ages, 0 where a status has no jobs; a status without a known instant is left out.
   */
  oldestAgeSeconds(jobs: ByStatus): Partial<ByStatus>;
  /** Returns when STARTING jobs were first seen, for the {@link MAX_STARTING} oldest. */
  firstSeen(): ReadonlyMap<string, Date>;
};

/** The note in the ledger may hold about 10 KB. */
const MAX_STARTING = 200;

type Starting = { readonly jobId: string; readonly sinceMs: number; readonly createdMs: number };

/**
 * Makes a tally.
 *
 * @param seen - when the tally before first saw STARTING jobs
 */
export const createAgeTally = (at: Date, seen: ReadonlyMap<string, Date>): AgeTally => {
  const atMs = at.getTime();
  const oldestMs: Partial<Record<UnfinishedStatus, number>> = {};
  const starting = createBoundedSelection<Starting>(
    MAX_STARTING,
    (one, other) => one.sinceMs - other.sinceMs || one.createdMs - other.createdMs,
  );

  const addSince = (status: UnfinishedStatus, sinceMs: number | null | undefined): void => {
    if (typeof sinceMs === 'number' && !(sinceMs >= (oldestMs[status] ?? Number.POSITIVE_INFINITY))) {
      oldestMs[status] = sinceMs;
    }
  };

  return {
    addSince,
    add: (status, { jobId, createdAt, startedAt }) => {
      if (status === 'STARTING') {
        // Batch does not report when a job began to start, so its age counts from its first sight.
        const sinceMs = seen.get(jobId)?.getTime() ?? atMs;
        starting.add({ jobId, sinceMs, createdMs: createdAt ?? atMs });
        addSince(status, sinceMs);
      } else {
        addSince(status, status === 'RUNNING' ? startedAt : createdAt);
      }
    },
    oldestAgeSeconds: (jobs) => {
      const ages = UNFINISHED_STATUSES.flatMap((status) => {
        if (jobs[status] === 0) {
          return [[status, 0]];
        }
        const oldest = oldestMs[status];
        return oldest === undefined ? [] : [[status, Math.max(0, Math.round((atMs - oldest) / SECOND_MS))]];
      });
      return Object.fromEntries(ages);
    },
    firstSeen: () => new Map(starting.items().map(({ jobId, sinceMs }) => [jobId, new Date(sinceMs)])),
  };
};
