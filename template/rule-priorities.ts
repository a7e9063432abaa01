/** Priorities of load balancer rules, which no two rules of a listener may share, not even for a moment. */
import { createHash } from 'node:crypto';

const HASH_BYTES = 6;

/**
 * Gives each name a priority that does not depend on the others, but where two would have the same.
 *
 * Numbered one after the other, rules would move up when one is taken out, and CloudFormation changes them in no order: a rule would get a priority
 * that another still has, which is an error.
 *
 * @param names - not more than there are priorities
 * @param range - first and last
 */
export const rulePriorities = (
  names: readonly string[],
  [from, to]: readonly [number, number],
): ReadonlyMap<string, number> => {
  const taken = new Map<number, string>();
  const size = to - from + 1;
  for (const name of names.toSorted()) {
    let offset = createHash('sha256').update(name).digest().readUIntBE(0, HASH_BYTES) % size;
    while (taken.has(from + offset)) {
      offset = (offset + 1) % size;
    }
    taken.set(from + offset, name);
  }
  return new Map([...taken].map(([priority, name]) => [name, priority]));
};
