/**
 * The notes of failures in the ledger table, kept for two weeks.
 *
 * | item | pk | sk |
 * | --- | --- | --- |
 * | failures of a queue in a window of time | `FAILURES#<queue>` | beginning of the window |
 * | jobs that never started because a job failed | `CASCADE#<job id>` | `CASCADE` |
 */
import { createHash } from 'node:crypto';
import { SECOND_MS } from '../durations.ts';
import { isFields } from '../fields.ts';
import {
  attributeExists,
  attributeNotExists,
  type Change,
  type Condition,
  contains,
  or,
  sizeIsLess,
} from './expressions.ts';
import { textsIn } from './item-attributes.ts';
import { createTable, type Item, type Key } from './table.ts';

/** A failure that was only counted. */
export type CountedFailure = { readonly id: string; readonly title: string; readonly link: string };

export type FailureNotes = {
  takePlace(queue: string, window: Date, id: string, places: number, signal: AbortSignal): Promise<number | undefined>;
  addToBurst(
    queue: string,
    window: Date,
    failures: readonly CountedFailure[],
    samples: number,
    signal: AbortSignal,
  ): Promise<{ count: number; isAll: boolean; samples: CountedFailure[] }>;
  notedAmong(
    queue: string,
    window: Date,
    ids: readonly string[],
    signal: AbortSignal,
  ): Promise<{ counted: Set<string>; placed: Set<string> }>;
  addCascaded(dependency: string, jobs: readonly string[], signal: AbortSignal): Promise<void>;
  takeCascaded(dependency: string, signal: AbortSignal): Promise<Set<string>>;
  readCascaded(dependency: string, signal: AbortSignal): Promise<{ jobs: Set<string>; notified: Set<string> }>;
};

const DAYS_KEPT = 14;
const DAY_SECONDS = 86_400;

/** An item holds 400 KB. These fill half of it: hashes of 11 characters, and ids of jobs. */
const MAX_COUNTED = 20_000;
const MAX_CASCADED = 2_000;

/** Hashes an id to 11 characters, since one item holds thousands. A collision is improbable. */
const hashOf = (id: string): string => createHash('sha256').update(id).digest('base64url').slice(0, 11);

const windowKey = (queue: string, window: Date): Key => ({ pk: `FAILURES#${queue}`, sk: window.toISOString() });

const cascadedKey = (dependency: string): Key => ({ pk: `CASCADE#${dependency}`, sk: 'CASCADE' });

const isSample = (value: unknown): value is CountedFailure =>
  isFields(value) && ['id', 'title', 'link'].every((name) => typeof value[name] === 'string');

const samplesIn = ({ samples }: Item): CountedFailure[] => {
  const valid = Array.isArray(samples) ? samples.filter(isSample) : [];
  // If the first answer of a write was lost, the SDK sent it again and stored its samples twice.
  return [...new Map(valid.map((sample) => [sample.id, sample])).values()];
};

const countIn = (item: Item): number => {
  const counted = textsIn(item, 'counted');
  const placed = [...textsIn(item, 'placed')].filter((id) => counted.has(hashOf(id)));
  return counted.size - placed.length;
};

/** The attribute does not exist yet or has fewer members. */
const hasRoom = (attribute: string, size: number): Condition =>
  or(attributeNotExists(attribute), sizeIsLess(attribute, size));

/** Opens the notes of failures. */
export const createFailureNotes = ({
  tableName,
  now,
}: {
  readonly tableName: string;
  readonly now: () => Date;
}): FailureNotes => {
  const table = createTable({ tableName });

  /** Makes a change if its condition holds. Returns the newest item in both cases. */
  const update = async (key: Key, change: Change, condition: Condition, signal: AbortSignal) => {
    const { kind, item = {} } = await table.update({ key, change, condition, returning: 'ALL_NEW' }, signal);
    return { isMade: kind === 'written', item };
  };

  const expiry = () => ({ expiresAt: Math.ceil(now().getTime() / SECOND_MS) + DAYS_KEPT * DAY_SECONDS });

  return {
    takePlace: async (queue, window, id, places, signal) => {
      const { isMade, item } = await update(
        windowKey(queue, window),
        { add: { placed: new Set([id]) }, set: expiry() },
        or(attributeNotExists('placed'), contains('placed', id), sizeIsLess('placed', places)),
        signal,
      );
      return isMade ? textsIn(item, 'placed').size : undefined;
    },

    addToBurst: async (queue, window, failures, most, signal) => {
      const key = windowKey(queue, window);
      const hashes = new Set(failures.map(({ id }) => hashOf(id)));
      const change = { add: { counted: hashes }, set: expiry() };
      const { isMade, item } = await update(key, change, hasRoom('counted', MAX_COUNTED), signal);

      const samples = samplesIn(item);
      const known = new Set([...samples.map(({ id }) => id), ...textsIn(item, 'placed')]);
      const fresh = failures.filter(({ id }) => !known.has(id)).slice(0, most - samples.length);
      const newest =
        fresh.length === 0
          ? item
          : (await update(key, { append: { samples: fresh } }, hasRoom('samples', most), signal)).item;
      return { count: countIn(newest), isAll: isMade, samples: samplesIn(newest).slice(0, most) };
    },

    notedAmong: async (queue, window, ids, signal) => {
      const item = await table.get(windowKey(queue, window), signal);
      const [placed, counted] = [textsIn(item, 'placed'), textsIn(item, 'counted')];
      return {
        counted: new Set(ids.filter((id) => counted.has(hashOf(id)) && !placed.has(id))),
        placed: new Set(ids.filter((id) => placed.has(id))),
      };
    },

    addCascaded: async (dependency, jobs, signal) => {
      // Jobs for which the item has no room are not counted: the message says "at least".
      const change = { add: { jobs: new Set(jobs) }, set: expiry() };
      await update(cascadedKey(dependency), change, hasRoom('jobs', MAX_CASCADED), signal);
    },

    takeCascaded: async (dependency, signal) => {
      const change = { copy: { notified: 'jobs' } };
      const { item } = await update(cascadedKey(dependency), change, attributeExists('jobs'), signal);
      return textsIn(item, 'jobs');
    },

    readCascaded: async (dependency, signal) => {
      const item = await table.get(cascadedKey(dependency), signal);
      return { jobs: textsIn(item, 'jobs'), notified: textsIn(item, 'notified') };
    },
  };
};
