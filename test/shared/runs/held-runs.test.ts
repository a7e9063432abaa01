import { describe, expect, it } from 'vitest';
import { heldRuns } from '../../../shared/runs/held-runs.ts';
import { aFeed, aFeedSlot } from '../../support/builders.ts';

const KEY = { feed: 'catalog', date: '2026-11-22', values: {} };

const waiting = (name: string, feed: string, optional = false) =>
  aFeed({ name, slots: [aFeedSlot({ name: feed, feed, optional })] });

describe('heldRuns', () => {
  it('names the runs that wait for one, and those that wait for them, the nearest first', () => {
    const feeds = [
      aFeed({ name: 'catalog' }),
      waiting('report', 'prices'),
      waiting('prices', 'catalog'),
      waiting('mail', 'report'),
      waiting('other', 'sales'),
    ];

    expect(heldRuns(feeds, KEY)).toEqual(['prices@2026-11-22', 'report@2026-11-22', 'mail@2026-11-22']);
  });

  it('leaves out what can do without', () => {
    expect(heldRuns([aFeed({ name: 'catalog' }), waiting('prices', 'catalog', true)], KEY)).toEqual([]);
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

    const held = heldRuns(feeds, KEY);

    expect(held).toHaveLength(20);
    expect(new Set(held).size).toBe(20);
  });
});
