/** Proposes feeds in place of cron lines, in the words of `breakaway.config.ts`. */
import type { UserCalendar, UserFeed, UserSlot, UserWeekday } from '../configuration/define.ts';
import { MAX_EXPECTED } from '../configuration/expectation-problems.ts';
import type { DateUnit } from '../shared/feeds/template.ts';
import type { CronTime } from './crontab.ts';
import {
  type ClockOffset,
  cutAt,
  describeOffset,
  describeText,
  hasOnlyOffset,
  joinDates,
  type KnownText,
  offsetsOf,
  startsWith,
  type TextPart,
} from './known-text.ts';
import { createNames, type Plan, programName } from './plans.ts';
import { escapedText, type FolderMapping, type PathReading, templateOf } from './templates.ts';
import type { Awaited } from './trace.ts';

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

type Template = PathReading & { readonly kind: 'template' };

type FileWait = { readonly awaited: Awaited; readonly template: Template };

type FeedWait = {
  readonly plan: Plan;
  /** How many days the mark that is looked for lies from the day of the run, and that of the one who sets it. */
  readonly lookedForDays: number;
  readonly writtenDays: number;
};

/** What a plan waits for, told apart. */
type Waits = {
  readonly files: readonly FileWait[];
  readonly feeds: readonly FeedWait[];
  readonly doubts: readonly string[];
  readonly questions: readonly string[];
};

const daysOf = (offset: ClockOffset | undefined): number => (offset?.unit === 'dd' ? offset.amount : 0);

type Writer = { readonly plan: Plan; readonly uri: string; readonly days: number };

const writersOf = (plans: readonly Plan[], mappings: readonly FolderMapping[]): Writer[] =>
  plans.flatMap((plan) =>
    plan.writes.flatMap((path) => {
      const read = templateOf(path, mappings);
      return read.kind === 'template' && !read.uri.includes('*')
        ? [{ plan, uri: read.uri, days: daysOf(read.offset) }]
        : [];
    }),
  );

const bindingCount = ({ template }: FileWait): number => template.units.length + template.captures.length;

const sameOffset = (one: ClockOffset | undefined, other: ClockOffset | undefined): boolean =>
  one?.amount === other?.amount && one?.unit === other?.unit;

/** Leaves out files that cannot be told to belong to the same run as the others. */
const matched = (waits: readonly FileWait[]): { readonly kept: FileWait[]; readonly questions: string[] } => {
  const [main] = waits.toSorted((one, other) => bindingCount(other) - bindingCount(one));
  const fits = (wait: FileWait): boolean =>
    main !== undefined &&
    (wait === main || (bindingCount(wait) > 0 && bindingCount(wait) === bindingCount(main))) &&
    sameOffset(wait.template.offset, main.template.offset);
  const questions = waits
    .filter((wait) => !fits(wait))
    .map(
      ({ template }) =>
        `it also waits for ${template.uri}, whose name does not tell the run it belongs to: is it needed?`,
    );

  return { kept: waits.filter(fits), questions };
};

/** Makes one of several looks at the same files. */
const merged = (waits: readonly FileWait[]): FileWait[] =>
  [...Map.groupBy(waits, ({ template }) => template.uri).values()].flatMap((same) => {
    const [first] = same;
    return first === undefined
      ? []
      : [
          {
            ...first,
            awaited: {
              ...first.awaited,
              min: Math.max(...same.map(({ awaited }) => awaited.min)),
              minBytes: Math.max(...same.map(({ awaited }) => awaited.minBytes)),
              isEach: same.some(({ awaited }) => awaited.isEach),
              isEither: same.every(({ awaited }) => awaited.isEither),
            },
          },
        ];
  });

const describeWait = (awaited: Awaited): string => `\`${awaited.how.split('\n')[0]}\``;

const waitsOf = (plan: Plan, writers: readonly Writer[], mappings: readonly FolderMapping[]): Waits => {
  const reads = plan.awaited.map((awaited) => ({ awaited, read: templateOf(awaited.path, mappings) }));
  const templates = reads.flatMap(({ awaited, read }) =>
    read.kind === 'template' ? [{ awaited, template: read }] : [],
  );
  const writerOf = ({ template }: FileWait): Writer | undefined =>
    writers.findLast(({ plan: other, uri }) => uri === template.uri && other.name !== plan.name);
  const { kept, questions } = matched(merged(templates.filter((wait) => writerOf(wait) === undefined)));
  const either = templates.filter(({ awaited }) => awaited.isEither);

  return {
    files: kept,
    feeds: templates.flatMap((wait) => {
      const writer = writerOf(wait);
      return writer === undefined
        ? []
        : [{ plan: writer.plan, lookedForDays: daysOf(wait.template.offset), writtenDays: writer.days }];
    }),
    doubts: [
      ...templates.flatMap(({ awaited, template }) => [...awaited.doubts, ...template.doubts]),
      ...reads.flatMap(({ read }) => (read.kind === 'problem' ? [read.problem] : [])),
      ...templates
        .filter((wait) => writerOf(wait) !== undefined && bindingCount(wait) === 0)
        .map(
          ({ awaited }) =>
            `the mark that ${describeWait(awaited)} looks for has no date: it is taken for one of the same date`,
        ),
    ],
    questions: [
      ...questions,
      ...kept.flatMap(({ template }) => template.questions),
      ...(either.length > 1
        ? [
            `one of ${either.map(({ awaited }) => describeWait(awaited)).join(' and ')} is enough: all of the slots of a feed must be filled`,
          ]
        : []),
      ...kept.flatMap(({ awaited, template }) =>
        awaited.isFolder
          ? [`it waits for a folder: which object below ${template.uri.replace(/\*$/, '')} says that all is there?`]
          : [],
      ),
    ],
  };
};

/** The feeds that a feed waits for, and how many days its own dates lie from those on which cron would run it. */
type Dating = { readonly baseDays: number; readonly links: ReadonlyMap<string, number> };

/** Works out the dates of plans that wait for each other. */
const datings = (plans: readonly Plan[], waits: ReadonlyMap<string, Waits>): ReadonlyMap<string, Dating> => {
  const byName = new Map(plans.map((plan) => [plan.name, plan]));
  const known = new Map<string, Dating>();
  const dating = (plan: Plan, callers: readonly string[]): Dating => {
    const found = known.get(plan.name);
    if (found !== undefined || callers.includes(plan.name)) {
      return found ?? { baseDays: 0, links: new Map() };
    }
    const own = waits.get(plan.name);
    const inside = [...callers, plan.name];
    const targets = [
      ...plan.after.flatMap((name) => {
        const before = byName.get(name);
        return before === undefined ? [] : [{ name, days: dating(before, inside).baseDays }];
      }),
      ...(own?.feeds ?? []).map(({ plan: other, lookedForDays, writtenDays }) => ({
        name: other.name,
        days: lookedForDays - writtenDays + dating(other, inside).baseDays,
      })),
    ];
    const [file] = own?.files ?? [];
    const baseDays = file === undefined ? (targets[0]?.days ?? 0) : daysOf(file.template.offset);
    const result = { baseDays, links: new Map(targets.map(({ name, days }) => [name, days - baseDays])) };
    known.set(plan.name, result);
    return result;
  };
  for (const plan of plans) {
    dating(plan, []);
  }
  return known;
};

const UNIT_ORDER: readonly DateUnit[] = ['yyyy', 'MM', 'dd', 'HH', 'mm'];

const scheduleUnit = (time: CronTime & { readonly kind: 'times' }): DateUnit => {
  if (time.minutes.length > 1) {
    return 'mm';
  }
  return time.hours.length > 1 ? 'HH' : 'dd';
};

const slotName = (path: KnownText): string => {
  const last = cutAt(path, '/').at(-1);
  const text = (last ?? []).map((part) => (part.kind === 'text' ? part.text : '_')).join('');
  const name = text
    .replace(/(\.[A-Za-z0-9]+)+$/, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^[^a-z]+|-+$/g, '')
    .slice(0, 32);

  return ['', 'date', 'feed', 'generation', 'manifest'].includes(name) ? 'files' : name;
};

type NamedFile = FileWait & { readonly slot: string };

const namedFiles = (files: readonly FileWait[]): NamedFile[] => {
  const names = createNames();
  for (const { template } of files) {
    for (const { name } of template.captures) {
      names(name);
    }
  }
  return files.map((wait) => ({ ...wait, slot: names(slotName(wait.awaited.path)) }));
};

const sameText = (one: KnownText, other: KnownText): boolean => describeText(one) === describeText(other);

/** What the words of a command can be filled in with. */
type Filling = {
  readonly files: readonly NamedFile[];
  readonly unit: DateUnit | undefined;
  readonly base: ClockOffset | undefined;
  readonly captures: ReadonlySet<string>;
};

/** Names the one file that a word stands for, or the list of them. */
const fileWord = (word: KnownText, { files }: Filling): string | undefined => {
  const [part, ...others] = word;
  const path = part?.kind === 'files' && others.length === 0 ? part.path : word;
  const file = files.find(({ awaited }) => sameText(awaited.path, path));
  if (file === undefined) {
    return undefined;
  }
  const isRunOfOne = files.length === 1 && file.template.units.length === 0 && file.template.captures.length === 0;
  return !file.template.hasStar || isRunOfOne ? `{${file.slot}.uri}` : '{manifest}';
};

const fillPart = (part: TextPart, { unit, base, captures }: Filling): string | undefined => {
  if (part.kind === 'text') {
    return escapedText(part.text);
  }
  if (part.kind === 'value') {
    return captures.has(part.name) ? `{${part.name}}` : undefined;
  }
  const isFine =
    part.kind === 'date' && unit !== undefined && UNIT_ORDER.indexOf(part.unit) <= UNIT_ORDER.indexOf(unit);
  return isFine && hasOnlyOffset([part], base) ? `{date:${part.unit}}` : undefined;
};

const fillWord = (word: KnownText, filling: Filling): string | undefined => {
  const file = fileWord(word, filling);
  const parts = word.map((part) => fillPart(part, filling));

  return file ?? (parts.includes(undefined) ? undefined : joinDates(parts.join('')));
};

const parametersOf = (unit: DateUnit | undefined): { parameters?: Record<string, string> } => {
  const formats: Readonly<Record<DateUnit, string>> = {
    yyyy: '{date:yyyy}',
    MM: '{date:yyyy-MM}',
    dd: '{date:yyyy-MM-dd}',
    HH: '{date:yyyy-MM-dd}T{date:HH}',
    mm: '{date:yyyy-MM-dd}T{date:HH}:{date:mm}',
  };
  return unit === undefined ? {} : { parameters: { date: formats[unit] } };
};

const DAY_NAMES: readonly UserWeekday[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const WEEK_FROM_MONDAY = [1, 2, 3, 4, 5, 6, 0];

/** Names the days on which files are dated, where cron looks for them on some days only. */
const weekdaysOf = (time: CronTime & { readonly kind: 'times' }, days: number): UserWeekday[] => {
  const dated = new Set(time.daysOfWeek.map((day) => (((day + days) % 7) + 7) % 7));
  return WEEK_FROM_MONDAY.filter((day) => dated.has(day)).flatMap((day) => DAY_NAMES[day] ?? []);
};

const twoDigits = (number: number): string => String(number).padStart(2, '0');

/** Takes the last look of a day as the time by which a file is due. */
const dueOf = (
  time: CronTime,
  { files, unit, base, captures }: Filling,
  waitsInPlace: boolean,
): { readonly due?: string; readonly weekdays?: readonly UserWeekday[] } => {
  const isDaily =
    unit === 'dd' && captures.size === 0 && files.length > 0 && (base === undefined || base.unit === 'dd');
  if (
    time.kind !== 'times' ||
    !isDaily ||
    waitsInPlace ||
    !time.isEveryDate ||
    time.hours.length > 20 ||
    daysOf(base) > 0
  ) {
    return {};
  }
  const clock = `${twoDigits(Math.max(...time.hours))}:${twoDigits(Math.max(...time.minutes))}`;
  const weekdays = weekdaysOf(time, daysOf(base));

  return {
    due: daysOf(base) === 0 ? clock : `+${-daysOf(base)}d ${clock}`,
    ...(weekdays.length < DAY_NAMES.length && { weekdays }),
  };
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

const describeDays = (word: KnownText): string => {
  const offsets = offsetsOf([word]).filter((offset) => offset !== undefined);
  return offsets.length === 0 ? '' : ` (${offsets.map(describeOffset).join(', ')})`;
};

/** Words that name a place on the server, which no job can see. */
const serverPaths = (words: readonly KnownText[], filling: Filling): string[] =>
  words
    .slice(1)
    .filter((word) => startsWith(word, '/') && fileWord(word, filling) === undefined)
    .map(describeText)
    .filter((path) => !/\.(py|pl|rb|php|js|R|jar|hql|sql|scala|pig|sh)$/.test(path));

const commandOf = (
  plan: Plan,
  filling: Filling,
): { readonly command?: readonly string[]; readonly questions: string[] } => {
  const words = plan.words?.map((word) => ({ word, filled: fillWord(word, filling) })) ?? [];
  const open = words.filter(({ filled }) => filled === undefined);
  const questions = serverPaths(plan.words ?? [], filling).map(
    (path) => `what does the job take in place of \`${path}\`, which is on the server?`,
  );
  if (open.length > 0) {
    const listed = open.map(({ word }) => `\`${describeText(word)}\`${describeDays(word)}`).join(', ');
    return { questions: [...questions, `what does the job take in place of ${listed}, which the run does not tell?`] };
  }
  const command = words.flatMap(({ filled }) => (filled === undefined ? [] : [filled]));
  return command.length === 0 ? { questions } : { command, questions };
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

const finest = (units: readonly DateUnit[]): DateUnit | undefined =>
  UNIT_ORDER.findLast((unit) => units.includes(unit));

/** Works out how fine the dates of a plan are, through the feeds that it waits for. */
const unitOf = (
  plan: Plan,
  plans: readonly Plan[],
  waits: ReadonlyMap<string, Waits>,
  times: ReadonlyMap<number, CronTime>,
  callers: readonly string[],
): DateUnit | undefined => {
  const own = waits.get(plan.name);
  const files = own?.files ?? [];
  const [source] = [...plan.after, ...(own?.feeds ?? []).map(({ plan: other }) => other.name)];
  const before = plans.find(({ name }) => name === source);
  const time = times.get(plan.line);
  if (files.length > 0) {
    return finest(files.flatMap(({ template }) => template.units));
  }
  if (before !== undefined && !callers.includes(before.name)) {
    return unitOf(before, plans, waits, times, [...callers, plan.name]);
  }
  return time?.kind === 'times' ? scheduleUnit(time) : undefined;
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
