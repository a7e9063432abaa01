import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DATES_A_ROW, gridText, problemsOf, worstOf } from '../../../cli/status/grid.ts';
import { type FeedStandings, PROBLEMS, type Standing, WORDS, type Word } from '../../../cli/status/run-status.ts';
import { datesBetween, nextDate } from '../../../shared/feeds/business-dates.ts';

const plain = (_: unknown, text: string): string => text;
const marked = (tone: string | undefined, text: string): string => (tone === undefined ? text : `<${text}>`);

const aStanding = (word: Word, day: string, shop = 'x'): Standing => ({
  key: { feed: 'sales', date: day, values: { shop } },
  word,
  day,
});

const aWord = fc.constantFrom(...WORDS);
const aFeed = (dates: readonly string[]): fc.Arbitrary<FeedStandings> =>
  fc.record({
    feed: fc.stringMatching(/^[a-z][a-z-]{0,60}$/),
    standings: fc.array(
      fc.tuple(aWord, fc.constantFrom(...dates)).map(([word, day]) => aStanding(word, day)),
      {
        maxLength: 2_000,
      },
    ),
    daysOff: fc.subarray([...dates]),
  });

describe('gridText', () => {
  it('is never wider than 80 columns, whatever there is to show, and says the same without colour', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }).chain((count) => {
          const dates = datesBetween('2026-11-01', nextDate('2026-11-01', count - 1));
          return fc.tuple(fc.constant(dates), fc.array(aFeed(dates), { minLength: 1, maxLength: 5 }));
        }),
        ([dates, feeds]) => {
          const text = gridText(feeds, dates, plain);

          const grid = text.split('\n\n').slice(0, Math.ceil(dates.length / DATES_A_ROW));
          expect(
            Math.max(...grid.flatMap((block) => block.split('\n')).map((line) => line.length)),
          ).toBeLessThanOrEqual(80);
          expect(gridText(feeds, dates, marked).replaceAll(/[<>]/g, '')).toBe(text.replaceAll(/[<>]/g, ''));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('shows of several runs the worst, and how many are so', () => {
    const standings = ['done', 'done', 'failed', 'late', 'failed'].map((word, index) =>
      aStanding(word as Word, '2026-11-22', String(index)),
    );

    const text = gridText([{ feed: 'sales', standings, daysOff: [] }], ['2026-11-22'], plain);

    expect(text).toMatch(/^sales +!FAIL 2$/m);
  });

  it.each([
    [12, '!FAIL12'],
    [123, '!FAI123'],
    [1_500, '!FAIL1k'],
  ])('never cuts the number of %i runs', (count, cell) => {
    const standings = Array.from({ length: count }, (_, index) => aStanding('failed', '2026-11-22', String(index)));

    expect(gridText([{ feed: 'sales', standings, daysOff: [] }], ['2026-11-22'], plain)).toMatch(
      new RegExp(`^sales +${cell}$`, 'm'),
    );
  });

  it('tells a day off from one of which nothing is known', () => {
    const text = gridText(
      [{ feed: 'sales', standings: [], daysOff: ['2026-11-22'] }],
      ['2026-11-21', '2026-11-22'],
      plain,
    );

    expect(text).toMatch(/^sales +\. +-$/m);
    expect(text).toContain('Nothing is late, missing, failed or refused.');
  });

  it('names ten problems, and how many more there are', () => {
    const standings = Array.from({ length: 13 }, (_, index) => aStanding('late', '2026-11-22', String(index)));

    expect(gridText([{ feed: 'sales', standings, daysOff: [] }], ['2026-11-22'], plain)).toContain('and 3 more');
  });
});

describe('worstOf', () => {
  it('is the first of the words that any run has', () => {
    fc.assert(
      fc.property(fc.array(aWord), (words) => {
        const worst = worstOf(words.map((word) => aStanding(word, '2026-11-22')));

        expect(worst).toBe(WORDS.find((word) => words.includes(word)));
      }),
    );
  });
});

describe('problemsOf', () => {
  it('lists every run that a person should look at, and no other, the worst first', () => {
    fc.assert(
      fc.property(fc.array(aWord), (words) => {
        const standings = words.map((word, index) => aStanding(word, '2026-11-22', String(index)));

        const found = problemsOf([{ feed: 'sales', standings, daysOff: [] }]).map(({ word }) => word);

        expect(found.toSorted()).toEqual(words.filter((word) => PROBLEMS.includes(word)).toSorted());
        expect(found).toEqual(found.toSorted((one, other) => WORDS.indexOf(one) - WORDS.indexOf(other)));
      }),
    );
  });
});
