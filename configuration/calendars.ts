/** Calendars of business dates: days of the week without holidays. */
import { isPossibleDate } from '../shared/feeds/dates.ts';
import type { Calendar } from '../shared/feeds/feed.ts';
import type { UserCalendar, UserWeekday } from './define.ts';
import { isName } from './parse-template.ts';

/** Index 0 is Sunday, as in `Date.getDay`. */
const WEEKDAYS: readonly UserWeekday[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** Reads a file that the configuration names. Throws when the file does not exist. */
export type ReadText = (path: string) => string;

/** A date, and its place in the configuration or in a file. */
type Holiday = { readonly text: string; readonly place: string };

/** Tells whether a text is an existing day: `2026-11-22`. */
export const isDay = (text: string): boolean => {
  const [, yyyy, MM, dd] = /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/.exec(text) ?? [];

  return yyyy !== undefined && MM !== undefined && dd !== undefined && isPossibleDate({ yyyy, MM, dd });
};

const holidaysIn = (text: string, path: string): Holiday[] =>
  text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .flatMap((line, index) => {
      const [date = ''] = line.trim().split(/[\s#,;]/);
      return line.trim() === '' || line.trim().startsWith('#')
        ? []
        : [{ text: date, place: `holidays, ${path}, line ${index + 1}` }];
    });

const reasonOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'the file does not exist' : String(error);

const listHolidays = (
  holidays: string | readonly string[],
  readText: ReadText,
): { readonly holidays: readonly Holiday[]; readonly problems: readonly string[] } => {
  if (typeof holidays !== 'string') {
    return { holidays: holidays.map((text, index) => ({ text, place: `holidays entry ${index + 1}` })), problems: [] };
  }
  try {
    const listed = holidaysIn(readText(holidays), holidays);
    // An empty file is probably a file that somebody forgot to fill.
    return { holidays: listed, problems: listed.length === 0 ? [`holidays, ${holidays}: the file has no dates`] : [] };
  } catch (error) {
    return { holidays: [], problems: [`holidays, ${holidays}: cannot be read: ${reasonOf(error)}`] };
  }
};

const readCalendar = (
  name: string,
  { weekdays = WEEKDAYS, holidays = [] }: UserCalendar,
  readText: ReadText,
): { readonly calendar: Calendar; readonly problems: readonly string[] } => {
  const listed = listHolidays(holidays, readText);
  const daysOfWeek = WEEKDAYS.flatMap((day, index) => (weekdays.includes(day) ? [index] : []));
  const problems = [
    ...(daysOfWeek.length === 0 ? ['weekdays: the list is empty, so no date would have a run'] : []),
    ...listed.problems,
    ...listed.holidays.flatMap(({ text, place }) =>
      isDay(text) ? [] : [`${place}: "${text}" is not a date: write it as 2026-11-23, and a comment after it`],
    ),
  ];

  return {
    calendar: { daysOfWeek, holidays: Array.from(new Set(listed.holidays.map(({ text }) => text))).sort() },
    problems: problems.map((problem) => `calendar ${name}, ${problem}`),
  };
};

/** Reads the calendars of a configuration, and the files with their holidays. */
export const readCalendars = (
  userCalendars: Readonly<Record<string, UserCalendar>>,
  readText: ReadText,
): { readonly calendars: Readonly<Record<string, Calendar>>; readonly problems: readonly string[] } => {
  const read = Object.entries(userCalendars).map(([name, calendar]) => ({
    name,
    ...readCalendar(name, calendar, readText),
  }));
  const nameProblems = read.flatMap(({ name }) =>
    isName(name) ? [] : [`calendar ${name}: a name is a letter, then at most 39 letters, digits, "_" or "-"`],
  );

  return {
    calendars: Object.fromEntries(read.map(({ name, calendar }) => [name, calendar])),
    problems: [...nameProblems, ...read.flatMap(({ problems }) => problems)],
  };
};
