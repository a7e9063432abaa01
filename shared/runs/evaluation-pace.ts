/** When a run is evaluated again although nothing touched it: a lost event costs at most this long. Pure. */

import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../durations.ts';
import { startOf } from '../feeds/business-dates.ts';
import type { Feed } from '../feeds/feed.ts';
import { later } from '../instants.ts';
import type { MissingSlot } from './observe-run.ts';
import type { Run } from './run.ts';
import { rangeOf } from './run-range.ts';

/** A run of a date that began less than two days ago is expected now. */
const CURRENT_MS = 2 * DAY_MS;
const CURRENT_EVERY_MS = 5 * MINUTE_MS;
const OPEN_EVERY_MS = HOUR_MS;
const ENDED_EVERY_MS = 6 * HOUR_MS;

/** A run that waits for longer than this is evaluated only when it is touched. */
const YOUNG_MS = 14 * DAY_MS;

const SHORTEST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 20 * SECOND_MS;

/** Returns how long evaluations of a run are apart while files pour in: three times as long as the last one took. */
export const pauseAfter = (tookMs: number): number =>
  Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, 3 * tookMs));

const earliest = (times: readonly (Date | undefined)[]): Date | undefined =>
  times.filter((at) => at !== undefined).sort((one, other) => one.getTime() - other.getTime())[0];

/** Returns when the slots that only wait for a time are filled; `undefined` where another slot is missing too. */
export const timesUntil = (missing: readonly MissingSlot[]): Date | undefined => {
  const times = missing.flatMap(({ at }) => at ?? []);
  return times.length === 0 || times.length < missing.length
    ? undefined
    : new Date(Math.max(...times.map((at) => at.getTime())));
};

/** Returns when a waiting run is evaluated again; `undefined` for a run that is too old. */
export const nextOfWaiting = (
  run: Pick<Run, 'key' | 'openedAt'>,
  feed: Feed | undefined,
  missing: readonly MissingSlot[],
  now: Date,
): Date | undefined => {
  const until = timesUntil(missing);
  if (until !== undefined) {
    return until;
  }
  if (now.getTime() - run.openedAt.getTime() > YOUNG_MS) {
    return undefined;
  }
  const { date } = run.key;
  const isCurrent =
    feed !== undefined && date !== undefined && now.getTime() - startOf(date, feed.timeZone).getTime() < CURRENT_MS;
  return earliest([later(now, isCurrent ? CURRENT_EVERY_MS : OPEN_EVERY_MS), ...missing.map(({ at }) => at)]);
};

/** Returns when a run with a manifest is compared again; `undefined` where a change would lead to nothing. */
export const nextOfEnded = (run: Pick<Run, 'key' | 'state'>, feed: Feed | undefined, now: Date): Date | undefined => {
  const isFollowed = feed !== undefined && feed.onOverwrite !== 'ignore' && run.state !== 'refused' && !feed.shadow;
  return isFollowed && rangeOf(feed, run.key, now).kind === 'in range' && run.key.date !== undefined
    ? later(now, ENDED_EVERY_MS)
    : undefined;
};
