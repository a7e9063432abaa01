/** Reads the log of cron: the system log, or a list of the jobs that the scripts started. */

import { DAY_MS, MINUTE_MS } from '../../shared/durations.ts';
import { instantOf } from '../../shared/feeds/zoned-time.ts';

/** A job that cron started. */
export type CronStart = {
  /** The line of the log, from 1. */
  readonly line: number;
  readonly at: Date;
  readonly feed: string;
  /** The date that the job worked on; absent when the log does not have it. */
  readonly date?: string;
  /** The number of files that the job took; absent when the log does not have it. */
  readonly files?: number;
};

export type JobLog = {
  readonly starts: readonly CronStart[];
  /** The commands that match no feed or several feeds, each with its number of starts. */
  readonly unmatched: readonly {
    readonly command: string;
    readonly count: number;
    readonly feeds: readonly string[];
  }[];
  /** The number of lines that are not a start. */
  readonly otherLines: number;
};

/** Recognizes the command of a feed: it contains all these texts. */
export type CommandMatcher = { readonly feed: string; readonly texts: readonly string[] };

export type LogReading = {
  readonly timeZone: string;
  readonly matchers: readonly CommandMatcher[];
  /** Lines of the system log have no year, and are taken as those of the last twelve months. */
  readonly now: Date;
};

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Reads `2026-11-22 04:15[:01]`, also with `T`, fractions or an offset; the default is local. */
const readTime = (text: string, timeZone: string): Date | undefined => {
  const found = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?$/.exec(
    text.trim(),
  );
  if (found === null) {
    return undefined;
  }
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found
    .slice(1, 7)
    .map((digits) => Number(digits ?? 0));
  const local = Date.UTC(year, month - 1, day, hour, minute, second);
  const isReal = new Date(local).getUTCDate() === day && hour < 24 && minute < 60 && second < 61;
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(found[7] ?? '') ?? [];
  if (!isReal) {
    return undefined;
  }
  if (found[7] === undefined) {
    return instantOf(local, timeZone);
  }
  const offsetMinutes = (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0));
  return new Date(local - offsetMinutes * MINUTE_MS);
};

/** Reads `Nov 22 04:15:01`. */
const readLogTime = (month: string, day: string, clock: string, { now, timeZone }: LogReading): Date | undefined => {
  const number = MONTHS.indexOf(month) + 1;
  const inYear = (year: number): Date | undefined =>
    readTime(`${year}-${String(number).padStart(2, '0')}-${day.padStart(2, '0')} ${clock}`, timeZone);
  const year = now.getUTCFullYear();
  const [current, last] = [inYear(year), inYear(year - 1)];

  return number > 0 && current !== undefined && current.getTime() <= now.getTime() + DAY_MS ? current : last;
};

type LogLine = { readonly at: Date; readonly command: string };

const readLogLine = (text: string, reading: LogReading): LogLine | undefined => {
  const [, stamp = '', command = ''] =
    /^(.*?)\s+\S+\s+(?:\/\S*\/)?(?:CRON|cron|crond|anacron)(?:\[\d+\])?:\s+\([^)]*\)\s+CMD\s+\((.*)\)\s*$/i.exec(
      text,
    ) ?? [];
  const [, month = '', day = '', clock = ''] = /^([A-Z][a-z]{2})\s+(\d{1,2})\s+(\d\d:\d\d:\d\d)$/.exec(stamp) ?? [];
  const at = month === '' ? readTime(stamp, reading.timeZone) : readLogTime(month, day, clock, reading);

  return at === undefined || command === '' ? undefined : { at, command: command.trim() };
};

const COLUMNS = ['time', 'feed', 'date', 'files'] as const;

type Columns = Readonly<Partial<Record<(typeof COLUMNS)[number], number>>>;

const cellsOf = (text: string): string[] => text.split(text.includes('\t') ? '\t' : ',').map((cell) => cell.trim());

/** Reads the header; `undefined` when the list has none. */
const readHeader = (text: string): Columns | undefined => {
  const cells = cellsOf(text.toLowerCase());
  const columns = Object.fromEntries(
    COLUMNS.map((name) => [name, cells.indexOf(name)] as const).filter(([, at]) => at >= 0),
  );

  return 'time' in columns && 'feed' in columns ? columns : undefined;
};

const DATE = /^\d{4}(-\d\d(-\d\d(T\d\d(:\d\d)?)?)?)?$/;

const cellAt = (cells: readonly string[], index: number | undefined): string =>
  index === undefined ? '' : (cells[index] ?? '');

const readRow = (text: string, line: number, columns: Columns, timeZone: string): CronStart | undefined => {
  const cells = cellsOf(text);
  const at = readTime(cellAt(cells, columns.time), timeZone);
  const [feed, date, files] = [cellAt(cells, columns.feed), cellAt(cells, columns.date), cellAt(cells, columns.files)];
  const isValid = feed !== '' && (date === '' || DATE.test(date)) && /^\d*$/.test(files);

  return at === undefined || !isValid
    ? undefined
    : { line, at, feed, ...(date !== '' && { date }), ...(files !== '' && { files: Number(files) }) };
};

/** Thrown for a line that cannot be read: skipped, it would look like a difference. */
export class LogError extends Error {
  override name = 'LogError' as const;
}

const readList = (texts: readonly (readonly [line: number, text: string])[], timeZone: string): JobLog => {
  const [first] = texts;
  const header = first === undefined ? undefined : readHeader(first[1]);
  const columns = header ?? { time: 0, feed: 1, date: 2, files: 3 };
  const starts = texts.slice(header === undefined ? 0 : 1).map(([line, text]) => {
    const start = readRow(text, line, columns, timeZone);
    if (start === undefined) {
      throw new LogError(
        `Line ${line} is neither a CMD of a system log nor a row of a job list (time, feed, date, files; times as 2026-11-22 04:15): ${text}`,
      );
    }
    return start;
  });
  return { starts, unmatched: [], otherLines: header === undefined ? 0 : 1 };
};

/** Finds the feeds that match the most texts of a command. */
const feedsOf = (command: string, matchers: readonly CommandMatcher[]): string[] => {
  const fitting = matchers.filter(({ texts }) => texts.length > 0 && texts.every((text) => command.includes(text)));
  const most = Math.max(0, ...fitting.map(({ texts }) => texts.length));

  return [...new Set(fitting.filter(({ texts }) => texts.length === most).map(({ feed }) => feed))];
};

const readSystemLog = (texts: readonly (readonly [line: number, text: string])[], reading: LogReading): JobLog => {
  const starts: CronStart[] = [];
  const unmatched = new Map<string, { command: string; count: number; feeds: string[] }>();
  let otherLines = 0;
  for (const [line, text] of texts) {
    const read = readLogLine(text, reading);
    if (read === undefined) {
      otherLines += 1;
      continue;
    }
    const { at, command } = read;
    const feeds = feedsOf(command, reading.matchers);
    const [feed, ...others] = feeds;
    if (feed !== undefined && others.length === 0) {
      starts.push({ line, at, feed });
    } else {
      const count = (unmatched.get(command)?.count ?? 0) + 1;
      unmatched.set(command, { command, count, feeds });
    }
  }
  return { starts, unmatched: [...unmatched.values()], otherLines };
};

/**
 * Reads a log. With a `CMD` in one of its lines it is the system log, else a list of jobs:
 * `time<TAB>feed[<TAB>date[<TAB>files]]`, with tabs or commas.
 *
 * @throws LogError when a line of a list cannot be read
 */
export const readJobLog = (text: string, reading: LogReading): JobLog => {
  const texts = text
    .split(/\r?\n/)
    .map((line, index) => [index + 1, line] as const)
    .filter(([, line]) => line.trim() !== '' && !line.startsWith('#'));
  const isSystemLog = texts.some(([, line]) => readLogLine(line, reading) !== undefined);

  return isSystemLog ? readSystemLog(texts, reading) : readList(texts, reading.timeZone);
};
