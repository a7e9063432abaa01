/** Limits the rate of calls, for any number of callers. */
import { SECOND_MS } from './durations.ts';

/** Resolves when it is the caller's turn. */
export type Pace = () => Promise<void>;

export type PacePorts = {
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
};

/**
 * Makes a pace. Callers get their turns in order, evenly spaced, at most `perSecond` in any second.
 *
 * @param perSecond - above 0; `Infinity` means no limit
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
