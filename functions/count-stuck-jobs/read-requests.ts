/** Reads what waiting jobs request, once for each job. */
import { requirementOf } from '../../shared/placement/requirement.ts';
import type { DefinedJob, RequestedJob } from './job-placement.ts';
import type { RunnableJob } from './job-tally.ts';

export type Ports = {
  /** Describes jobs; a job that Batch does not know is left out. */
  readonly jobs: (
    jobIds: readonly string[],
    signal: AbortSignal,
  ) => Promise<readonly (DefinedJob & { readonly jobId: string })[]>;
};

/**
 * Makes the reader.
 *
 * @returns a function that remembers the requests of the jobs that still wait: they never change
 */
export const createReadRequests = ({ jobs }: Ports) => {
  const byQueue = new Map<string, ReadonlyMap<string, RequestedJob>>();

  return async (
    queue: string,
    runnable: readonly RunnableJob[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, RequestedJob>> => {
    const before = byQueue.get(queue) ?? new Map<string, RequestedJob>();
    const unknown = runnable.map(({ jobId }) => jobId).filter((jobId) => !before.has(jobId));
    const described = unknown.length === 0 ? [] : await jobs(unknown, signal);
    const requested = new Map(
      described.map(({ jobId, definition, shape }) => [jobId, { definition, requirement: requirementOf(shape) }]),
    );
    for (const { jobId } of runnable) {
      const job = before.get(jobId);
      if (job !== undefined) {
        requested.set(jobId, job);
      }
    }
    byQueue.set(queue, requested);
    return requested;
  };
};
