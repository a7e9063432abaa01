/** What is listed in S3 for arrivals whose event was lost, and what of it counts. Pure. */

import { datesBetween, nextDate, startOf } from '../../shared/feeds/business-dates.ts';
import { firstDateOf } from '../../shared/feeds/dependents.ts';
import type { Feed } from '../../shared/feeds/feed.ts';
import { fileSlotsOf } from '../../shared/feeds/file-slots.ts';
import { keyPrefixes } from '../../shared/feeds/key-prefixes.ts';
import type { Match } from '../../shared/feeds/match-feeds.ts';
import { localDateOf } from '../../shared/feeds/zoned-time.ts';

/** What is listed by one series of requests. */
export type Place = { readonly bucket: string; readonly prefix: string };

/**
 * `current`: the keys of today and tomorrow. `open`: those of the earlier dates that are open. `wide`: everything that a feed ever had, which may
 * take hours to list, and must not keep the others waiting.
 */
export type Breadth = 'current' | 'open' | 'wide';

export type SearchPlan = {
  /** By bucket and prefix, none of them inside another of its breadth. */
  readonly places: Readonly<Record<Breadth, readonly Place[]>>;
  /** Tells whether an object that was written then is still waited for as a file of this run. */
  readonly isOpen: (match: Match, writtenAt: Date) => boolean;
};

/** Which files of a feed count. */
type Opening = {
  /** As fine as a day at most; absent where its runs have no date. */
  readonly dates?: ReadonlySet<string>;
  readonly isInTime: (writtenAt: Date) => boolean;
};

const DAY = '2026-11-22'.length;

/**
 * Lists the dates that are open: those that the feed looks back to, today, and tomorrow, since a provider may be early.
 *
 * Hours and minutes are left to the days that they are in: one prefix stands for all of them.
 */
const openDates = (feed: Feed, unit: NonNullable<Feed['dateUnit']>, now: Date): string[] => {
  const coarse = unit === 'yyyy' || unit === 'MM' ? unit : 'dd';
  const last = nextDate(localDateOf(now, feed.timeZone, coarse), 1);
  return datesBetween(firstDateOf(feed, now).slice(0, DAY), last);
};

/** @returns `undefined` for a feed that has not been seen yet, and does not say itself what it begins with */
const openingOf = (feed: Feed, firstSeen: Date | undefined, now: Date): Opening | undefined => {
  const { dateUnit, lookback, since, timeZone } = feed;
  if (since === undefined && firstSeen === undefined) {
    return undefined;
  }
  // What was there before the feed is history, and not lost.
  const isNew = (writtenAt: Date) => since !== undefined || (firstSeen !== undefined && writtenAt > firstSeen);
  if (dateUnit !== undefined) {
    return { dates: new Set(openDates(feed, dateUnit, now)), isInTime: isNew };
  }
  const from = startOf(nextDate(localDateOf(now, timeZone, 'dd'), -lookback), timeZone);
  const begin = since === undefined ? from : new Date(Math.max(from.getTime(), startOf(since, timeZone).getTime()));
  return { isInTime: (writtenAt) => writtenAt >= begin && isNew(writtenAt) };
};

const placesOf = (
  feed: Feed,
  { dates }: Opening,
  breadthOf: (date: string | undefined) => Breadth,
): (Place & { readonly breadth: Breadth })[] =>
  fileSlotsOf(feed).flatMap(({ template }) =>
    Array.from(dates ?? [undefined]).flatMap((date) => {
      const { prefixes, haveDate } = keyPrefixes(template, date, feed.values);
      const breadth: Breadth = haveDate ? breadthOf(date) : 'wide';
      return prefixes.map((prefix) => ({ breadth, bucket: template.bucket, prefix }));
    }),
  );

/** Orders places. By code unit, as stored cursors have to be compared in the same way on every machine. */
export const comparePlaces = (one: Place, other: Place): number => {
  const [left, right] = one.bucket === other.bucket ? [one.prefix, other.prefix] : [one.bucket, other.bucket];
  if (left === right) {
    return 0;
  }
  return left < right ? -1 : 1;
};

/** Drops what is inside another place, where it is listed anyway. */
const withoutCovered = (places: readonly Place[]): Place[] => {
  const kept: Place[] = [];
  // In this order, what is inside a place comes right after it.
  for (const place of places.toSorted(comparePlaces)) {
    const last = kept.at(-1);
    if (last === undefined || last.bucket !== place.bucket || !place.prefix.startsWith(last.prefix)) {
      kept.push({ bucket: place.bucket, prefix: place.prefix });
    }
  }
  return kept;
};

/**
 * Plans the search for lost events: the literal prefix of each file slot, for each open date.
 *
 * @param firstSeen - when each feed was first deployed
 */
export const planSearch = (feeds: readonly Feed[], firstSeen: ReadonlyMap<string, Date>, now: Date): SearchPlan => {
  const openings = new Map(
    feeds.flatMap((feed) => {
      const opening = openingOf(feed, firstSeen.get(feed.name), now);
      return opening === undefined ? [] : [[feed.name, { feed, opening }] as const];
    }),
  );

  const places = [...openings.values()].flatMap(({ feed, opening }) => {
    const today = localDateOf(now, feed.timeZone, 'dd');
    // A month or a year that has begun is current, too.
    const breadthOf = (date = today): Breadth => (date >= today.slice(0, date.length) ? 'current' : 'open');
    return placesOf(feed, opening, breadthOf);
  });
  const ofBreadth = (wanted: Breadth) => withoutCovered(places.filter(({ breadth }) => breadth === wanted));

  return {
    places: { current: ofBreadth('current'), open: ofBreadth('open'), wide: ofBreadth('wide') },
    isOpen: ({ run }, writtenAt) => {
      const opening = openings.get(run.feed)?.opening;
      if (opening === undefined || !opening.isInTime(writtenAt)) {
        return false;
      }
      return opening.dates === undefined || (run.date !== undefined && opening.dates.has(run.date.slice(0, DAY)));
    },
  };
};
