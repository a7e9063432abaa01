import { describe, expect, it } from 'vitest';
import { lateGauges } from '../../../functions/check-arrivals/gauges.ts';

const at = new Date('2026-11-22T03:00:00.000Z');
const standing = (feed: string, ...late: string[]) => ({ feed, late, opened: [], closed: [] });

describe('lateGauges', () => {
  it('says how many runs are late of each feed and in all, zeros included', () => {
    const standings = [standing('sales', 'sales@2026-11-21', 'sales@2026-11-22'), standing('catalog')];

    expect(lateGauges({ standings, failed: [] }, at)).toEqual([
      { metric: 'LateRuns', dimensions: { Feed: 'sales' }, value: 2, at },
      { metric: 'LateRuns', dimensions: { Feed: 'catalog' }, value: 0, at },
      { metric: 'LateRuns', dimensions: {}, value: 2, at },
    ]);
    expect(lateGauges({ standings: [], failed: [] }, at)).toEqual([
      { metric: 'LateRuns', dimensions: {}, value: 0, at },
    ]);
  });

  it('says no sum where it does not know all', () => {
    const failed = [{ feed: 'catalog', error: new Error('table down') }];

    expect(lateGauges({ standings: [standing('sales')], failed }, at)).toEqual([
      { metric: 'LateRuns', dimensions: { Feed: 'sales' }, value: 0, at },
    ]);
  });
});
