/** The start times and due times of all feeds on one day. Pure. */
import type { Configuration } from '../../configuration/configuration.ts';
import { DAY_MS, MINUTE_MS } from '../../shared/durations.ts';
import { datesBetween, isBusinessDate, nextDate, startOf } from '../../shared/feeds/business-dates.ts';
import { momentOf } from '../../shared/feeds/due.ts';
import type { Feed, Moment } from '../../shared/feeds/feed.ts';
import { nominalTimesBetween } from '../../shared/feeds/schedule-times.ts';
import { localDateOf, localTimeAt } from '../../shared/feeds/zoned-time.ts';

export type DayMark = {
  readonly kind: 'start' | 'due';
  /** Minutes after midnight in the time zone of the configuration. */
  readonly minutes: number;
  /** The date of the run that starts or is due. */
  readonly date: string;
};

export type DayRow = { readonly feed: string; readonly marks: readonly DayMark[] };

export type Day = {
  readonly date: string;
  readonly timeZone: string;
  readonly rows: readonly DayRow[];
  /** The feeds without a start time and due time on the day. */
  readonly others: readonly string[];
};

type Window = { readonly date: string; readonly from: Date; readonly to: Date; readonly timeZone: string };

const minutesIn = ({ date, timeZone }: Window, at: Date): number =>
  Math.round((localTimeAt(at, timeZone) - Date.parse(`${date}T00:00:00Z`)) / MINUTE_MS);

const startsOf = (feed: Feed, window: Window): DayMark[] =>
  feed.slots.flatMap((slot) =>
    slot.kind === 'time'
      ? nominalTimesBetween(
          slot.at,
          feed.dateUnit ?? 'dd',
          new Date(window.from.getTime() - 1),
          new Date(window.to.getTime() - 1),
          feed.timeZone,
        ).map(({ date, at }): DayMark => ({ kind: 'start', minutes: minutesIn(window, at), date }))
      : [],
  );

/** The longest time from the start of a date to its due time, across a change of clocks. */
const maxDelayOf = (due: Moment): number => (due.kind === 'offset' ? due.ms : (due.days + 1) * DAY_MS) + DAY_MS;

const duesOf = (feed: Feed, window: Window, { calendars }: Configuration): DayMark[] => {
  const { due, dateUnit } = feed;
  if (due === undefined || dateUnit === undefined) {
    return [];
  }
  const calendar = feed.calendar === undefined ? undefined : calendars[feed.calendar];
  const first = localDateOf(new Date(window.from.getTime() - maxDelayOf(due)), feed.timeZone, dateUnit);

  return datesBetween(first, localDateOf(window.to, feed.timeZone, dateUnit))
    .filter((date) => isBusinessDate(date, calendar))
    .map((date) => ({ date, at: momentOf(due, date, feed.timeZone) }))
    .filter(({ at }) => at >= window.from && at < window.to)
    .map(({ date, at }): DayMark => ({ kind: 'due', minutes: minutesIn(window, at), date }));
};

/** Lists the start times and due times of a day such as `2026-11-22`, the earliest first. */
export const dayOf = (configuration: Configuration, date: string): Day => {
  const { feeds, timeZone } = configuration;
  const window: Window = { date, from: startOf(date, timeZone), to: startOf(nextDate(date, 1), timeZone), timeZone };
  const rows = feeds.map((feed) => ({
    feed: feed.name,
    marks: [...startsOf(feed, window), ...duesOf(feed, window, configuration)].toSorted(
      (one, other) => one.minutes - other.minutes,
    ),
  }));
  const first = ({ marks }: DayRow): number => marks[0]?.minutes ?? DAY_MS;

  return {
    date,
    timeZone,
    rows: rows.filter(({ marks }) => marks.length > 0).toSorted((one, other) => first(one) - first(other)),
    others: rows.filter(({ marks }) => marks.length === 0).map(({ feed }) => feed),
  };
};
