import { describe, expect, it } from 'vitest';
import { waitingDependents } from '../../../shared/runs/waiting-dependents.ts';
import { aFeed, aFeedSlot } from '../../support/builders.ts';

const KEY = { feed: 'catalog', date: '2026-11-22', values: {} };

const waiting = (name: string, feed: string, optional = false) =>
  aFeed({ name, slots: [aFeedSlot({ name: feed, feed, optional })] });

describe('waitingDependents', () => {
  it('names the runs that wait for one, and those that wait for them, the nearest first', () => {
    const feeds = [
      aFeed({ name: 'catalog' }),
      waiting('report', 'prices'),
      waiting('prices', 'catalog'),
      waiting('mail', 'report'),
      waiting('other', 'sales'),
    ];

    expect(waitingDependents(feeds, KEY)).toEqual(['prices@2026-11-22', 'report@2026-11-22', 'mail@2026-11-22']);
  });

  it('leaves out what can do without', () => {
    expect(waitingDependents([aFeed({ name: 'catalog' }), waiting('prices', 'catalog', true)], KEY)).toEqual([]);
  });

  it('names a run once, and not more than twenty', () => {
    const feeds = [
      aFeed({ name: 'catalog' }),
      ...Array.from({ length: 30 }, (_, index) =>
        aFeed({
          name: `report-${index}`,
          slots: [aFeedSlot(), aFeedSlot({ name: 'again' })],
        }),
      ),
    ];

    const held = waitingDependents(feeds, KEY);

    expect(held).toHaveLength(20);
    expect(new Set(held).size).toBe(20);
  });
});
