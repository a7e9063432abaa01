/** Which dates of a feed are processed at once, later, or only after a person agreed. Pure. */
import { nextDate, startOf } from '../feeds/business-dates.ts';
import { firstDateOf } from '../feeds/dependents.ts';
import type { Feed } from '../feeds/feed.ts';
import type { RunKey } from '../feeds/run-key.ts';
import { localDateOf } from '../feeds/zoned-time.ts';

const DAY = '2026-11-22'.length;

export type RunRange =
  | { readonly kind: 'in range' }
  /** Older than the feed looks back to: a few of them run at once, many wait for a person. */
  | { readonly kind: 'old' }
  /** Before the first date of the feed. */
  | { readonly kind: 'before since'; readonly since: string }
  /** Too far ahead: the run is evaluated again when it comes into range. */
  | { readonly kind: 'ahead'; readonly from: Date };

/** Returns where the date of a run lies. A run without a date is in range. */
export const rangeOf = (feed: Feed, { date }: RunKey, now: Date): RunRange => {
  if (date === undefined) {
    return { kind: 'in range' };
  }
  const { ahead, since, timeZone } = feed;
  const day = date.slice(0, DAY);
  if (since !== undefined && day < since.slice(0, day.length)) {
    return { kind: 'before since', since };
  }
  const today = localDateOf(now, timeZone, 'dd');
  const last = nextDate(today, ahead);
  if (day > last.slice(0, day.length)) {
    return {
      kind: 'ahead',
      from: startOf(nextDate(`${day}${'-01'.repeat((DAY - day.length) / 3)}`, -ahead), timeZone),
    };
  }
  return day < firstDateOf(feed, now).slice(0, day.length) ? { kind: 'old' } : { kind: 'in range' };
};
