/** Names of runs on the command line, such as `northwind-catalog@2026-11-22,shop=tokyo`. */

import { nextDate } from '../shared/feeds/business-dates.ts';
import { DATE_LENGTHS } from '../shared/feeds/dates.ts';
import type { Feed } from '../shared/feeds/feed.ts';
import { hasRunForEachObject } from '../shared/feeds/match-feeds.ts';
import type { RunKey } from '../shared/feeds/run-key.ts';
import { localDateOf } from '../shared/feeds/zoned-time.ts';
import { UsageError } from './stack-command.ts';

/** Takes the day of a date that may be finer. */
export const dayPart = (date: string): string => date.slice(0, DATE_LENGTHS.dd);

const DATE = /^\d{4}(-\d\d(-\d\d(T\d\d(:\d\d)?)?)?)?$/;

/** Checks that a text is a date as a run has it. */
export const readDate = (text: string): string => {
  const isDate = DATE.test(text) && !Number.isNaN(Date.parse(text.length === DATE_LENGTHS.HH ? `${text}:00` : text));
  if (!isDate || (text.length >= DATE_LENGTHS.dd && nextDate(dayPart(text), 0) !== dayPart(text))) {
    throw new UsageError(`${JSON.stringify(text)} is not a date: write 2026-11-22, or 2026-11-22T05 for an hour`);
  }
  return text;
};

const EXAMPLE = '2026-11-22T05:30';

/**
 * Checks that a text is a date as the runs of a feed have it, or the first part of one.
 *
 * @throws UsageError also for a date that is finer than those of the runs: it matches no run, which
 * would look like "none found"
 */
export const readDateOf = ({ name, dateUnit }: Feed, text: string): string => {
  const date = readDate(text);
  const length = dateUnit === undefined ? EXAMPLE.length : DATE_LENGTHS[dateUnit];
  if (date.length > length) {
    throw new UsageError(`The runs of ${name} have dates such as ${EXAMPLE.slice(0, length)}, not ${date}`);
  }
  return date;
};

/**
 * Finds a feed of the configuration.
 *
 * @throws UsageError that lists the feeds
 */
export const findFeed = (feeds: readonly Feed[], name: string): Feed => {
  const feed = feeds.find((one) => one.name === name);
  if (feed === undefined) {
    throw new UsageError(
      `There is no feed ${JSON.stringify(name)}. There are: ${feeds.map((one) => one.name).join(', ')}`,
    );
  }
  return feed;
};

/** Splits the name of a run; a comma inside a value is doubled. */
const fieldsOf = (text: string): string[] =>
  text
    .replaceAll(',,', '\0')
    .split(',')
    .map((field) => field.replaceAll('\0', ','));

const readValue = (field: string): [string, string] => {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(field) ?? [];
  if (name === undefined || value === undefined) {
    throw new UsageError(`${JSON.stringify(field)} is not a value of a capture: write shop=tokyo`);
  }
  return [name, value];
};

/** Runs that an operator has named: all of a feed, those of a date, or those with some values. */
export type NamedRuns = {
  readonly feed: Feed;
  readonly date?: string;
  readonly values: Readonly<Record<string, string>>;
};

/** Reads `<feed> <date> [name=value...]` or `<feed>@<date>,name=value`. */
export const readRunName = (words: readonly string[], feeds: readonly Feed[]): NamedRuns => {
  const [first = '', ...rest] = words.flatMap((word) => word.trim().split(/\s+/));
  const [head = '', ...fields] = fieldsOf(first);
  const [name = '', ...dates] = head.split('@');
  const feed = findFeed(feeds, name);
  const [date, ...tooMany] = [...dates, ...rest.filter((word) => !word.includes('='))].map((text) =>
    readDateOf(feed, text),
  );
  if (tooMany.length > 0) {
    throw new UsageError(`A run has one date, not ${tooMany.length + 1}: ${words.join(' ')}`);
  }
  const values = Object.fromEntries([...fields, ...rest.filter((word) => word.includes('='))].map(readValue));
  const known = hasRunForEachObject(feed) ? ['object'] : feed.captures;
  for (const unknown of Object.keys(values).filter((value) => !known.includes(value))) {
    throw new UsageError(
      `Feed ${feed.name} has no capture ${unknown}${known.length === 0 ? '' : `; it has ${known.join(', ')}`}`,
    );
  }
  return { feed, ...(date === undefined ? {} : { date }), values };
};

/** Tells whether a run is one of the named ones. */
export const isNamed = ({ date, values }: NamedRuns, run: RunKey): boolean =>
  (date === undefined || run.date === undefined || run.date.startsWith(date)) &&
  Object.entries(values).every(([name, value]) => run.values[name] === value);

/** The dates from one to another, both included. */
export type DateRange = { readonly from: string; readonly to: string };

/**
 * Reads a range of dates. It ends today in the zone unless the last date is given.
 *
 * @param days - the length of the range when the first date is not given
 */
export const readRange = (
  { from, to }: { readonly from: string | undefined; readonly to: string | undefined },
  days: number,
  now: Date,
  timeZone: string,
): DateRange => {
  const last = to === undefined ? localDateOf(now, timeZone, 'dd') : readDate(to);
  const first = from === undefined ? nextDate(dayPart(last), 1 - days) : readDate(from);
  if (first > `${last}~`) {
    throw new UsageError(`--from ${first} comes after --to ${last}`);
  }
  return { from: first, to: last };
};
