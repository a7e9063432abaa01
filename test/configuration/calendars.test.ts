import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDay, readCalendars } from '../../configuration/calendars.ts';

const noFile = (): string => {
  throw new Error('There is no file here');
};

const inFile = (text: string) =>
  readCalendars({ office: { holidays: 'days.txt' } }, (path) => (path === 'days.txt' ? text : noFile()));

describe('readCalendars', () => {
  it('treats every day as a business day by default', () => {
    expect(readCalendars({ every: {} }, noFile)).toEqual({
      calendars: { every: { daysOfWeek: [0, 1, 2, 3, 4, 5, 6], holidays: [] } },
      problems: [],
    });
  });

  it('counts the days of the week from Sunday, and sorts the holidays', () => {
    const { calendars, problems } = readCalendars(
      { office: { weekdays: ['fri', 'mon', 'sun'], holidays: ['2026-11-23', '2026-01-01', '2026-11-23'] } },
      noFile,
    );

    expect(problems).toEqual([]);
    expect(calendars).toEqual({ office: { daysOfWeek: [0, 1, 5], holidays: ['2026-01-01', '2026-11-23'] } });
  });

  it('reads a file with one date per line, and comments', () => {
    const text =
      '\uFEFF# Holidays\r\n\r\n2026-11-23 Labour Thanksgiving Day\r\n  2026-12-31\t(closed)\n2026-01-01,New Year\n2026-02-11;\n2026-03-20# spring\n   \n';

    expect(inFile(text)).toEqual({
      calendars: {
        office: {
          daysOfWeek: [0, 1, 2, 3, 4, 5, 6],
          holidays: ['2026-01-01', '2026-02-11', '2026-03-20', '2026-11-23', '2026-12-31'],
        },
      },
      problems: [],
    });
  });

  it('reads dates in any order', () => {
    const day = fc
      .date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
      .map((date) => date.toISOString().slice(0, 10));

    fc.assert(
      fc.property(fc.array(day, { minLength: 1 }), (days) => {
        expect(inFile(days.join(' remark\n')).calendars['office']?.holidays).toEqual([...new Set(days)].toSorted());
      }),
    );
  });

  it('reports the line of a file, or the entry of a list, that is not a date', () => {
    expect(inFile('# Holidays\n2026-11-23\n23.11.2026 Labour Thanksgiving Day\n2026-02-30').problems).toEqual([
      'calendar office, holidays, days.txt, line 3: "23.11.2026" is not a date: write it as 2026-11-23, and a comment after it',
      'calendar office, holidays, days.txt, line 4: "2026-02-30" is not a date: write it as 2026-11-23, and a comment after it',
    ]);
    expect(readCalendars({ office: { holidays: ['2026-11-23', 'x'] } }, noFile).problems).toEqual([
      'calendar office, holidays entry 2: "x" is not a date: write it as 2026-11-23, and a comment after it',
    ]);
  });

  it('says why a file cannot be read, and reports an empty file', () => {
    const missing = Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' });
    const throwing = (error: unknown) => (): string => {
      throw error;
    };
    const problemsWith = (readText: () => string) =>
      readCalendars({ office: { holidays: 'days.txt' } }, readText).problems;

    expect(problemsWith(throwing(missing))).toEqual([
      'calendar office, holidays, days.txt: cannot be read: the file does not exist',
    ]);
    expect(problemsWith(throwing(new Error('EACCES: permission denied')))).toEqual([
      'calendar office, holidays, days.txt: cannot be read: Error: EACCES: permission denied',
    ]);
    expect(problemsWith(throwing('no'))).toEqual(['calendar office, holidays, days.txt: cannot be read: no']);
    expect(problemsWith(() => '# none\n')).toEqual(['calendar office, holidays, days.txt: the file has no dates']);
  });

  it('refuses an illegal name, and a week without days', () => {
    expect(readCalendars({ '1st': { weekdays: [] } }, noFile).problems).toEqual([
      'calendar 1st: a name is a letter, then at most 39 letters, digits, "_" or "-"',
      'calendar 1st, weekdays: the list is empty, so no date would have a run',
    ]);
  });
});

describe('isDay', () => {
  it.each([
    ['2026-11-22', true],
    ['2028-02-29', true],
    ['2026-02-29', false],
    ['2026-04-31', false],
    ['2026-13-01', false],
    ['2026-00-01', false],
    ['2026-1-1', false],
    ['2026-11-22T05', false],
    ['2026-11', false],
  ])('decides whether %s is a day', (text, isOne) => {
    expect(isDay(text)).toBe(isOne);
  });
});
