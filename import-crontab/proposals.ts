/** Proposes feeds in place of cron lines, in the words of `breakaway.config.ts`. */
import type { UserCalendar, UserWeekday } from '../configuration/define.ts';
import type { UserFeed } from '../configuration/define-feed.ts';
import type { UserBatchJob } from '../configuration/define-job.ts';
import type { DateUnit } from '../shared/feeds/template.ts';
import type { CronTime } from './crontab.ts';
import { type Dating, datings, unitOf } from './dating.ts';
import { dueOf } from './due-time.ts';
import {
  commandOf,
  type FilledCommand,
  type Filling,
  type NamedFile,
  namedFiles,
  parametersOf,
} from './feed-command.ts';
import { programName } from './feed-names.ts';
import { lookbackOf, slotsOf, starRemarks, valuesOf } from './feed-slots.ts';
import { type ClockOffset, describeOffset } from './known-text.ts';
import type { Plan } from './plan.ts';
import type { FolderMapping } from './templates.ts';
import type { Remark } from './trace-events.ts';
import { type Waits, waitsOf, writersOf } from './waits.ts';

export type Proposal = {
  readonly line: number;
  readonly feed: UserFeed;
  /** What it waits for, in words. */
  readonly understood: readonly string[];
  readonly remarks: readonly Remark[];
};

export type Wishes = {
  readonly timeZone: string;
  readonly queue: string;
  readonly mappings: readonly FolderMapping[];
};

const note = (text: string): Remark => ({ weight: 'note', text });

const dateNotes = (base: ClockOffset | undefined): Remark[] =>
  base === undefined ? [] : [note(`the file is of ${describeOffset(base)}: the run has the date of the file`)];

type Drafted = {
  readonly plan: Plan;
  readonly time: CronTime;
  readonly timeZone: string | undefined;
  readonly waits: Waits;
  readonly dating: Dating;
  readonly unit: DateUnit | undefined;
};

const isAlwaysTheSame = (files: readonly NamedFile[]): boolean =>
  files.length === 1 &&
  files.every(({ template }) => template.units.length + template.captures.length === 0 && !template.hasStar);

const batchJob = (plan: Plan, unit: DateUnit | undefined, filled: FilledCommand, { queue }: Wishes): UserBatchJob => {
  const program = programName(plan.command.kind === 'words' ? plan.command.words : [])
    .replace(/\.[A-Za-z0-9]+$/, '')
    .replaceAll(/[^A-Za-z0-9_-]+/g, '-');
  return {
    queue,
    definition: program === '' ? plan.name : program.slice(0, 128),
    ...parametersOf(unit),
    ...(filled.command !== undefined && { command: filled.command }),
    ...(filled.environment !== undefined && { environment: filled.environment }),
    ...(plan.timeoutSeconds !== undefined && { timeoutSeconds: plan.timeoutSeconds }),
  };
};

const proposalOf = (draft: Drafted, wishes: Wishes): Proposal & { readonly weekdays?: readonly UserWeekday[] } => {
  const { plan, time, timeZone, waits, dating, unit } = draft;
  const files = namedFiles(waits.files);
  const base: ClockOffset | undefined =
    files[0]?.template.offset ?? (dating.baseDays === 0 ? undefined : { amount: dating.baseDays, unit: 'dd' });
  const filling: Filling = {
    files,
    unit,
    base,
    captures: new Set(files.flatMap(({ template }) => template.captures.map(({ name }) => name))),
  };
  const { slots, understood, remarks } = slotsOf({ time, dating, unit, isOncePerDate: plan.isOncePerDate }, files);
  const filled = commandOf(plan.command, filling, timeZone ?? wishes.timeZone);
  const waitsInPlace = files.some(({ awaited }) => awaited.isWaiting);
  const { due, weekdays } = dueOf(time, filling, waitsInPlace);
  const isOverwritten = isAlwaysTheSame(files);
  const lookback = lookbackOf(time, slots);

  return {
    line: plan.line,
    feed: {
      name: plan.name,
      ...(timeZone !== undefined && { timeZone }),
      slots,
      ...valuesOf(files),
      ...(due !== undefined && { due }),
      ...(lookback !== undefined && { lookback }),
      ...(weekdays !== undefined && { calendar: weekdays.join('-') }),
      ...(isOverwritten && { onOverwrite: 'rerun' }),
      shadow: true,
      job: { batch: batchJob(plan, unit, filled, wishes) },
    },
    understood: [...understood, `then \`${plan.commandText.split('\n')[0]}\``],
    remarks: [
      ...waits.remarks,
      ...remarks,
      ...starRemarks(files),
      ...filled.remarks,
      ...plan.remarks,
      ...dateNotes(base),
      ...(due === undefined ? [] : [note(`cron looked last at ${due}: that is when it is late`)]),
      ...(isOverwritten ? [note('the file has the same name every time: each new version is a rerun')] : []),
    ],
    ...(weekdays !== undefined && { weekdays }),
  };
};

export type Proposals = {
  readonly proposals: readonly Proposal[];
  readonly calendars: Readonly<Record<string, UserCalendar>>;
  /** Why a plan has no feed, by its name. */
  readonly refusals: ReadonlyMap<string, { readonly line: number; readonly reasons: readonly string[] }>;
};

export type PlannedLine = {
  readonly line: number;
  readonly time: CronTime;
  readonly timeZone?: string;
  readonly plans: readonly Plan[];
};

/** Proposes a feed for each plan that says enough. */
export const proposalsFor = (lines: readonly PlannedLine[], wishes: Wishes): Proposals => {
  const plans = lines.flatMap((line) => line.plans);
  const times = new Map(lines.map(({ line, time }) => [line, time]));
  const zones = new Map(lines.map(({ line, timeZone }) => [line, timeZone]));
  const writers = writersOf(plans, wishes.mappings);
  const waits = new Map(plans.map((plan) => [plan.name, waitsOf(plan, writers, wishes.mappings)]));
  const dated = datings(plans, waits);
  const drafts = plans.flatMap((plan): Drafted[] => {
    const [own, dating, time] = [waits.get(plan.name), dated.get(plan.name), times.get(plan.line)];
    return own === undefined || dating === undefined || time === undefined
      ? []
      : [
          {
            plan,
            time,
            timeZone: zones.get(plan.line),
            waits: own,
            dating,
            unit: unitOf(plan, plans, waits, times, []),
          },
        ];
  });
  const isBlind = ({ plan, waits: own }: Drafted): boolean =>
    plan.refusal !== undefined ||
    own.refusals.length > 0 ||
    (plan.awaited.length > 0 && own.files.length === 0 && own.feeds.length === 0);
  const made = drafts.filter((draft) => !isBlind(draft)).map((draft) => proposalOf(draft, wishes));

  return {
    proposals: made.map(({ weekdays: _, ...proposal }) => proposal),
    calendars: Object.fromEntries(
      made.flatMap(({ weekdays }) => (weekdays === undefined ? [] : [[weekdays.join('-'), { weekdays }]])),
    ),
    refusals: new Map(
      drafts.filter(isBlind).map(({ plan, waits: own }) => [
        plan.name,
        {
          line: plan.line,
          reasons: plan.refusal === undefined ? own.refusals : [plan.refusal],
        },
      ]),
    ),
  };
};
