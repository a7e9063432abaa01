/** Reads times in a configuration, `06:30` or a crontab expression, into sets of numbers. */
import { CronExpressionParser } from 'cron-parser';
import { DATE_UNITS } from '../shared/feeds/dates.ts';
import type { Schedule } from '../shared/feeds/feed.ts';
import type { DateUnit } from '../shared/feeds/template.ts';
import type { TextProblem } from '../shared/feeds/text-problem.ts';
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

/** A field of a crontab expression. */
type FieldKind = {
  /** The name of the field in the library. */
  readonly key: 'minute' | 'hour' | 'dayOfMonth' | 'month' | 'dayOfWeek';
  readonly name: string;
  readonly takes: string;
  readonly word?: RegExp;
};

const MINUTE: FieldKind = { key: 'minute', name: 'minute', takes: '0 to 59' };
const HOUR: FieldKind = { key: 'hour', name: 'hour', takes: '0 to 23' };
const DAY_OF_MONTH: FieldKind = { key: 'dayOfMonth', name: 'day of the month', takes: '1 to 31' };
const MONTH: FieldKind = {
  key: 'month',
  name: 'month',
  takes: '1 to 12 or jan to dec',
  word: /^(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)$/i,
};
const DAY_OF_WEEK: FieldKind = {
  key: 'dayOfWeek',
  name: 'day of the week',
  takes: '0 to 7 (both are Sunday) or sun to sat',
  word: /^(?:sun|mon|tue|wed|thu|fri|sat)$/i,
};

/** In the order of a crontab expression. */
const FIELD_KINDS = [MINUTE, HOUR, DAY_OF_MONTH, MONTH, DAY_OF_WEEK];

/** One entry of a list: a star or a range, either with a step (`8-18/2`), or a single value. */
const ENTRY = /^(?:\*|([a-z\d]+)-([a-z\d]+))(?:\/0*[1-9]\d*)?$|^([a-z\d]+)$/i;

const isEntry = (entry: string, word: RegExp | undefined): boolean => {
  const [matched, ...ends] = ENTRY.exec(entry) ?? [];

  return matched !== undefined && ends.every((end) => end === undefined || /^\d+$/.test(end) || word?.test(end));
};

type Field = { readonly text: string; readonly at: number };

/** Expands one entry of a field; all other fields are `*`. */
const expandEntry = (entry: string, { key }: FieldKind): number[] => {
  const { fields } = CronExpressionParser.parse(FIELD_KINDS.map((kind) => (kind.key === key ? entry : '*')).join(' '));

  return fields[key].values.map(Number);
};

/** Expands a field; `undefined` when it cannot be read. */
const expand = (text: string, kind: FieldKind): number[] | undefined => {
  const entries = text.split(',');
  if (!entries.every((entry) => isEntry(entry, kind.word))) {
    return undefined;
  }
  try {
    // One by one: the library refuses lists in which a value occurs twice, which cron accepts.
    const values = entries.flatMap((entry) => expandEntry(entry, kind));
    // 7 means Sunday, too.
    const numbers = values.map((value) => (kind === DAY_OF_WEEK ? value % 7 : value));

    return Array.from(new Set(numbers)).sort((one, other) => one - other);
  } catch {
    return undefined;
  }
};

/** Reads a field. A field that cannot be read has no values, and adds a problem. */
const readField = ({ text, at }: Field, kind: FieldKind, problems: TextProblem[]): readonly number[] => {
  const values = expand(text, kind);
  if (values === undefined) {
    const message = `"${text}" is not a valid ${kind.name}: ${kind.takes}, ranges such as 1-5, steps such as */2 and 1-9/2, lists such as 1,3, or *`;
    problems.push({ at, message });
    return [];
  }
  return values;
};

/** In cron, a field that starts with a star is not a limit, even with a step. */
const isLimit = ({ text }: Field): boolean => !text.startsWith('*');

/**
 * Counts the days of a month in a leap year. Day 0 of the next month is the last day of this month.
 */
const daysIn = (month: number): number => new Date(Date.UTC(2024, month, 0)).getUTCDate();

const neverComes = ({ months, daysOfMonth, isEitherDay }: Schedule): boolean =>
  !(isEitherDay || months.some((month) => daysOfMonth.some((day) => day <= daysIn(month))));

/** A schedule, or the problems of the text. */
export type ScheduleReading =
  | { readonly kind: 'schedule'; readonly schedule: Schedule }
  | { readonly kind: 'problems'; readonly problems: readonly TextProblem[] };

const refuse = (at: number, message: string): ScheduleReading => ({ kind: 'problems', problems: [{ at, message }] });

const readCrontab = (text: string, written: string): ScheduleReading => {
  const fields = Array.from(text.matchAll(/\S+/g), ({ 0: field, index }): Field => ({ text: field, at: index }));
  if (fields.length === 6) {
    return refuse(0, 'a crontab expression has five fields, without seconds and years');
  }
  const [minute, hour, dayOfMonth, month, dayOfWeek, ...more] = fields;
  if (!(minute && hour && dayOfMonth && month && dayOfWeek) || more.length > 0) {
    return refuse(
      0,
      'write a time of day, 06:30, or the five fields of a crontab expression: minute, hour, day of the month, month, day of the week',
    );
  }
  const problems: TextProblem[] = [];
  const schedule: Schedule = {
    text: written,
    minutes: readField(minute, MINUTE, problems),
    hours: readField(hour, HOUR, problems),
    daysOfMonth: readField(dayOfMonth, DAY_OF_MONTH, problems),
    months: readField(month, MONTH, problems),
    daysOfWeek: readField(dayOfWeek, DAY_OF_WEEK, problems),
    isEitherDay: isLimit(dayOfMonth) && isLimit(dayOfWeek),
  };
  if (problems.length > 0) {
    return { kind: 'problems', problems };
  }

  return neverComes(schedule)
    ? refuse(0, 'this time never comes: none of these months has such a day')
    : { kind: 'schedule', schedule };
};

/**
 * Reads a time of day, `06:30`; a crontab expression of five fields, `30 6 * * 1-5`; or its name,
 * `@daily`.
 */
export const readSchedule = (text: string): ScheduleReading => {
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (hour !== undefined && minute !== undefined) {
    return readCrontab(`${Number(minute)} ${Number(hour)} * * *`, text);
  }
  if (/^\s*\d+:\d+\s*$/.test(text)) {
    return refuse(0, 'this is not a time of day: write 00:00 to 23:59, with two digits each');
  }
  if (!text.startsWith('@')) {
    return readCrontab(text, text);
  }
  const meant = Object.hasOwn(NICKNAMES, text) ? NICKNAMES[text] : undefined;
  return meant === undefined
    ? refuse(0, `"${text}" is not a time${didYouMean(text, Object.keys(NICKNAMES))}`)
    : readCrontab(meant, text);
};

/** Finds the largest unit of dates in which every time of a schedule has its own date. */
export const unitOfSchedule = ({ minutes, hours }: Schedule): DateUnit => {
  const [, , day, hour, minute] = DATE_UNITS;
  if (minutes.length > 1) {
    return minute;
  }
  return hours.length > 1 ? hour : day;
};
