import { dependentRuns } from '../feeds/dependents.ts';
import type { Feed } from '../feeds/feed.ts';
import { type RunKey, runKeyId } from '../feeds/run-key.ts';

/** At most this many are named. */
const MAX_NAMED = 20;

/** Lists the runs that wait for this one, those that wait for them, and so on: the nearest first, by name, and not all of very many. */
export const waitingDependents = (feeds: readonly Feed[], run: RunKey): string[] => {
  const held = new Set<string>();
  let next: readonly RunKey[] = [run];
  while (next.length > 0 && held.size < MAX_NAMED) {
    next = next.flatMap((source) =>
      dependentRuns(feeds, source)
        .filter(({ slot, run: dependent }) => !slot.optional && !held.has(runKeyId(dependent)))
        .map((dependent) => dependent.run),
    );
    for (const dependent of next) {
      held.add(runKeyId(dependent));
    }
  }
  return [...held].slice(0, MAX_NAMED);
};
