/**
 * Repairs data by removing or replacing the fields that have problems, so that the rest can be
 * read.
 */
import type * as z from 'zod';
import { valueAt } from './setting-path.ts';

/** Values for required fields that cannot be read, so that the rest of their feed can be read. */
const STAND_INS: Readonly<Record<string, (index: number) => unknown>> = {
  timeZone: () => 'UTC',
  feeds: () => [],
  'feeds.#.name': (index) => String(index + 1),
  'feeds.#.slots': () => ({}),
  'feeds.#.job': () => ({ batch: { queue: 'unknown', definition: 'unknown' } }),
  'feeds.#.job.batch': () => ({ queue: 'unknown', definition: 'unknown' }),
  'feeds.#.job.batch.queue': () => 'unknown',
  'feeds.#.job.batch.definition': () => 'unknown',
};

/** A value for a path in the data; `undefined` removes the value that is there. */
type Repair = { readonly path: readonly PropertyKey[]; readonly value: unknown };

/** Lists the repairs that remove the cause of a problem. */
export const repairsFor = (data: unknown, issue: z.core.$ZodIssue): Repair[] => {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...issue.path, key], value: undefined }));
  }
  const { path } = issue;
  const standIn = STAND_INS[path.map((key) => (typeof key === 'number' ? '#' : String(key))).join('.')];
  if (standIn !== undefined) {
    return [{ path, value: standIn(Number(path[1])) }];
  }
  // A missing value cannot be removed, but the object that needs it can.
  return [{ path: valueAt(data, path) === undefined ? path.slice(0, -1) : path, value: undefined }];
};

/** Copies data with repairs. A list closes the gap of an entry that is removed. */
export const repair = (data: unknown, repairs: readonly Repair[]): unknown => {
  const whole = repairs.find(({ path }) => path.length === 0);
  if (whole !== undefined) {
    return whole.value;
  }
  if (repairs.length === 0 || typeof data !== 'object' || data === null) {
    return data;
  }
  const keys = new Set([...Object.keys(data), ...repairs.map(({ path: [key] }) => String(key))]);
  const entries = Array.from(keys).flatMap((key) => {
    const inside = repairs
      .filter(({ path: [first] }) => String(first) === key)
      .map(({ path: [, ...path], value }) => ({ path, value }));
    const repaired = repair(valueAt(data, [key]), inside);
    return repaired === undefined ? [] : [[key, repaired] as const];
  });

  return Array.isArray(data) ? entries.map(([, value]) => value) : Object.fromEntries(entries);
};
