/** What is wrong with when the runs of a feed are expected. */
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

/** The ledger keeps which of them are late in one item, of 400 KB; more would also take longer to look at than there is between two looks. */
export const MAX_EXPECTED = 2_000;

const hasTime = ({ slots }: Feed): boolean => slots.some(({ kind }) => kind === 'time');

const isFinerThanDays = (unit: DateUnit): boolean => unit === 'HH' || unit === 'mm';

const valueProblems = ({ values = {} }: UserFeed, { captures }: Feed): string[] =>
  Object.entries(values).flatMap(([name, listed]) => {
    const place = `values of ${name}`;
    if (!captures.includes(name)) {
      return [`${place}: {${name}} is no capture of the feed${didYouMean(name, captures)}`];
    }
    return [
      ...(listed.length === 0 ? [`${place}: the list is empty, so there would be no run`] : []),
      ...listed.flatMap((value) =>
        value === '' || value.includes('/') ? [`${place}: "${value}" cannot be captured: not empty, and no "/"`] : [],
      ),
      ...(new Set(listed).size < listed.length ? [`${place}: a value stands there twice`] : []),
    ];
  });

/** Finds out whether more runs are expected at a time than can be looked for. */
const expectedProblems = (feed: Feed): string[] => {
  const { dateUnit = 'dd', lookback, captures, values } = feed;
  const aDay: Readonly<Record<DateUnit, number>> = { yyyy: 1, MM: 1, dd: 1, HH: 24, mm: 24 * 60 };
  const ofTimes = feed.slots.flatMap((slot) =>
    slot.kind === 'time' ? [slot.at.hours.length * slot.at.minutes.length] : [],
  );
  const dates = (lookback + 1) * Math.min(aDay[dateUnit], ...ofTimes);
  // Of a capture whose values are not listed, no run is expected.
  const runs = captures.reduce((count, name) => count * (values[name]?.length ?? 0), dates);

  return runs > MAX_EXPECTED
    ? [
        `lookback: ${runs.toLocaleString('en')} runs would be looked for all the time, at most ${MAX_EXPECTED.toLocaleString('en')} can be: lower it, or list fewer values`,
      ]
    : [];
};

const needsProblems = (feed: Feed): string[] => {
  const { dateUnit, captures, values } = feed;
  if (dateUnit === undefined) {
    return ['due: the runs have no date that it could belong to'];
  }
  const unlisted = captures.filter((name) => values[name] === undefined);
  const isUnknown = dateUnit === 'mm' && !hasTime(feed);

  return [
    ...unlisted.map(
      (name) => `due: needs the values of ${name} (values: { ${name}: ['…'] }), or nobody knows what is due`,
    ),
    ...(isUnknown ? ['due: which minutes of a day have a run cannot be told, add a slot with their times (at)'] : []),
  ];
};

/** A date of each fineness, on which no clocks are changed. */
const EXAMPLES: Readonly<Record<DateUnit, string>> = {
  yyyy: '2025',
  MM: '2025-01',
  dd: '2025-01-01',
  HH: '2025-01-01T00',
  mm: '2025-01-01T00:00',
};

/** Finds out whether a moment comes while its date is still looked for. */
const orderProblems = ({ due, cutOff, dateUnit = 'dd', lookback }: Feed): string[] => {
  const date = EXAMPLES[dateUnit];
  const unit = isFinerThanDays(dateUnit) ? 'dd' : dateUnit;
  const end = startOf(nextDate(EXAMPLES[unit], lookback + 1), 'UTC');
  const dueAt = due && momentOf(due, date, 'UTC');
  const cutOffAt = cutOff && momentOf(cutOff, date, 'UTC');
  const late = [...(dueAt && dueAt >= end ? ['due'] : []), ...(cutOffAt && cutOffAt > end ? ['cutOff'] : [])];

  return [
    ...late.map((name) => `${name}: comes when its date is not looked for any more: lookback is ${lookback}, raise it`),
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
          `${name}: a time of day belongs to a day, and the runs are by ${dateUnit === 'HH' ? 'hour' : 'minute'}: write the time since the date started, as in +90m`,
        ]
      : [];
  });

/** Settings that change nothing as long as another is missing: that they are there is most likely a mistake. */
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
      ? ['catchUp: has no effect on a feed that waits for more than a time']
      : []),
    ...(userFeed.due !== undefined && isByTimeOnly
      ? ['due: has no effect on a feed that waits for nothing but a time, which nothing can delay']
      : []),
  ];
};

const calendarProblems = ({ calendar, dateUnit }: Feed, calendars: Readonly<Record<string, Calendar>>): string[] => {
  if (calendar === undefined) {
    return [];
  }
  if (!Object.hasOwn(calendars, calendar)) {
    return [`calendar: there is none that is called "${calendar}"${didYouMean(calendar, Object.keys(calendars))}`];
  }
  return dateUnit !== undefined && DATE_UNITS.indexOf(dateUnit) < DATE_UNITS.indexOf('dd')
    ? ['calendar: tells days apart, and the runs are by month or year']
    : [];
};

const timeProblems = (feed: Feed): string[] => {
  const times = feed.slots.filter(({ kind }) => kind === 'time');
  if (times.length > 0 && feed.dateUnit === undefined) {
    return ['slots: a time comes once for each date, and the runs have none'];
  }
  return times.length > 1 && times.length === feed.slots.length
    ? ['slots: a feed that waits for nothing but a time has one such slot: list the times in one crontab expression']
    : [];
};

/**
 * Lists what is wrong with when the runs of a feed are expected.
 *
 * @param isKnown - Whether it is known what tells the runs apart; what depends on that is not asked for otherwise.
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
    ...(since === undefined || isDay(since) ? [] : [`since: "${since}" is no date: write it as 2026-11-22`]),
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
