/** Times as a configuration writes them, `06:30` or a crontab expression, and the field sets that they mean. */
import { CronExpressionParser } from 'cron-parser';
import { DATE_UNITS } from '../feeds/dates.ts';
import type { DateUnit } from '../feeds/template.ts';
import type { TextProblem } from '../feeds/text-problem.ts';
import type { Schedule } from './configuration.ts';
import { didYouMean } from './suggestion.ts';

const NICKNAMES: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

const FIELDS = [
  { name: 'minute', takes: '0 to 59', word: undefined },
  { name: 'hour', takes: '0 to 23', word: undefined },
  { name: 'day of the month', takes: '1 to 31', word: undefined },
  { name: 'month', takes: '1 to 12 or jan to dec', word: /^(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)$/i },
  {
    name: 'day of the week',
    takes: '0 to 7 (both are Sunday) or sun to sat',
    word: /^(?:sun|mon|tue|wed|thu|fri|sat)$/i,
  },
] as const;

/** One entry of a list: a star or a range, either with a step (`8-18/2`), or a single value. */
const ENTRY = /^(?:\*|([a-z\d]+)-([a-z\d]+))(?:\/0*[1-9]\d*)?$|^([a-z\d]+)$/i;

const isEntry = (entry: string, word: RegExp | undefined): boolean => {
  const [matched, ...ends] = ENTRY.exec(entry) ?? [];

  return matched !== undefined && ends.every((end) => end === undefined || /^\d+$/.test(end) || word?.test(end));
};

type Field = { readonly text: string; readonly at: number };

/** Expands one entry of one field, all other fields being free. */
const expandEntry = (entry: string, index: number): number[] => {
  const { fields } = CronExpressionParser.parse(FIELDS.map((_, one) => (one === index ? entry : '*')).join(' '));
  const { minute, hour, dayOfMonth, month, dayOfWeek } = fields;

  return ([minute, hour, dayOfMonth, month, dayOfWeek][index]?.values ?? []).map(Number);
};

/** Expands one field; nothing where it cannot be read. */
const expand = ({ text }: Field, index: number): number[] | undefined => {
  const entries = text.split(',');
  if (!entries.every((entry) => isEntry(entry, FIELDS[index]?.word))) {
    return undefined;
  }
  try {
    // One by one, since the library takes no list in which a value stands twice, as cron does.
    const values = entries.flatMap((entry) => expandEntry(entry, index));
    // Sunday may be written as 7.
    const numbers = values.map((value) => (index === FIELDS.length - 1 ? value % 7 : value));

    return Array.from(new Set(numbers)).sort((one, other) => one - other);
  } catch {
    return undefined;
  }
};

const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const neverComes = ({ months, daysOfMonth, isEitherDay }: Schedule): boolean =>
  !(isEitherDay || months.some((month) => daysOfMonth.some((day) => day <= (DAYS_IN_MONTH[month - 1] ?? 0))));

/** A schedule, or why there is none. */
export type ScheduleReading =
  | { readonly kind: 'schedule'; readonly schedule: Schedule }
  | { readonly kind: 'problems'; readonly problems: readonly TextProblem[] };

const refuse = (at: number, message: string): ScheduleReading => ({ kind: 'problems', problems: [{ at, message }] });

const readCrontab = (text: string, written: string): ScheduleReading => {
  const fields = Array.from(text.matchAll(/\S+/g), ({ 0: field, index }): Field => ({ text: field, at: index }));
  if (fields.length === 6) {
    return refuse(0, 'a crontab expression has five fields: there are no seconds, and no years, here');
  }
  if (fields.length !== FIELDS.length) {
    return refuse(
      0,
      'this is neither a time of day, 06:30, nor the five fields of a crontab expression: minute, hour, day of the month, month, day of the week',
    );
  }
  const expanded = fields.map(expand);
  const problems = FIELDS.flatMap(({ name, takes }, index): TextProblem[] => {
    const { text: field, at } = fields[index] ?? { text: '', at: 0 };
    const message = `"${field}" is no ${name}: ${takes}, ranges such as 1-5, steps such as */2 and 1-9/2, lists such as 1,3, or *`;
    return expanded[index] === undefined ? [{ at, message }] : [];
  });
  if (problems.length > 0) {
    return { kind: 'problems', problems };
  }
  const [minutes = [], hours = [], daysOfMonth = [], months = [], daysOfWeek = []] = expanded;
  const schedule: Schedule = {
    text: written,
    minutes,
    hours,
    daysOfMonth,
    months,
    daysOfWeek,
    // As cron has it: a field that starts with a star limits nothing by itself, also where a step follows.
    isEitherDay: [fields[2], fields[4]].every((field) => field?.text.startsWith('*') === false),
  };

  return neverComes(schedule)
    ? refuse(0, 'this never comes: no such month has such a day')
    : { kind: 'schedule', schedule };
};

/** Reads a time of day, `06:30`, or a crontab expression of five fields, `30 6 * * 1-5`, or a name for one, `@daily`. */
export const readSchedule = (text: string): ScheduleReading => {
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (hour !== undefined && minute !== undefined) {
    return readCrontab(`${Number(minute)} ${Number(hour)} * * *`, text);
  }
  if (/^\s*\d+:\d+\s*$/.test(text)) {
    return refuse(0, 'this is no time of day: 00:00 to 23:59, always with two digits each');
  }
  if (!text.startsWith('@')) {
    return readCrontab(text, text);
  }
  const meant = Object.hasOwn(NICKNAMES, text) ? NICKNAMES[text] : undefined;
  return meant === undefined
    ? refuse(0, `"${text}" is no time${didYouMean(text, Object.keys(NICKNAMES))}`)
    : readCrontab(meant, text);
};

/** Says how fine the dates must be that keep the times of a schedule apart. */
export const unitOfSchedule = ({ minutes, hours }: Schedule): DateUnit => {
  const [, , day, hour, minute] = DATE_UNITS;
  if (minutes.length > 1) {
    return minute;
  }
  return hours.length > 1 ? hour : day;
};
