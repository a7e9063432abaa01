/**
 * Business dates: the format in a template or a value (`yyyyMMdd`), and the date of a run
 * (`2026-11-22T05`).
 */
import type { DateUnit } from './template.ts';
import type { TextProblem } from './text-problem.ts';

/** From the largest to the smallest. */
export const DATE_UNITS = ['yyyy', 'MM', 'dd', 'HH', 'mm'] as const satisfies readonly DateUnit[];

/** The digits of the known units. */
export type DatePieces = Readonly<Partial<Record<DateUnit, string>>>;

export type DateFormatPart =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'date'; readonly unit: DateUnit };

const FORMAT_TOKENS = /yyyy|MM|dd|HH|mm|([yYuMDdHhmsS])\1*|[^yYuMDdHhmsS]+/g;

const MEANT: Readonly<Record<string, string>> = {
  y: 'did you mean yyyy?',
  Y: 'did you mean yyyy?',
  u: 'did you mean yyyy?',
  M: 'did you mean MM (two digits)?',
  D: 'did you mean dd?',
  d: 'did you mean dd?',
  H: 'did you mean HH?',
  h: 'did you mean HH (00 to 23)?',
  m: 'did you mean mm?',
  s: 'a business date has no seconds, use * for them',
  S: 'a business date has no seconds, use * for them',
};

const isDateUnit = (text: string): text is DateUnit => DATE_UNITS.some((unit) => unit === text);

/** Reads a date format such as `yyyy-MM-dd`; characters that are not units are plain text. */
export const readDateFormat = (
  format: string,
): { readonly parts: readonly DateFormatPart[]; readonly problems: readonly TextProblem[] } => {
  const parts: DateFormatPart[] = [];
  const problems: TextProblem[] = [];

  for (const { 0: token, 1: stray, index: at } of format.matchAll(FORMAT_TOKENS)) {
    if (isDateUnit(token)) {
      parts.push({ kind: 'date', unit: token });
    } else if (stray === undefined) {
      parts.push({ kind: 'literal', text: token });
    } else {
      problems.push({ at, message: `"${token}" is not a unit of a date (yyyy, MM, dd, HH, mm): ${MEANT[stray]}` });
    }
  }
  if (problems.length === 0 && !parts.some(({ kind }) => kind === 'date')) {
    problems.push({ at: 0, message: 'the date has no unit, write for example {date:yyyyMMdd}' });
  }
  return { parts, problems };
};

const RANGES: Readonly<Record<DateUnit, readonly [least: number, most: number]>> = {
  yyyy: [0, 9999],
  MM: [1, 12],
  dd: [1, 31],
  HH: [0, 23],
  mm: [0, 59],
};

/** Checks that digits are in the range of a unit: a month is 01 to 12. */
export const isInRange = (unit: DateUnit, digits: string): boolean => {
  const [least, most] = RANGES[unit];
  const value = Number(digits);

  return value >= least && value <= most;
};

const isLeapYear = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

/** Checks that a year, given as digits, has a 29 February. */
export const isLeap = (digits: string): boolean => isLeapYear(Number(digits));

/**
 * Checks that units, each in its range, can be in one date. 29 February is possible while the year
 * is not known.
 */
export const isPossibleDate = ({ yyyy, MM, dd }: DatePieces): boolean => {
  if (MM === undefined || dd === undefined) {
    return true;
  }
  if (MM === '02') {
    return Number(dd) <= (yyyy === undefined || isLeap(yyyy) ? 29 : 28);
  }
  return Number(dd) <= (['04', '06', '09', '11'].includes(MM) ? 30 : 31);
};

/**
 * Formats the known units as the date of a run: `2026`, `2026-11`, `2026-11-22`, `2026-11-22T05`,
 * `2026-11-22T05:30`.
 */
export const dateOf = ({ yyyy, MM, dd, HH, mm }: DatePieces): string | undefined => {
  if (yyyy === undefined) {
    return undefined;
  }
  return [yyyy, MM && `-${MM}`, dd && `-${dd}`, HH && `T${HH}`, mm && `:${mm}`].join('');
};

/** The length of a run's date, by its finest unit. */
export const DATE_LENGTHS: Readonly<Record<DateUnit, number>> = { yyyy: 4, MM: 7, dd: 10, HH: 13, mm: 16 };

/**
 * Takes one unit out of a run's date.
 *
 * @returns the digits, or `undefined` when the date does not have the unit
 */
export const unitOf = (date: string, unit: DateUnit): string | undefined =>
  date.slice(DATE_LENGTHS[unit] - unit.length, DATE_LENGTHS[unit]) || undefined;
