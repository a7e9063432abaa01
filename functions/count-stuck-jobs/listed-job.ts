/** Reads the jobs that one entry of Batch's job list stands for. */
import { UNFINISHED_STATUSES, type UnfinishedStatus } from '../../shared/jobs/job.ts';

/** The fields of an entry that are used. The names are Batch's; instants are epoch milliseconds. */
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

/** The children of an array job. */
export type ArrayCounts = {
  /** The children that have not ended, by status; only statuses that have children. */
  readonly children: readonly { readonly status: UnfinishedStatus; readonly jobs: number }[];
  /** Children that Batch has not created yet. They count in the status of their parent. */
  readonly unspawned: number;
};

/**
 * Counts the children of an array job.
 *
 * @param summary - the children that exist, by status, also those that have ended
 */
export const arrayCounts = (size: number, summary: Readonly<Record<string, number>>): ArrayCounts => ({
  children: UNFINISHED_STATUSES.map((status) => ({ status, jobs: summary[status] ?? 0 })).filter(
    ({ jobs }) => jobs > 0,
  ),
  unspawned: Math.max(0, size - Object.values(summary).reduce((sum, jobs) => sum + jobs, 0)),
});
