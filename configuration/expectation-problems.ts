/** Validates when the runs of a feed are expected. */
import { nextDate, startOf } from '../shared/feeds/business-dates.ts';
import { DATE_UNITS } from '../shared/feeds/dates.ts';
import { momentOf } from '../shared/feeds/due.ts';
import type { Calendar, Feed } from '../shared/feeds/feed.ts';
import type { DateUnit } from '../shared/feeds/template.ts';
import { isDay } from './calendars.ts';
import type { UserFeed } from './define-feed.ts';
import { durationProblem, REMINDER_RANGE } from './duration.ts';
import { momentProblem } from './moments.ts';
import { didYouMean } from './suggestion.ts';

/**
 * The ledger keeps the late runs of a feed in one item of at most 400 KB, and check-arrivals
 * examines all expected runs within a minute.
 */
export const MAX_EXPECTED = 2_000;

const hasTime = ({ slots }: Feed): boolean => slots.some(({ kind }) => kind === 'time');

const isFinerThanDays = (unit: DateUnit): boolean => unit === 'HH' || unit === 'mm';

const valueProblems = ({ values = {} }: UserFeed, { captures }: Feed): string[] =>
  Object.entries(values).flatMap(([name, listed]) => {
    const place = `values of ${name}`;
    if (!captures.includes(name)) {
      return [`${place}: {${name}} is not a capture of the feed${didYouMean(name, captures)}`];
    }
    return [
      ...(listed.length === 0 ? [`${place}: the list is empty, so there would be no run`] : []),
      ...listed.flatMap((value) =>
        value === '' || value.includes('/')
          ? [`${place}: "${value}" cannot be captured: a value is not empty and has no "/"`]
          : [],
      ),
      ...(new Set(listed).size < listed.length ? [`${place}: a value occurs twice`] : []),
    ];
  });

/** Checks that no more runs are expected at a time than check-arrivals can examine. */
const expectedProblems = (feed: Feed): string[] => {
  const { dateUnit = 'dd', lookback, captures, values } = feed;
  const aDay: Readonly<Record<DateUnit, number>> = { yyyy: 1, MM: 1, dd: 1, HH: 24, mm: 24 * 60 };
  const ofTimes = feed.slots.flatMap((slot) =>
    slot.kind === 'time' ? [slot.at.hours.length * slot.at.minutes.length] : [],
  );
  const dates = (lookback + 1) * Math.min(aDay[dateUnit], ...ofTimes);
  // Without listed values of a capture, no run is expected.
  const runs = captures.reduce((count, name) => count * (values[name]?.length ?? 0), dates);

  return runs > MAX_EXPECTED
    ? [
        `lookback: ${runs.toLocaleString('en')} runs would be expected at a time, and the most is ${MAX_EXPECTED.toLocaleString('en')}: lower it, or list fewer values`,
      ]
    : [];
};

const needsProblems = (feed: Feed): string[] => {
  const { dateUnit, captures, values } = feed;
  if (dateUnit === undefined) {
    return ['due: the runs have no date'];
  }
  const unlisted = captures.filter((name) => values[name] === undefined);
  const isUnknown = dateUnit === 'mm' && !hasTime(feed);

  return [
    ...unlisted.map(
      (name) =>
        `due: needs the values of ${name} (values: { ${name}: ['…'] }), since the expected runs are unknown without them`,
    ),
    ...(isUnknown ? ['due: the minutes that have a run are unknown; add a slot with their times (at)'] : []),
  ];
};

/** A date of each unit, without a change of clocks in UTC. */
const EXAMPLES: Readonly<Record<DateUnit, string>> = {
  yyyy: '2025',
  MM: '2025-01',
  dd: '2025-01-01',
  HH: '2025-01-01T00',
  mm: '2025-01-01T00:00',
};

/** Checks that the times of a date come before the date leaves `lookback`. */
const orderProblems = ({ due, cutOff, dateUnit = 'dd', lookback }: Feed): string[] => {
  const date = EXAMPLES[dateUnit];
  const unit = isFinerThanDays(dateUnit) ? 'dd' : dateUnit;
  const end = startOf(nextDate(EXAMPLES[unit], lookback + 1), 'UTC');
  const dueAt = due && momentOf(due, date, 'UTC');
  const cutOffAt = cutOff && momentOf(cutOff, date, 'UTC');
  const late = [...(dueAt && dueAt >= end ? ['due'] : []), ...(cutOffAt && cutOffAt > end ? ['cutOff'] : [])];

  return [
    ...late.map((name) => `${name}: comes after its date has left lookback, which is ${lookback}: raise it`),
    ...(dueAt && cutOffAt && cutOffAt <= dueAt ? ['cutOff: is not after due'] : []),
  ];
};

const momentProblems = (userFeed: UserFeed, { dateUnit }: Feed): string[] =>
  (['due', 'cutOff'] as const).flatMap((name) => {
    const text = userFeed[name];
    const problem = text === undefined ? undefined : momentProblem(text);
    if (problem !== undefined) {
      return [`${name}: ${problem}`];
    }
    return text !== undefined && dateUnit !== undefined && isFinerThanDays(dateUnit) && /\d:\d/.test(text)
      ? [
          `${name}: a time of day needs dates that are days, and the runs are by ${dateUnit === 'HH' ? 'hour' : 'minute'}: write a duration after the start of the date, as in +90m`,
        ]
      : [];
  });

/** Settings that have no effect without another setting, so they are probably a mistake. */
const idleProblems = (userFeed: UserFeed, feed: Feed): string[] => {
  const isByTimeOnly = feed.slots.every(({ kind }) => kind === 'time');

  return [
    ...(userFeed.cutOff !== undefined && userFeed.due === undefined ? ['cutOff: has no effect without due'] : []),
    ...(userFeed.remindEvery !== undefined && userFeed.due === undefined
      ? ['remindEvery: has no effect without due']
      : []),
    ...(userFeed.calendar !== undefined && userFeed.due === undefined && !hasTime(feed)
      ? ['calendar: has no effect without due or a time (at)']
      : []),
    ...(userFeed.catchUp !== undefined && !isByTimeOnly
      ? ['catchUp: has an effect only on a feed that waits for nothing but a time']
      : []),
    ...(userFeed.due !== undefined && isByTimeOnly
      ? ['due: has no effect on a feed that waits only for a time, since nothing can delay it']
      : []),
  ];
};

const calendarProblems = ({ calendar, dateUnit }: Feed, calendars: Readonly<Record<string, Calendar>>): string[] => {
  if (calendar === undefined) {
    return [];
  }
  if (!Object.hasOwn(calendars, calendar)) {
    return [`calendar: there is no calendar "${calendar}"${didYouMean(calendar, Object.keys(calendars))}`];
  }
  return dateUnit !== undefined && DATE_UNITS.indexOf(dateUnit) < DATE_UNITS.indexOf('dd')
    ? ['calendar: needs dates that are days, and the runs are by month or year']
    : [];
};

const timeProblems = (feed: Feed): string[] => {
  const times = feed.slots.filter(({ kind }) => kind === 'time');
  if (times.length > 0 && feed.dateUnit === undefined) {
    return ['slots: a time needs dates, and the runs have none'];
  }
  return times.length > 1 && times.length === feed.slots.length
    ? ['slots: a feed that waits only for times has one slot: write all times in one crontab expression']
    : [];
};

/**
 * Lists the problems with the times and dates at which the runs of a feed are expected.
 *
 * @param isKnown - Whether the dates and captures of the runs are known. Rules that depend on them
 * are skipped otherwise.
 */
export const expectationProblems = (
  userFeed: UserFeed,
  feed: Feed,
  isKnown: boolean,
  calendars: Readonly<Record<string, Calendar>>,
): string[] => {
  const { since, remindEvery } = userFeed;
  const remindProblem = remindEvery === undefined ? undefined : durationProblem(remindEvery, REMINDER_RANGE);

  return [
    ...momentProblems(userFeed, feed),
    ...(since === undefined || isDay(since) ? [] : [`since: "${since}" is not a date: write it as 2026-11-22`]),
    ...(remindProblem === undefined ? [] : [`remindEvery: ${remindProblem}`]),
    ...calendarProblems(feed, calendars),
    ...(isKnown
      ? [
          ...valueProblems(userFeed, feed),
          ...timeProblems(feed),
          ...idleProblems(userFeed, feed),
          ...(userFeed.due === undefined ? [] : needsProblems(feed)),
          ...(userFeed.due === undefined && !hasTime(feed) ? [] : expectedProblems(feed)),
          ...(feed.dateUnit === undefined ? [] : orderProblems(feed)),
        ]
      : []),
  ];
};
