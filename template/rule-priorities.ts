/**
 * Priorities of load balancer rules. No two rules of a listener may have the same priority at any
 * time.
 */
import { createHash } from 'node:crypto';

const HASH_BYTES = 6;

/**
 * Gives each name a priority that does not depend on the other names, except in a collision.
 *
 * With consecutive numbers, rules would move up when one is removed. CloudFormation changes them in
 * any order, so a rule would get a priority that another rule still has, which is an error.
 *
 * @param names - At most as many as there are priorities.
 * @param range - The first and the last priority.
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
