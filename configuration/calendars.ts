/** Business-day calendars: which days of the week there are, and on which dates nothing comes. */
import { isPossibleDate } from '../shared/feeds/dates.ts';
import type { Calendar } from '../shared/feeds/feed.ts';
import type { UserCalendar, UserWeekday } from './define.ts';
import { isName } from './parse-template.ts';

/** From Sunday, which is 0. */
const WEEKDAYS: readonly UserWeekday[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** Reads a file that the configuration names; it throws where there is none. */
export type ReadText = (path: string) => string;

/** A date, and where it was written. */
type Holiday = { readonly text: string; readonly place: string };

/** Tells whether a text is a day that exists: `2026-11-22`. */
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
  error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'there is no such file' : String(error);

const listHolidays = (
  holidays: string | readonly string[],
  readText: ReadText,
): { readonly holidays: readonly Holiday[]; readonly problems: readonly string[] } => {
  if (typeof holidays !== 'string') {
    return { holidays: holidays.map((text, index) => ({ text, place: `holidays entry ${index + 1}` })), problems: [] };
  }
  try {
    const listed = holidaysIn(readText(holidays), holidays);
    // An empty file is more likely one that was not written than a year without holidays.
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
      isDay(text) ? [] : [`${place}: "${text}" is no date: write it as 2026-11-23, and a remark behind it`],
    ),
  ];

  return {
    calendar: { daysOfWeek, holidays: Array.from(new Set(listed.holidays.map(({ text }) => text))).sort() },
    problems: problems.map((problem) => `calendar ${name}, ${problem}`),
  };
};

/** Reads the calendars of a configuration; the files with their holidays too, where they are in files. */
export const readCalendars = (
  userCalendars: Readonly<Record<string, UserCalendar>>,
  readText: ReadText,
): { readonly calendars: Readonly<Record<string, Calendar>>; readonly problems: readonly string[] } => {
  const read = Object.entries(userCalendars).map(([name, calendar]) => ({
    name,
    ...readCalendar(name, calendar, readText),
  }));
  const nameProblems = read.flatMap(({ name }) =>
    isName(name) ? [] : [`calendar ${name}: is named by a letter, then at most 39 letters, digits, "_" or "-"`],
  );

  return {
    calendars: Object.fromEntries(read.map(({ name, calendar }) => [name, calendar])),
    problems: [...nameProblems, ...read.flatMap(({ problems }) => problems)],
  };
};
