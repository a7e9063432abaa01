/**
 * What a configuration of the right shape must keep to, and what it means once the defaults are filled in.
 */
import { DATE_UNITS } from '../feeds/dates.ts';
import { readTemplate } from '../feeds/parse-template.ts';
import type { DateUnit } from '../feeds/template.ts';
import { describeTextProblem } from '../feeds/text-problem.ts';
import type { BatchJob, Configuration, Feed, FileSlot, Queues } from './configuration.ts';
import type { UserBatchJob, UserConfig, UserFeed, UserFileSlot, UserQueues } from './define.ts';
import { durationMs, durationProblem, REMINDER_RANGE } from './duration.ts';
import { emrProblems, readEmr } from './emr-problems.ts';
import { jobProblems, placeholderProblems } from './job-problems.ts';
import { readOutput } from './outputs.ts';
import { slotNameProblem, slotProblems } from './slot-problems.ts';
import { closest } from './suggestion.ts';
import { readUis, uiProblems, uiWarnings } from './ui-problems.ts';
import { doubleJobWarnings, doubleSlotWarnings, loopProblems, nameProblems } from './workflow-problems.ts';

/** A value as far as it could be read, and what was wrong with the rest. */
type Reading<Value> = { readonly value: Value; readonly problems: readonly string[] };

type Defined<Fields> = {
  [Name in keyof Fields as undefined extends Fields[Name] ? never : Name]: Fields[Name];
} & {
  [Name in keyof Fields as undefined extends Fields[Name] ? Name : never]?: Exclude<Fields[Name], undefined>;
};

/** Leaves out what is `undefined`: the configuration becomes JSON on its way into the bundles, and must not change by it. */
const defined = <Fields extends object>(fields: Fields): Defined<Fields> => JSON.parse(JSON.stringify(fields));

const NO_RETRY_RULES: readonly [] = [];

const readSlot = (name: string, { files, min, optional, minBytes }: UserFileSlot): Reading<FileSlot[]> => {
  const nameProblem = slotNameProblem(name);
  const read = readTemplate(files);
  const problems = nameProblem === undefined ? [] : [`slot ${name}: ${nameProblem}`];
  if (read.kind === 'problems') {
    const ofTemplate = read.problems.map((problem) => `slot ${name}, ${describeTextProblem(files, problem)}`);
    return { value: [], problems: [...problems, ...ofTemplate] };
  }
  const slot: FileSlot = {
    kind: 'files',
    name,
    template: read.template,
    min: min ?? 1,
    optional: optional ?? false,
    minBytes: minBytes ?? 0,
  };

  return { value: [slot], problems };
};

const readJob = ({
  parameters,
  environment,
  resources,
  retry,
  tags,
  propagateTags,
  ...rest
}: UserBatchJob): BatchJob => ({
  ...defined(rest),
  parameters: parameters ?? {},
  environment: environment ?? {},
  resources: defined(resources ?? {}),
  ...(retry === undefined
    ? {}
    : { retry: { attempts: retry.attempts, evaluateOnExit: (retry.evaluateOnExit ?? NO_RETRY_RULES).map(defined) } }),
  tags: tags ?? {},
  propagateTags: propagateTags ?? false,
});

const feedNameProblems = (name: string): string[] =>
  /^[a-z0-9][a-z0-9-]{0,39}$/.test(name)
    ? []
    : ['name: has only a-z, 0-9 and "-", starts with a letter or digit, and has at most 40 characters'];

const outputProblems = (feed: Feed, isTorn: boolean): string[] =>
  feed.outputs.flatMap((output, index) => {
    const unknown = placeholderProblems(output, feed, isTorn);
    const read = readOutput(output, feed);
    // An output with a placeholder that is not known cannot be read either; the reason is told once.
    const problems = unknown.length === 0 && read.kind === 'problems' ? read.problems : unknown;

    return problems.map((problem) => `output ${index + 1}, ${describeTextProblem(output, problem)}`);
  });

const capturesOf = (slots: readonly FileSlot[]): string[] =>
  [
    ...new Set(slots.flatMap(({ template }) => template.parts.flatMap((p) => (p.kind === 'capture' ? [p.name] : [])))),
  ].sort();

const dateUnitOf = (slots: readonly FileSlot[]): { dateUnit?: DateUnit } => {
  const unit = DATE_UNITS.findLast((one) =>
    slots.some(({ template }) => template.parts.some((part) => part.kind === 'date' && part.unit === one)),
  );
  return unit === undefined ? {} : { dateUnit: unit };
};

const readFeed = (userFeed: UserFeed, timeZone: string, index: number, torn: ReadonlySet<string>): Reading<Feed> => {
  const slots = Object.entries(userFeed.slots).map(([name, slot]) => readSlot(name, slot));
  const feed: Feed = {
    name: userFeed.name,
    slots: slots.flatMap(({ value }) => value),
    job: { batch: readJob(userFeed.job.batch) },
    onOverwrite: userFeed.onOverwrite ?? 'ignore',
    outputs: userFeed.outputs ?? [],
    tell: [...new Set(userFeed.tell ?? [])],
    timeZone,
    captures: capturesOf(slots.flatMap(({ value }) => value)),
    ...dateUnitOf(slots.flatMap(({ value }) => value)),
    values: {},
    lookback: 3,
    remindEveryMs: 4 * 3_600_000,
    catchUp: 'latest',
    shadow: false,
  };
  const isTorn = torn.has(feed.name) || slots.some(({ value }) => value.length === 0);
  const problems = [
    ...feedNameProblems(feed.name),
    ...slots.flatMap((slot) => slot.problems),
    ...slotProblems(feed, isTorn),
    ...jobProblems(feed, isTorn),
    ...outputProblems(feed, isTorn),
  ];

  return { value: feed, problems: problems.map((problem) => `feed ${feed.name || index + 1}, ${problem}`) };
};

const timeZoneProblems = (timeZone: string): string[] => {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    const zone = closest(timeZone.replaceAll(' ', '_'), Intl.supportedValuesOf('timeZone'));
    return [`timeZone: "${timeZone}" is no IANA time zone${zone === undefined ? '' : ` (did you mean ${zone}?)`}`];
  }
  // An offset names no zone: it would be wrong for half of the year wherever clocks are changed.
  return /^[A-Za-z]/.test(timeZone) ? [] : [`timeZone: "${timeZone}" is an offset, name the IANA time zone`];
};

const DEFAULT_REMIND_EVERY = '24h';

const readQueues = ({ count = 'all', remindEvery = DEFAULT_REMIND_EVERY }: UserQueues): Queues => ({
  count,
  remindEveryMs: durationMs(remindEvery) ?? Number.NaN,
});

const countProblems = (count: 'all' | readonly string[]): string[] => {
  if (count === 'all') {
    return [];
  }
  const problems = count.flatMap((name) =>
    /^[A-Za-z0-9_*-]{1,128}$/.test(name)
      ? []
      : [`queues, count: "${name}" is no name or pattern of a queue: at most 128 letters, digits, "_", "-" and "*"`],
  );

  return count.length === 0 ? ["queues, count: the list is empty; write 'all' or leave it out to count all"] : problems;
};

const queueProblems = ({ count = 'all', remindEvery = DEFAULT_REMIND_EVERY }: UserQueues): string[] => {
  const problem = durationProblem(remindEvery, REMINDER_RANGE);

  return [...countProblems(count), ...(problem === undefined ? [] : [`queues, remindEvery: ${problem}`])];
};

/** @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html */
const logGroupProblems = (group: string): string[] =>
  /^[A-Za-z0-9_/.#-]{1,512}$/.test(group)
    ? []
    : [`logGroups: "${group}" is no name of a log group: at most 512 letters, digits, "_", "-", "/", "." and "#"`];

/**
 * Holds a configuration of the right shape to account.
 *
 * @param torn - Names of feeds of which a slot was left out because of its shape.
 * @returns The configuration, which is only whole if there are no problems.
 */
export const checkConfiguration = (
  { timeZone, feeds: userFeeds, queues = {}, emr: userEmr, uis: userUis, logGroups = [] }: UserConfig,
  torn: ReadonlySet<string>,
): {
  readonly configuration: Configuration;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
} => {
  const read = userFeeds.map((feed, index) => readFeed(feed, timeZone, index, torn));
  const feeds = read.map(({ value }) => value);
  const emr = userEmr && readEmr(userEmr);
  const uis = userUis && readUis(userUis);

  return {
    configuration: {
      timeZone,
      feeds,
      calendars: {},
      queues: readQueues(queues),
      logGroups,
      ...(emr && { emr }),
      ...(uis && { uis }),
    },
    problems: [
      ...timeZoneProblems(timeZone),
      ...read.flatMap(({ problems }) => problems),
      ...nameProblems(feeds),
      ...loopProblems(feeds),
      ...queueProblems(queues),
      ...logGroups.flatMap(logGroupProblems),
      ...(userEmr && emr ? emrProblems(userEmr, emr) : []),
      ...(userUis && uis ? uiProblems(userUis, uis) : []),
    ],
    warnings: [...doubleJobWarnings(feeds), ...doubleSlotWarnings(feeds), ...(uis ? uiWarnings(uis, emr) : [])],
  };
};
