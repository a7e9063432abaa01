import type { FeedState, FeedStates } from '../../shared/runs/feed-states.ts';

/** Remembers feeds in memory, as the table does. */
export const memoryFeedStates = (): FeedStates & { readonly states: Map<string, FeedState> } => {
  const states = new Map<string, FeedState>();
  const change = (feed: string, differences: Partial<FeedState>): void => {
    states.set(feed, { firstSeenAt: new Date(0), late: [], ...states.get(feed), ...differences });
  };
  return {
    states,
    readAll: async () => new Map(states),
    noteFirstSeen: async (feed, now) => {
      if (!states.has(feed)) {
        change(feed, { firstSeenAt: now });
      }
    },
    noteTimesUntil: async (feed, until) => {
      const { timesUntil } = states.get(feed) ?? {};
      if (timesUntil === undefined || timesUntil < until) {
        change(feed, { timesUntil: until });
      }
    },
    noteLate: async (feed, late) => change(feed, { late }),
  };
};
