/** Counts the jobs that failed because of a job, directly or through other jobs. */
import { processItems } from '../../shared/process-items.ts';
import type { FailureNotes } from './failure-notes.ts';
import type { Cascade } from './failure-notice.ts';

/** The most jobs to read notes of; beyond them, the notification says "at least". */
const MAX_ASKED = 100;

const CONCURRENCY = 5;

/** Makes the function that counts the jobs, and notes that a notification counts them. */
export const createCountCascades =
  ({ notes }: { readonly notes: Pick<FailureNotes, 'takeCascaded'> }) =>
  async (failed: string, signal: AbortSignal): Promise<Cascade> => {
    const found = new Set<string>([failed]);
    let waiting = [failed];
    let asked = 0;
    while (waiting.length > 0 && asked < MAX_ASKED) {
      const now = waiting.slice(0, MAX_ASKED - asked);
      const later = waiting.slice(now.length);
      asked += now.length;
      const { done, failed: errors } = await processItems(now, (id) => notes.takeCascaded(id, signal), {
        concurrency: CONCURRENCY,
      });
      if (errors[0] !== undefined) {
        throw errors[0].error;
      }
      const fresh = done.flatMap((jobs) => [...jobs]).filter((id) => !found.has(id));
      for (const id of fresh) {
        found.add(id);
      }
      waiting = [...later, ...new Set(fresh)];
    }
    return { count: found.size - 1, isAll: waiting.length === 0 };
  };
