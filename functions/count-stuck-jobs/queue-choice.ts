/** Which queues are counted, and in which order. */
import { fitsPattern } from '../../shared/name-pattern.ts';

/** `all`, or names and patterns (`etl-*`). */
export type Counted = 'all' | readonly string[];

export type QueueChoice = {
  readonly queues: readonly string[];
  /** Named in the configuration, and not there. */
  readonly missing: readonly string[];
};

/**
 * Chooses the queues to count.
 *
 * @param existing - every queue that there is
 * @param first - those to begin with, because a tick before had no time for them
 */
export const chooseQueues = (counted: Counted, existing: readonly string[], first: readonly string[]): QueueChoice => {
  const chosen =
    counted === 'all' ? existing : existing.filter((name) => counted.some((pattern) => fitsPattern(name, pattern)));
  const turn = (name: string): number => {
    const position = first.indexOf(name);
    return position === -1 ? first.length : position;
  };
  return {
    queues: chosen.toSorted((one, other) => turn(one) - turn(other)),
    missing: counted === 'all' ? [] : counted.filter((name) => !name.includes('*') && !existing.includes(name)),
  };
};
