import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DATES_PER_ROW, gridText, problemsOf, worstOf } from '../../../cli/status/grid.ts';
import { type FeedStatus, PROBLEMS, type RunStatus, STATUSES, type Status } from '../../../cli/status/run-status.ts';
import { datesBetween, nextDate } from '../../../shared/feeds/business-dates.ts';

const plain = (_: unknown, text: string): string => text;
const marked = (tone: string | undefined, text: string): string => (tone === undefined ? text : `<${text}>`);

const aRunStatus = (status: Status, day: string, shop = 'x'): RunStatus => ({
  key: { feed: 'sales', date: day, values: { shop } },
  status,
  day,
});

const aStatus = fc.constantFrom(...STATUSES);
const aFeed = (dates: readonly string[]): fc.Arbitrary<FeedStatus> =>
  fc.record({
    feed: fc.stringMatching(/^[a-z][a-z-]{0,60}$/),
    runs: fc.array(
      fc.tuple(aStatus, fc.constantFrom(...dates)).map(([status, day]) => aRunStatus(status, day)),
      {
        maxLength: 2_000,
      },
    ),
    daysOff: fc.subarray([...dates]),
  });

describe('gridText', () => {
  it('is never wider than 80 columns, and has the same text without colour', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }).chain((count) => {
          const dates = datesBetween('2026-11-01', nextDate('2026-11-01', count - 1));
          return fc.tuple(fc.constant(dates), fc.array(aFeed(dates), { minLength: 1, maxLength: 5 }));
        }),
        ([dates, feeds]) => {
          const text = gridText(feeds, dates, plain);

          const grid = text.split('\n\n').slice(0, Math.ceil(dates.length / DATES_PER_ROW));
          expect(
            Math.max(...grid.flatMap((block) => block.split('\n')).map((line) => line.length)),
          ).toBeLessThanOrEqual(80);
          expect(gridText(feeds, dates, marked).replaceAll(/[<>]/g, '')).toBe(text.replaceAll(/[<>]/g, ''));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('shows the worst of several runs, and how many are like it', () => {
    const runs = ['done', 'done', 'failed', 'late', 'failed'].map((status, index) =>
      aRunStatus(status as Status, '2026-11-22', String(index)),
    );

    const text = gridText([{ feed: 'sales', runs, daysOff: [] }], ['2026-11-22'], plain);

    expect(text).toMatch(/^sales +!FAIL 2$/m);
  });

  it.each([
    [12, '!FAIL12'],
    [123, '!FAI123'],
    [1_500, '!FAIL1k'],
  ])('never cuts the number of %i runs', (count, cell) => {
    const runs = Array.from({ length: count }, (_, index) => aRunStatus('failed', '2026-11-22', String(index)));

    expect(gridText([{ feed: 'sales', runs, daysOff: [] }], ['2026-11-22'], plain)).toMatch(
      new RegExp(`^sales +${cell}$`, 'm'),
    );
  });

  it('tells a day off from a day without a run', () => {
    const text = gridText([{ feed: 'sales', runs: [], daysOff: ['2026-11-22'] }], ['2026-11-21', '2026-11-22'], plain);

    expect(text).toMatch(/^sales +\. +-$/m);
    expect(text).toContain('No run is late, missing, failed or refused.');
  });

  it('lists ten problems, and says how many more there are', () => {
    const runs = Array.from({ length: 13 }, (_, index) => aRunStatus('late', '2026-11-22', String(index)));

    expect(gridText([{ feed: 'sales', runs, daysOff: [] }], ['2026-11-22'], plain)).toContain('and 3 more');
  });
});

describe('worstOf', () => {
  it('is the first status that a run has', () => {
    fc.assert(
      fc.property(fc.array(aStatus), (statuses) => {
        const worst = worstOf(statuses.map((status) => aRunStatus(status, '2026-11-22')));

        expect(worst).toBe(STATUSES.find((status) => statuses.includes(status)));
      }),
    );
  });
});

describe('problemsOf', () => {
  it('lists every run that a person should look at, and no other, the worst first', () => {
    fc.assert(
      fc.property(fc.array(aStatus), (statuses) => {
        const runs = statuses.map((status, index) => aRunStatus(status, '2026-11-22', String(index)));

        const found = problemsOf([{ feed: 'sales', runs, daysOff: [] }]).map(({ status }) => status);

        expect(found.toSorted()).toEqual(statuses.filter((status) => PROBLEMS.includes(status)).toSorted());
        expect(found).toEqual(found.toSorted((one, other) => STATUSES.indexOf(one) - STATUSES.indexOf(other)));
      }),
    );
  });
});
