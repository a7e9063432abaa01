import { describe, expect, it } from 'vitest';
import { rememberFeeds } from '../../../functions/check-arrivals/remember-feeds.ts';
import { aFeed } from '../../support/builders.ts';
import { memoryFeedStates } from '../../support/memory-feed-states.ts';

const signal = new AbortController().signal;
const NOW = new Date('2026-11-22T03:00:00.000Z');
const LATER = new Date('2026-11-23T03:00:00.000Z');

describe('rememberFeeds', () => {
  it('remembers a feed from its first tick on', async () => {
    const states = memoryFeedStates();
    const feeds = [aFeed({ name: 'sales' })];

    await rememberFeeds(states, feeds, NOW, signal);
    const all = await rememberFeeds(states, [...feeds, aFeed({ name: 'catalog' })], LATER, signal);

    expect(all).toEqual(
      new Map([
        ['sales', { firstSeenAt: NOW, late: [] }],
        ['catalog', { firstSeenAt: LATER, late: [] }],
      ]),
    );
    expect(states.states).toEqual(all);
  });

  it('leaves out what it could not remember, so that it is new in the next tick too', async () => {
    const states = { ...memoryFeedStates(), noteFirstSeen: () => Promise.reject(new Error('table down')) };

    expect(await rememberFeeds(states, [aFeed()], NOW, signal)).toEqual(new Map());
  });
});
