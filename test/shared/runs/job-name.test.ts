import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jobNameOf } from '../../../shared/runs/job-name.ts';

const LEGAL = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;

const runKeys = fc.record({
  feed: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,39}$/),
  date: fc.constantFrom('2026', '2026-11-22', '2026-11-22T05', '2026-11-22T05:30'),
  values: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.string({ unit: 'binary', minLength: 1 }), { maxKeys: 3 }),
});

describe('jobNameOf', () => {
  it('reads as stage, feed and date', () => {
    const name = jobNameOf('prod', { feed: 'northwind-sales', date: '2026-11-22', values: {} }, 1);

    expect(name).toMatch(/^breakaway-prod-northwind-sales-20261122-[0-9a-f]{12}$/);
  });

  it('leaves the date out where a run has none', () => {
    const name = jobNameOf('prod', { feed: 'segments', values: { object: 'b/a b+%.csv' } }, 1);

    expect(name).toMatch(/^breakaway-prod-segments-[0-9a-f]{12}$/);
  });

  it('is legal for Batch, whatever the captures', () => {
    fc.assert(
      fc.property(runKeys, fc.stringMatching(/^[a-z0-9-]{1,100}$/), fc.nat(), (run, stage, generation) => {
        expect(jobNameOf(stage, run, generation)).toMatch(LEGAL);
      }),
    );
  });

  it('never names two runs, generations or stages alike', () => {
    fc.assert(
      fc.property(runKeys, runKeys, fc.nat(9), fc.nat(9), (one, other, g1, g2) => {
        const same = JSON.stringify([one, g1]) === JSON.stringify([other, g2]);

        expect(jobNameOf('a', one, g1) === jobNameOf('a', other, g2)).toBe(same);
      }),
    );
    expect(jobNameOf('dev', { feed: 'f', values: {} }, 1)).not.toBe(jobNameOf('prod', { feed: 'f', values: {} }, 1));
  });
});
