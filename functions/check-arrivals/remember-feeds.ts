import type { Feed } from '../../shared/feeds/feed.ts';
import { processItems } from '../../shared/process-items.ts';
import type { FeedState, FeedStates } from '../../shared/runs/feed-states.ts';

const CONCURRENCY = 10;

/**
 * Reads what is remembered of the feeds, and remembers those that are new from now on.
 *
 * @returns by name; a feed that could not be remembered is left out, and is new in the next tick too
 * @throws when what is remembered could not be read
 */
export const rememberFeeds = async (
  states: Pick<FeedStates, 'readAll' | 'noteFirstSeen'>,
  feeds: readonly Feed[],
  now: Date,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, FeedState>> => {
  const known = await states.readAll(signal);
  const { done } = await processItems(
    feeds.filter(({ name }) => !known.has(name)),
    async ({ name }): Promise<[string, FeedState]> => {
      await states.noteFirstSeen(name, now, signal);
      return [name, { firstSeenAt: now, late: [] }];
    },
    { concurrency: CONCURRENCY },
  );
  return new Map([...known, ...done]);
};
