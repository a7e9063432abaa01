/** Keeps calls to so many a second, however many callers there are. */

import { SECOND_MS } from './durations.ts';

/** Resolves when it is the caller's turn. */
export type Pace = () => Promise<void>;

export type PacePorts = {
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
};

/**
 * Makes a pace: turns are given in the order in which they were asked for, evenly spaced, so that no second sees more than `perSecond` of them.
 *
 * @param perSecond - above 0; `Infinity` makes nobody wait
 */
export const createPace = (perSecond: number, { now, sleep }: PacePorts): Pace => {
  const spacingMs = SECOND_MS / perSecond;
  let nextTurn = Number.NEGATIVE_INFINITY;

  return async () => {
    const turn = Math.max(now(), nextTurn);
    nextTurn = turn + spacingMs;
    const waitMs = turn - now();
    if (waitMs > 0) {
      await sleep(waitMs);
    }
  };
};
