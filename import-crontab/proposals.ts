/** Proposes feeds in place of cron lines, in the words of `breakaway.config.ts`. */
import type { UserCalendar, UserWeekday } from '../configuration/define.ts';
import type { UserFeed, UserSlot } from '../configuration/define-feed.ts';
import { MAX_EXPECTED } from '../configuration/expectation-problems.ts';
import type { DateUnit } from '../shared/feeds/template.ts';
import type { CronTime } from './crontab.ts';
import { type Dating, datings, unitOf } from './dating.ts';
import { dueOf } from './due-time.ts';
import { commandOf, type Filling, type NamedFile, namedFiles, parametersOf } from './feed-command.ts';
import { type ClockOffset, describeOffset } from './known-text.ts';
import { type Plan, programName } from './plans.ts';
import type { FolderMapping } from './templates.ts';
import { type Waits, waitsOf, writersOf } from './waits.ts';

export type Proposal = {
  readonly line: number;
  readonly feed: UserFeed;
  /** What it waits for, in words. */
  readonly understood: readonly string[];
  readonly doubts: readonly string[];
  readonly questions: readonly string[];
  readonly notes: readonly string[];
};

export type Wishes = {
  readonly timeZone: string;
  readonly queue: string;
  readonly mappings: readonly FolderMapping[];
};

const offsetText = (days: number): { offset?: string } =>
  days === 0 ? {} : { offset: `${days > 0 ? '+' : ''}${days}d` };

const describeMin = ({ awaited }: NamedFile): string => (awaited.min > 1 ? `at least ${awaited.min} of ` : '');

const fileSlot = ({ awaited, template }: NamedFile): UserSlot => ({
  files: template.uri,
  ...(awaited.min > 1 && template.hasStar && { min: awaited.min }),
  ...(awaited.minBytes > 0 && { minBytes: awaited.minBytes }),
});

const dateNotes = (base: ClockOffset | undefined): string[] =>
  base === undefined ? [] : [`the file is of ${describeOffset(base)}: the run has the date of the file`];

type Drafted = {
  readonly plan: Plan;
  readonly time: CronTime;
  readonly timeZone: string | undefined;
  readonly waits: Waits;
  readonly dating: Dating;
  readonly unit: DateUnit | undefined;
};

/** What follows from `*`: cron took all that was there at a time, a feed counts. */
const starQuestions = (files: readonly NamedFile[]): string[] =>
  files.flatMap(({ awaited, template }) => {
    if (!template.hasStar || awaited.min > 1) {
      return [];
    }
    if (template.units.length + template.captures.length > 0) {
      return [`how many files of ${template.uri} are all? The job starts with the first of them (\`min\`)`];
    }
    return awaited.isEach
      ? []
      : [`cron ran it once for all files of ${template.uri}; the feed runs it for each: is that right?`];
  });

const valuesOf = (files: readonly NamedFile[]): { values?: Record<string, readonly string[]> } => {
  const listed = files.flatMap(({ template }) =>
    template.captures.flatMap(({ name, values }) => (values === undefined ? [] : [[name, values] as const])),
  );
  return listed.length === 0 ? {} : { values: Object.fromEntries(listed) };
};

const slotsOf = (
  { time, dating }: Drafted,
  files: readonly NamedFile[],
): { readonly slots: Record<string, UserSlot>; readonly understood: string[] } => {
  const slots: Record<string, UserSlot> = {};
  const understood: string[] = [];
  for (const file of files) {
    slots[file.slot] = fileSlot(file);
    understood.push(`waits for ${describeMin(file)}${file.template.uri}`);
  }
  for (const [name, days] of dating.links) {
    slots[name] = { feed: name, ...offsetText(days) };
    understood.push(`follows ${name}${days === 0 ? '' : `, ${days} days`}`);
  }
  if (Object.keys(slots).length === 0 && time.kind === 'times') {
    slots['time'] = { at: time.text };
    understood.push(`runs at \`${time.text}\``);
  }
  return { slots, understood };
};

const isAlwaysTheSame = (files: readonly NamedFile[]): boolean =>
  files.length === 1 &&
  files.every(({ template }) => template.units.length + template.captures.length === 0 && !template.hasStar);

const DEFAULT_LOOKBACK = 3;

/** How many days are looked back where a feed runs so often that its runs of the usual number are too many. */
const lookbackOf = (time: CronTime, slots: UserFeed['slots']): number | undefined => {
  if (time.kind !== 'times' || !Object.values(slots).some((slot) => 'at' in slot)) {
    return undefined;
  }
  const days = Math.floor(MAX_EXPECTED / (time.hours.length * time.minutes.length)) - 1;
  return days < DEFAULT_LOOKBACK ? days : undefined;
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
  const { slots, understood } = slotsOf(draft, files);
  const { command, questions } = commandOf(plan, filling);
  const waitsInPlace = files.some(({ awaited }) => awaited.isWaiting);
  const { due, weekdays } = dueOf(time, filling, waitsInPlace);
  const isOverwritten = isAlwaysTheSame(files);
  const lookback = lookbackOf(time, slots);
  const program = programName(plan.words ?? [])
    .replace(/\.[A-Za-z0-9]+$/, '')
    .replaceAll(/[^A-Za-z0-9_-]+/g, '-');

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
      job: {
        batch: {
          queue: wishes.queue,
          definition: program === '' ? plan.name : program.slice(0, 128),
          ...parametersOf(unit),
          ...(command !== undefined && { command }),
          ...(plan.timeoutSeconds !== undefined && { timeoutSeconds: plan.timeoutSeconds }),
        },
      },
    },
    understood: [...understood, `then \`${plan.commandText.split('\n')[0]}\``],
    doubts: waits.doubts,
    questions: [
      ...waits.questions,
      ...starQuestions(files),
      ...questions,
      ...plan.remarks.flatMap(({ weight, text }) => (weight === 'decide' ? [text] : [])),
    ],
    notes: [
      ...dateNotes(base),
      ...(due === undefined ? [] : [`cron looked last at ${due}: that is when it is late`]),
      ...(isOverwritten ? ['the file has the same name every time: each new version is a rerun'] : []),
      ...plan.remarks.flatMap(({ weight, text }) => (weight === 'note' ? [text] : [])),
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
    plan.awaited.length > 0 && own.files.length === 0 && own.feeds.length === 0;
  const made = drafts.filter((draft) => !isBlind(draft)).map((draft) => proposalOf(draft, wishes));

  return {
    proposals: made.map(({ weekdays: _, ...proposal }) => proposal),
    calendars: Object.fromEntries(
      made.flatMap(({ weekdays }) => (weekdays === undefined ? [] : [[weekdays.join('-'), { weekdays }]])),
    ),
    refusals: new Map(
      drafts.filter(isBlind).map(({ plan, waits: own }) => [plan.name, { line: plan.line, reasons: own.doubts }]),
    ),
  };
};
