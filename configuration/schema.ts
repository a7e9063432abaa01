/**
 * The shape of `breakaway.config.ts`: the fields, and the type and range of each.
 * `check-configuration.ts` validates what the values mean together.
 */
import * as z from 'zod';
import type { UserConfig, UserWeekday } from './define.ts';
import { repair, repairsFor } from './repair.ts';
import { emr } from './schema-emr.ts';
import { feed } from './schema-feed.ts';
import { strict, text } from './schema-fields.ts';
import { uis } from './schema-uis.ts';
import { describePlace, valueAt } from './setting-path.ts';

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const satisfies readonly UserWeekday[];

const calendar = strict({
  weekdays: z
    .array(z.enum(WEEKDAYS, `must be one of ${WEEKDAYS.join(', ')}`), `must be a list of ${WEEKDAYS.join(', ')}`)
    .optional(),
  holidays: z
    .union([text, z.array(text, 'must be a string')], 'must be a list of dates, or the path of a file with them')
    .optional(),
});

const ALL_OR_NAMES = "must be 'all' or a list of names";

const userConfig = strict({
  timeZone: text,
  feeds: z.array(feed, 'must be a list of feeds'),
  calendars: z.record(z.string(), calendar, 'must be an object of calendars').optional(),
  queues: strict({
    count: z.union([z.literal('all'), z.array(z.string())], ALL_OR_NAMES).optional(),
    remindEvery: text.optional(),
    alarmAfter: strict({
      SUBMITTED: text.optional(),
      PENDING: text.optional(),
      RUNNABLE: text.optional(),
      STARTING: text.optional(),
      RUNNING: text.optional(),
    }).optional(),
  }).optional(),
  emr: emr.optional(),
  uis: uis.optional(),
  logGroups: z.array(text, 'must be a list of log groups').optional(),
}) satisfies z.ZodType<UserConfig>;

/**
 * The parts of the configuration that have the right shape, and the problems of the other parts.
 */
export type ShapeReading = {
  /** The parts with the right shape; `undefined` when too little is left to validate. */
  readonly config: UserConfig | undefined;
  readonly problems: readonly string[];
  /**
   * Names of feeds that lack a slot in `config` because of its shape. Nothing follows from its
   * absence.
   */
  readonly incomplete: ReadonlySet<string>;
};

/** Writes a value, or for an object its kind. */
const describeValue = (value: unknown): string => {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'bigint':
      return `${value}n`;
    case 'object':
      return value === null ? 'null' : `${Array.isArray(value) ? 'a list' : 'an object'}`;
    case 'function':
      return 'a function';
    default:
      return String(value);
  }
};

const describeIssue = (data: unknown, { code, path, message }: z.core.$ZodIssue): string => {
  const value = valueAt(data, path);
  const place = describePlace(data, path);
  if (code === 'unrecognized_keys') {
    return `${place}: ${message}`;
  }
  if (value === undefined) {
    return `${place}: is missing, ${message}`;
  }
  // Where the problem is in the contents of an object, its kind does not help.
  const isOfContents = typeof value === 'object' && value !== null && !/^invalid_(?:type|value)$/.test(code);

  return `${place}: ${message}${isOfContents ? '' : `, not ${describeValue(value)}`}`;
};

const LOST_KEY = '__proto__';

/** Finds all objects with an own key that is called `__proto__`. */
const placesOfLostKeys = (
  data: unknown,
  path: readonly PropertyKey[] = [],
  seen = new Set<unknown>(),
): (readonly PropertyKey[])[] => {
  if (typeof data !== 'object' || data === null || seen.has(data)) {
    return [];
  }
  seen.add(data);
  const entries: (readonly [PropertyKey, unknown])[] = Array.isArray(data)
    ? Array.from(data.entries())
    : Object.entries(data).filter(([key]) => key !== LOST_KEY);

  return [
    ...(Object.hasOwn(data, LOST_KEY) ? [path] : []),
    ...entries.flatMap(([key, value]) => placesOfLostKeys(value, [...path, key], seen)),
  ];
};

/**
 * Reports keys that zod drops silently from a record. Zod itself reports such a key of an object.
 */
const lostKeys = (data: unknown, issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] => {
  const told = new Set(
    issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys' && issue.keys.includes(LOST_KEY) ? [JSON.stringify(issue.path)] : [],
    ),
  );

  return placesOfLostKeys(data)
    .filter((path) => !told.has(JSON.stringify(path)))
    .map((path) => ({
      code: 'unrecognized_keys',
      keys: [LOST_KEY],
      path: [...path],
      message: `unknown key ${LOST_KEY}`,
    }));
};

/** Fields of a slot on which no other setting depends. */
const MINOR_FIELDS: readonly (PropertyKey | undefined)[] = ['min', 'minBytes', 'optional', 'offset'];

const incompleteFeed = (data: unknown, [root, index, field, , minor]: readonly PropertyKey[]): string[] => {
  const isIncomplete = root === 'feeds' && field === 'slots' && !MINOR_FIELDS.includes(minor);
  const name = isIncomplete && index !== undefined && valueAt(data, [root, index, 'name']);

  return typeof name === 'string' ? [name] : [];
};

/**
 * Reads the configuration of a user as far as its shape goes.
 *
 * A wrong field does not hide problems elsewhere: it is reported and removed, and the rest is read.
 */
export const readShape = (data: unknown): ShapeReading => {
  const read = userConfig.safeParse(data);
  const ofShape = read.error?.issues ?? [];
  const issues = [...ofShape, ...lostKeys(data, ofShape)];
  if (read.success && issues.length === 0) {
    return { config: read.data, problems: [], incomplete: new Set() };
  }
  const problems = Array.from(new Set(issues.map((issue) => describeIssue(data, issue))));
  const incomplete = issues.flatMap(({ path }) => incompleteFeed(data, path));
  const repaired = repair(
    data,
    issues.flatMap((issue) => repairsFor(data, issue)),
  );
  if (repaired === undefined) {
    return { config: undefined, problems, incomplete: new Set(incomplete) };
  }
  const rest = readShape(repaired);

  return { config: rest.config, problems, incomplete: new Set([...incomplete, ...rest.incomplete]) };
};
