/**
 * The shape of `breakaway.config.ts`: which fields there are, and what type and range each has. What the values mean together is held to
 * account in `check-configuration.ts`.
 */
import * as z from 'zod';
import {
  AGENT_METRICS,
  type AgentMetricName,
  CLUSTER_METRICS,
  type ClusterMetricName,
  NODE_METRICS,
  type NodeMetricName,
} from '../shared/clusters/source-metrics.ts';
import { FARGATE_PAIRS } from '../shared/placement/fargate-pairs.ts';
import type { UserConfig, UserWeekday } from './define.ts';
import type { UserFeedSlot, UserFileSlot, UserSlot, UserTimeSlot } from './define-feed.ts';
import { describePlace, valueAt } from './setting-path.ts';
import { closest, didYouMean } from './suggestion.ts';

/** Makes an object that refuses keys it does not know: a misspelt setting must not be silently without effect. */
const strict = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => `unknown key ${key}${didYouMean(key, Object.keys(shape))}`).join(', ')
        : `must be an object with ${Object.keys(shape).join(', ')}`,
  });

const text = z.string('must be a text');
const flag = z.boolean('must be true or false');
const texts = z.record(z.string(), text, 'must be an object of texts');

const wholeNumber = (least: number, most = Number.MAX_SAFE_INTEGER) => {
  const range =
    most === Number.MAX_SAFE_INTEGER
      ? `must be a whole number, at least ${least.toLocaleString('en')}`
      : `must be a whole number from ${least.toLocaleString('en')} to ${most.toLocaleString('en')}`;
  return z.int(range).min(least, range).max(most, range);
};

const fileSlot = strict({
  files: text,
  min: wholeNumber(1).optional(),
  optional: flag.optional(),
  minBytes: wholeNumber(0).optional(),
}) satisfies z.ZodType<UserFileSlot>;

const SLOTS = {
  files: fileSlot,
  feed: strict({
    feed: text,
    offset: text.optional(),
    all: z.array(text, 'must be a list of captures').optional(),
    optional: flag.optional(),
  }) satisfies z.ZodType<UserFeedSlot>,
  at: strict({ at: text }) satisfies z.ZodType<UserTimeSlot>,
} as const;

const isSlotKind = (key: string): key is keyof typeof SLOTS => Object.hasOwn(SLOTS, key);

/** Says what a slot is meant to wait for; by a misspelt key, too. */
const slotKinds = (value: unknown): (keyof typeof SLOTS)[] => {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const written = keys.filter((key) => valueAt(value, [key]) !== undefined).filter(isSlotKind);
  const meant = keys.flatMap((key) => closest(key, Object.keys(SLOTS)) ?? []).filter(isSlotKind);

  return written.length > 0 ? written : meant.slice(0, 1);
};

/** A union, of which only the one that is meant tells its problems. */
const slot = z.unknown().transform((value, context): UserSlot => {
  const [kind, another] = slotKinds(value);
  if (kind === undefined || another !== undefined) {
    const found = another === undefined ? '' : `, and this has ${kind} and ${another}: make them two slots`;
    context.addIssue({
      code: 'custom',
      message: `must have one of files (a template), feed (the name of another feed) and at (a time)${found}`,
    });
    return z.NEVER;
  }
  const read = SLOTS[kind].safeParse(value);
  if (read.success) {
    return read.data;
  }
  context.issues.push(...read.error.issues.map((issue) => ({ ...issue, input: undefined })));
  return z.NEVER;
});

const exitRule = strict({
  action: z.enum(['RETRY', 'EXIT'], 'must be RETRY or EXIT'),
  onStatusReason: text.optional(),
  onReason: text.optional(),
  onExitCode: text.optional(),
});

const FARGATE_VCPUS: readonly number[] = Array.from(new Set(FARGATE_PAIRS.map((pair) => pair.vcpus)));

const VCPUS = `must be one of ${FARGATE_VCPUS.join(', ')} (Fargate) or a whole number (EC2)`;

/** @see https://docs.aws.amazon.com/batch/latest/APIReference/API_JobTimeout.html */
const MAX_INT32 = 2_147_483_647;

const batchJob = strict({
  queue: text,
  definition: text,
  parameters: texts.optional(),
  command: z.array(text, 'must be a list of texts').optional(),
  environment: texts.optional(),
  resources: strict({
    vcpus: z
      .number(VCPUS)
      .refine((vcpus) => FARGATE_VCPUS.includes(vcpus) || (Number.isSafeInteger(vcpus) && vcpus > 0), VCPUS)
      .optional(),
    memoryMiB: wholeNumber(4).optional(),
    gpus: wholeNumber(1).optional(),
  }).optional(),
  arraySize: wholeNumber(2, 10_000).optional(),
  timeoutSeconds: wholeNumber(60, MAX_INT32).optional(),
  retry: strict({
    attempts: wholeNumber(1, 10),
    evaluateOnExit: z.array(exitRule, 'must be a list of rules').max(5, 'must have at most 5 rules').optional(),
  }).optional(),
  shareIdentifier: text.optional(),
  schedulingPriority: wholeNumber(0, 9999).optional(),
  tags: texts.optional(),
  propagateTags: flag.optional(),
});

const feed = strict({
  name: text,
  slots: z.record(z.string(), slot, 'must be an object of slots'),
  job: strict({ batch: batchJob }),
  onOverwrite: z.enum(['ignore', 'alert', 'rerun'], 'must be ignore, alert or rerun').optional(),
  outputs: z.array(text, 'must be a list of S3 URIs').optional(),
  tell: z
    .array(z.enum(['started', 'succeeded'], 'must be started or succeeded'), 'must be a list of started and succeeded')
    .optional(),
  timeZone: text.optional(),
  calendar: text.optional(),
  due: text.optional(),
  cutOff: text.optional(),
  since: text.optional(),
  lookback: wholeNumber(0, 60).optional(),
  remindEvery: text.optional(),
  catchUp: z.enum(['latest', 'all'], 'must be latest or all').optional(),
  values: z
    .record(z.string(), z.array(text, 'must be a list of texts'), 'must be an object of lists of values')
    .optional(),
  shadow: flag.optional(),
});

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const satisfies readonly UserWeekday[];

const calendar = strict({
  weekdays: z
    .array(z.enum(WEEKDAYS, `must be one of ${WEEKDAYS.join(', ')}`), `must be a list of ${WEEKDAYS.join(', ')}`)
    .optional(),
  holidays: z
    .union([text, z.array(text, 'must be a text')], 'must be a list of dates, or the path of a file with them')
    .optional(),
});

/** Makes a list of metrics of a table. */
const metricsOf = <Name extends string>(table: Readonly<Record<Name, unknown>>) =>
  z.array(
    z.custom<Name>((value) => typeof value === 'string' && Object.hasOwn(table, value), {
      error: ({ input }) =>
        `is no metric that can be published${typeof input === 'string' ? didYouMean(input, Object.keys(table)) : ''}`,
    }),
    'must be a list of metrics',
  );

const cluster = strict({
  name: text.optional(),
  pattern: text.optional(),
  tag: strict({ key: text, value: text }).optional(),
});

const emr = strict({
  clusters: z.array(cluster, 'must be a list of clusters'),
  metrics: strict({
    clusterMetrics: metricsOf<ClusterMetricName>(CLUSTER_METRICS).optional(),
    nodeMetrics: metricsOf<NodeMetricName>(NODE_METRICS).optional(),
    agentMetrics: metricsOf<AgentMetricName>(AGENT_METRICS).optional(),
    lagMinutes: wholeNumber(5, 60).optional(),
    maxNames: wholeNumber(1, 500).optional(),
    maxNodes: wholeNumber(0, 10_000).optional(),
    maxMonthlyUsd: wholeNumber(1).optional(),
    alarms: strict({
      unhealthyNodes: wholeNumber(0).optional(),
      hdfsUtilizationPercent: wholeNumber(1, 100).optional(),
    }).optional(),
  }).optional(),
});

const port = wholeNumber(1, 65_535);

const ui = strict({
  application: text.optional(),
  port: z.union(
    [port, z.record(z.string(), port).refine((ports) => Object.keys(ports).length > 0, 'names no port')],
    'must be a port from 1 to 65,535, or ports by release line',
  ),
  protocol: z.enum(['HTTP', 'HTTPS'], 'must be HTTP or HTTPS').optional(),
  primaries: z.enum(['all', 'one'], 'must be all or one').optional(),
  healthCheck: strict({ path: text, codes: text.optional() }),
  sticky: flag.optional(),
});

const SESSION_SECONDS = [1, 604_800] as const;

const oidc = strict({
  issuer: text,
  authorizationEndpoint: text,
  tokenEndpoint: text,
  userInfoEndpoint: text,
  clientId: text,
  clientSecret: strict({ secret: text, key: text }),
  scope: text.optional(),
  sessionSeconds: wholeNumber(...SESSION_SECONDS).optional(),
});

const cognito = strict({
  userPoolArn: text,
  clientId: text,
  domain: text,
  scope: text.optional(),
  sessionSeconds: wholeNumber(...SESSION_SECONDS).optional(),
});

const AUTH = "must be stated: { oidc: … }, { cognito: … }, or 'none'";

const loadBalancer = strict({
  vpc: text,
  auth: z.union([z.literal('none'), strict({ oidc }), strict({ cognito })], AUTH),
  hostName: text,
  targets: z.enum(['instance', 'ip'], 'must be instance or ip').optional(),
  internal: strict({
    subnets: z.array(text, 'must be a list of subnets'),
    admit: z.array(text, 'must be a list of networks'),
    certificates: z.array(text, 'must be a list of ARNs'),
    accessLogs: strict({ bucket: text, prefix: text.optional() }).optional(),
  }).optional(),
  existing: strict({
    httpsListener: text,
    httpListener: text.optional(),
    securityGroup: text,
    priorities: z.tuple([z.int(), z.int()], 'must be the first and the last priority'),
  }).optional(),
});

const uis = strict({
  clusters: z
    .record(z.string(), z.array(text, 'must be a list of interfaces'), 'must be an object of lists of interfaces')
    .optional(),
  define: z.record(z.string(), ui, 'must be an object of interfaces').optional(),
  loadBalancer: loadBalancer.optional(),
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

/** What has the right shape, and what does not. */
export type ShapeReading = {
  /** The parts that have the right shape; `undefined` when too little is left to look at. */
  readonly config: UserConfig | undefined;
  readonly problems: readonly string[];
  /** Names of feeds of which a slot is missing from `config`, so that nothing can be concluded from its absence. */
  readonly torn: ReadonlySet<string>;
};

/** Writes what stands in place of something else; `undefined` for what is too long to write, or cannot be. */
const writtenAs = (value: unknown): string | undefined => {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'bigint':
      return `${value}n`;
    case 'object':
    case 'function':
      return undefined;
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
  const written = writtenAs(value);
  return `${place}: ${message}, ${written === undefined ? 'unlike what is there' : `not ${written}`}`;
};

const LOST_KEY = '__proto__';

/** Finds all that has a key of its own which is called like the prototype of objects. */
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

/** Tells of entries that zod leaves out of a record without a word; of an object it tells them itself. */
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

/** What stands in for a required field that cannot be read, so that the rest of its feed can. */
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

/** What to put at a path in the data; `undefined` takes away what is there. */
type Repair = { readonly path: readonly PropertyKey[]; readonly value: unknown };

const repairsFor = (data: unknown, issue: z.core.$ZodIssue): Repair[] => {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...issue.path, key], value: undefined }));
  }
  const { path } = issue;
  const standIn = STAND_INS[path.map((key) => (typeof key === 'number' ? '#' : String(key))).join('.')];
  if (standIn !== undefined) {
    return [{ path, value: standIn(Number(path[1])) }];
  }
  // What is missing cannot be taken away, but what needs it can.
  return [{ path: valueAt(data, path) === undefined ? path.slice(0, -1) : path, value: undefined }];
};

/** Copies data with the repairs made; an entry that is taken out of a list leaves no hole. */
const repair = (data: unknown, repairs: readonly Repair[]): unknown => {
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

/** Fields of a slot without which it still tells all that other settings depend on. */
const MINOR_FIELDS: readonly (PropertyKey | undefined)[] = ['min', 'minBytes', 'optional', 'offset'];

const tornFeed = (data: unknown, [root, index, field, , minor]: readonly PropertyKey[]): string[] => {
  const isTorn = root === 'feeds' && field === 'slots' && !MINOR_FIELDS.includes(minor);
  const name = isTorn && index !== undefined && valueAt(data, [root, index, 'name']);

  return typeof name === 'string' ? [name] : [];
};

/**
 * Reads what a user wrote, as far as its shape goes.
 *
 * One wrong field does not hide what is wrong elsewhere: it is told, taken away, and the rest is read.
 */
export const readShape = (data: unknown): ShapeReading => {
  const read = userConfig.safeParse(data);
  const ofShape = read.error?.issues ?? [];
  const issues = [...ofShape, ...lostKeys(data, ofShape)];
  if (read.success && issues.length === 0) {
    return { config: read.data, problems: [], torn: new Set() };
  }
  const problems = Array.from(new Set(issues.map((issue) => describeIssue(data, issue))));
  const torn = issues.flatMap(({ path }) => tornFeed(data, path));
  const repaired = repair(
    data,
    issues.flatMap((issue) => repairsFor(data, issue)),
  );
  if (repaired === undefined) {
    return { config: undefined, problems, torn: new Set(torn) };
  }
  const rest = readShape(repaired);

  return { config: rest.config, problems, torn: new Set([...torn, ...rest.torn]) };
};
