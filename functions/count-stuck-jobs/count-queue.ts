/** Counts the jobs of a queue that have not ended. */
import { UNFINISHED_STATUSES, type UnfinishedStatus } from '../../shared/jobs/job.ts';
import { createJobTally, type QueueCount } from './job-tally.ts';
import type { ListedJob } from './listed-job.ts';

type Owner = { readonly queue: string } | { readonly arrayJobId: string };

type Visit = (status: UnfinishedStatus, page: readonly ListedJob[]) => void;

export type Ports = {
  readonly listing: {
    eachPage(
      owner: Owner,
      status: UnfinishedStatus,
      visit: (page: readonly ListedJob[]) => void,
      signal: AbortSignal,
    ): Promise<void>;
  };
  readonly now: () => Date;
};

/**
 * Makes the function that counts one queue.
 *
 * @returns a function that rejects when a part of the queue could not be read
 */
export const createCountQueue =
  ({ listing, now }: Ports) =>
  async (queue: string, firstSeen: ReadonlyMap<string, Date>, signal: AbortSignal): Promise<QueueCount> => {
    const tally = createJobTally(queue, now(), firstSeen);
    const eachPage = async (owner: Owner, statuses: readonly UnfinishedStatus[], visit: Visit): Promise<void> => {
      for (const status of statuses) {
        await listing.eachPage(owner, status, (page) => visit(status, page), signal);
      }
    };

    await eachPage({ queue }, UNFINISHED_STATUSES, tally.add);
    for (const parent of tally.withoutSummary()) {
      let children = 0;
      await eachPage({ arrayJobId: parent.jobId }, parent.statuses, (status, page) => {
        children += page.length;
        tally.addChildren(parent, status, page);
      });
      if (children === 0) {
        tally.addUnspawned(parent);
      }
    }
    for (const { jobId: arrayJobId, statuses } of tally.withActiveChildren()) {
      await eachPage({ arrayJobId }, statuses, tally.addAges);
    }
    return tally.count();
  };

export type CountQueue = ReturnType<typeof createCountQueue>;
