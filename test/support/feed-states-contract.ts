/** The contract of the states of feeds, for the table in DynamoDB and the states in memory. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { processItems } from '../../shared/process-items.ts';
import type { FeedStates } from '../../shared/runs/feed-states.ts';

const signal = new AbortController().signal;
const at = (minute: number) => new Date(Date.UTC(2026, 10, 22, 3, minute));

export const describeFeedStates = (name: string, open: () => FeedStates): void => {
  describe(`what is remembered of feeds in ${name}`, () => {
    const setUp = () => {
      const states = open();
      // A feed of its own for each test, so that one table serves all.
      const feed = `feed-${randomUUID()}`;
      return { states, feed, read: async () => (await states.readAll(signal)).get(feed) };
    };

    it('is nothing before its first tick, and then when that was', async () => {
      const { states, feed, read } = setUp();
      expect(await read()).toBeUndefined();

      await states.noteFirstSeen(feed, at(1), signal);
      await states.noteFirstSeen(feed, at(2), signal);

      expect(await read()).toEqual({ firstSeenAt: at(1), late: [] });
    });

    it('is up to when its times were seen to, and never less', async () => {
      const { states, feed, read } = setUp();
      await states.noteFirstSeen(feed, at(1), signal);

      await states.noteTimesUntil(feed, at(5), signal);
      await states.noteTimesUntil(feed, at(4), signal);

      expect(await read()).toEqual({ firstSeenAt: at(1), timesUntil: at(5), late: [] });
    });

    it('is which runs people were told of, the newest word for it', async () => {
      const { states, feed, read } = setUp();
      const run = { feed, date: '2026-11-22', values: { shop: 'a,"b"' } };
      await states.noteFirstSeen(feed, at(1), signal);

      await states.noteLate(feed, [run, { feed, values: {} }], signal);
      await states.noteLate(feed, [run], signal);

      expect((await read())?.late).toEqual([run]);
    });

    it('is all of a thousand feeds', async () => {
      const { states, feed } = setUp();
      const feeds = Array.from({ length: 1_000 }, (_, index) => `${feed}-${index}`);
      const { failed } = await processItems(feeds, (one) => states.noteFirstSeen(one, at(1), signal), {
        concurrency: 10,
      });
      expect(failed).toEqual([]);

      const all = await states.readAll(signal);

      expect(feeds.filter((one) => !all.has(one))).toEqual([]);
    });
  });
};
