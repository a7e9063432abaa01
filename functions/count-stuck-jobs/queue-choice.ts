/** Chooses the queues to count, and their order. */
import { fitsPattern } from '../../shared/name-pattern.ts';

/** `all`, or names and patterns (`etl-*`). */
export type CountedQueues = 'all' | readonly string[];

export type QueueChoice<Queue> = {
  readonly queues: readonly Queue[];
  /** Names of the configuration that no queue has. */
  readonly missing: readonly string[];
};

/**
 * Chooses the queues to count.
 *
 * @param existing - all queues
 * @param first - the queues to begin with, which the tick before had no time for
 */
export const chooseQueues = <Queue extends { readonly name: string }>(
  counted: CountedQueues,
  existing: readonly Queue[],
  first: readonly string[],
): QueueChoice<Queue> => {
  const names = existing.map(({ name }) => name);
  const chosen =
    counted === 'all' ? existing : existing.filter(({ name }) => counted.some((pattern) => fitsPattern(name, pattern)));
  const turn = ({ name }: Queue): number => {
    const position = first.indexOf(name);
    return position === -1 ? first.length : position;
  };
  return {
    queues: chosen.toSorted((one, other) => turn(one) - turn(other)),
    missing: counted === 'all' ? [] : counted.filter((name) => !name.includes('*') && !names.includes(name)),
  };
};
