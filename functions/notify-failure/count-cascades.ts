/** Counts the jobs that fell with one that failed, and those that fell with them in turn. */
import { processItems } from '../../shared/process-items.ts';
import type { FailureNotes } from './failure-notes.ts';
import type { Cascade } from './failure-notice.ts';

/** A message says "at least" where more would have to be asked. */
const MAX_ASKED = 100;

const CONCURRENCY = 5;

/** Makes the function that counts, and notes that a message tells of those it counted. */
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
