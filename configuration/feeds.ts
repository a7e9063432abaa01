/** Turns the feeds of a user into data, and validates them. */

import type { BatchJob, Feed, Slot } from '../shared/feeds/feed.ts';
import { readValue } from '../shared/feeds/render.ts';
import { describeTextProblem, type TextProblem } from '../shared/feeds/text-problem.ts';
import type { Configuration } from './configuration.ts';
import type { UserFeed, UserSlot } from './define-feed.ts';
import type { UserBatchJob } from './define-job.ts';
import { durationMs } from './duration.ts';
import { expectationProblems } from './expectation-problems.ts';
import { feedSlotProblems, type Workflow } from './feed-slot-problems.ts';
import { jobProblems, placeholderProblems } from './job-problems.ts';
import { readMoment } from './moments.ts';
import { readOutput } from './outputs.ts';
import { countSources, type Draft, firstByName, runShapes } from './run-shape.ts';
import { slotProblems } from './slot-problems.ts';
import { readSlot } from './slots.ts';
import { timeZoneProblems } from './time-zones.ts';

type Defined<Fields> = {
  [Name in keyof Fields as undefined extends Fields[Name] ? never : Name]: Fields[Name];
} & {
  [Name in keyof Fields as undefined extends Fields[Name] ? Name : never]?: Exclude<Fields[Name], undefined>;
};

/**
 * Leaves out fields that are `undefined`. The configuration becomes JSON in the bundles, which must
 * not change it.
 */
const defined = <Fields extends object>(fields: Fields): Defined<Fields> => JSON.parse(JSON.stringify(fields));

const NO_RETRY_RULES: readonly [] = [];

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
    : ['name: must have only a-z, 0-9 and "-", start with a letter or digit, and have at most 40 characters'];

const namesUnknownSlot = (output: string, { slots }: Feed, place: number): boolean =>
  readValue(output).parts.some(
    (part) => part.kind === 'file' && part.at === place && !slots.some(({ name }) => name === part.slot),
  );

const outputProblems = (feed: Feed, isTorn: boolean): string[] =>
  feed.outputs.flatMap((output, index) => {
    const unknown = placeholderProblems(output, feed, isTorn);
    const read = readOutput(output, feed);
    const ofOutput = read.kind === 'problems' ? read.problems : [];
    // The problem of an unknown slot is reported already, and a slot that could not be read is not
    // a problem of the output.
    const isReported = ({ at, message }: TextProblem): boolean =>
      namesUnknownSlot(output, feed, at) || unknown.some((one) => one.at === at && one.message === message);
    const problems = [...unknown, ...ofOutput.filter((problem) => !isReported(problem))];

    return problems
      .sort((one, other) => one.at - other.at)
      .map((problem) => `output ${index + 1}, ${describeTextProblem(output, problem)}`);
  });

const allOf = (name: string, slot: UserSlot): [string, readonly string[]][] =>
  'feed' in slot && slot.all !== undefined ? [[name, slot.all]] : [];

/** The readable parts of a feed, and the problems of the other parts. */
type FeedReading = { readonly userFeed: UserFeed; readonly draft: Draft; readonly problems: readonly string[] };

const readFeed = (userFeed: UserFeed, torn: ReadonlySet<string>): FeedReading => {
  const { name } = userFeed;
  const userSlots = Object.entries(userFeed.slots);
  const read = userSlots.map(([slotName, slot]) => readSlot(slotName, slot));
  const slots = read.flatMap(({ slot }) => slot ?? []);
  const draft: Draft = {
    name,
    slots,
    all: new Map(userSlots.flatMap(([slotName, slot]) => allOf(slotName, slot))),
    values: userFeed.values ?? {},
    isTorn: torn.has(name) || slots.length < read.length,
  };

  return { userFeed, draft, problems: read.flatMap(({ problems }) => problems) };
};

const DEFAULT_LOOKBACK = 3;
const DEFAULT_AHEAD = 7;
const DEFAULT_REMIND_EVERY = '4h';

const readOptionalMoment = (text: string | undefined) => (text === undefined ? undefined : readMoment(text));

/** Fills in the defaults of a feed, and what it takes from the feeds that it waits for. */
const completeFeed = ({ userFeed, draft }: FeedReading, shapeOf: Workflow['shapeOf'], timeZone: string): Feed => {
  const shape = shapeOf(draft.name);
  const completeSlot = (slot: Slot): Slot =>
    slot.kind === 'feed' ? { ...slot, min: countSources(shape, shapeOf(slot.feed)) } : slot;

  return {
    name: draft.name,
    slots: draft.slots.map(completeSlot),
    job: { batch: readJob(userFeed.job.batch) },
    onOverwrite: userFeed.onOverwrite ?? 'ignore',
    outputs: userFeed.outputs ?? [],
    tell: [...new Set(userFeed.tell ?? [])],
    timeZone: userFeed.timeZone ?? timeZone,
    captures: shape.captures.map(({ name }) => name),
    ...defined({
      dateUnit: shape.dateUnit,
      calendar: userFeed.calendar,
      due: readOptionalMoment(userFeed.due),
      cutOff: readOptionalMoment(userFeed.cutOff),
      since: userFeed.since,
    }),
    values: shape.values,
    lookback: userFeed.lookback ?? DEFAULT_LOOKBACK,
    ahead: userFeed.ahead ?? DEFAULT_AHEAD,
    remindEveryMs: durationMs(userFeed.remindEvery ?? DEFAULT_REMIND_EVERY) ?? Number.NaN,
    catchUp: userFeed.catchUp ?? 'latest',
    shadow: userFeed.shadow ?? false,
  };
};

const feedProblems = (
  feed: Feed,
  { userFeed, draft, problems }: FeedReading,
  workflow: Workflow,
  calendars: Configuration['calendars'],
): string[] => {
  const { isKnown } = workflow.shapeOf(feed.name);

  return [
    ...feedNameProblems(feed.name),
    ...(userFeed.timeZone === undefined ? [] : timeZoneProblems(userFeed.timeZone)),
    ...problems,
    ...slotProblems(feed, draft.isTorn),
    ...feedSlotProblems(feed, draft.all, workflow),
    ...expectationProblems(userFeed, feed, isKnown, calendars),
    ...jobProblems(feed, !isKnown),
    ...outputProblems(feed, !isKnown),
  ];
};

/**
 * Reads the feeds of a configuration of the right shape, and validates them.
 *
 * @param torn - Names of feeds that lack a slot because of its shape.
 */
export const readFeeds = (
  userFeeds: readonly UserFeed[],
  torn: ReadonlySet<string>,
  { timeZone, calendars }: Pick<Configuration, 'timeZone' | 'calendars'>,
): { readonly feeds: readonly Feed[]; readonly problems: readonly string[] } => {
  const readings = userFeeds.map((feed) => readFeed(feed, torn));
  const shapeOf = runShapes(readings.map(({ draft }) => draft));
  const read = readings.map((reading) => ({ reading, feed: completeFeed(reading, shapeOf, timeZone) }));
  const feeds = read.map(({ feed }) => feed);
  const workflow: Workflow = { feeds: firstByName(feeds), shapeOf };
  const problems = read.flatMap(({ reading, feed }, index) =>
    feedProblems(feed, reading, workflow, calendars).map((problem) => `feed ${feed.name || index + 1}, ${problem}`),
  );

  return { feeds, problems };
};
