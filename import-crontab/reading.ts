/** Reads a crontab and the scripts beside it, and proposes the configuration that takes its place. */
import type { UserConfig } from '../configuration/define.ts';
import type { UserFeed } from '../configuration/define-feed.ts';
import { ConfigurationError, parseConfiguration } from '../configuration/load.ts';
import { type CronJob, type CronLine, readCrontab } from './crontab.ts';
import { createNames, flattened, type LinePlans, plansOf, programPath } from './plans.ts';
import { type PlannedLine, type Proposal, type Proposals, proposalsFor, type Wishes } from './proposals.ts';
import type { ReadShell } from './shell.ts';
import { type Call, type Remark, type Scripts, type TraceEvent, trace } from './trace.ts';

export type LineKind =
  | 'polls for a file'
  | 'time-driven'
  | 'called by another'
  | 'starts with the machine'
  | 'not understood'
  | 'broken'
  | 'setting'
  | 'comment'
  | 'blank';

/** How sure the reading of a line is; `none` where there is nothing to be sure of. */
export type Confidence = 'sure' | 'likely' | 'guess' | 'none';

export type LineReading = {
  readonly line: number;
  readonly text: string;
  readonly kind: LineKind;
  readonly confidence: Confidence;
  readonly understood: readonly string[];
  /** What a person must decide. */
  readonly decide: readonly string[];
  readonly doubts: readonly string[];
  readonly notes: readonly string[];
  /** Names of the feeds that take its place. */
  readonly feeds: readonly string[];
};

export type CrontabReading = {
  readonly lines: readonly LineReading[];
  /** Scripts that no line comes to. */
  readonly unusedScripts: readonly string[];
  readonly proposals: readonly Proposal[];
  readonly configuration: UserConfig;
};

export type Sources = { readonly crontab: string; readonly scripts: Scripts; readonly isSystem: boolean };

type Traced = {
  readonly line: CronLine;
  readonly job: CronJob;
  readonly events: readonly TraceEvent[];
  readonly planned: LinePlans;
};

const MANY_TIMES_AN_HOUR = 4;

const callsIn = (events: readonly TraceEvent[]): Call[] =>
  flattened(events).flatMap((event) => (event.kind === 'call' ? [event] : []));

const scriptsIn = (events: readonly TraceEvent[]): string[] =>
  flattened(events).flatMap((event) => (event.kind === 'call' || event.kind === 'source' ? [event.script] : []));

/** Programs that the line comes to and that could not be looked into. */
const closedPrograms = (events: readonly TraceEvent[]): string[] => [
  ...new Set(
    flattened(events).flatMap((event) => {
      const program = event.kind === 'act' && event.weight === 'work' ? programPath(event.words) : '';
      return program.includes('/') || /\.\w+$/.test(program) ? [program] : [];
    }),
  ),
];

const isShellName = (program: string): boolean => /\.(sh|bash|ksh|zsh|csh|cron)$/.test(program);

const waitsFor = (events: readonly TraceEvent[]): boolean => flattened(events).some(({ kind }) => kind === 'await');

const ASKS = /^(goes on only|does not go on)/;

const frequencyDoubts = ({ job, events, planned }: Traced): string[] => {
  const { time } = job;
  const isOften = time.kind === 'times' && time.minutes.length >= MANY_TIMES_AN_HOUR;
  const asks = planned.remarks.some(({ text }) => ASKS.test(text));

  return isOften && !asks && !waitsFor(events)
    ? [`it runs ${time.minutes.length} times an hour, so it may look for something; nothing of that was found`]
    : [];
};

const settingNotes: Readonly<Record<string, string>> = {
  MAILTO: 'what the lines below print goes to people by mail: they subscribe to the topic of alerts instead',
  MAILFROM: 'the sender of those mails',
  SHELL: 'the shell of the lines below',
  PATH: 'where the lines below look for programs: the image of the job has its own',
  HOME: 'the folder in which the lines below start',
  CRON_TZ:
    'the zone in which the lines below are run; dates that scripts take from the clock are in that of the server',
  TZ: 'the zone of the dates that scripts take from the clock; it does not change when the lines below are run',
};

const isZone = (timeZone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return /^[A-Za-z]/.test(timeZone);
  } catch {
    return false;
  }
};

const zoneOf = ({ settings }: CronJob, wishes: Wishes): { timeZone?: string } => {
  // TZ is for the commands only: cron goes by the zone of the server. https://manpages.debian.org/stable/cron/crontab.5.en.html
  const zone = settings.get('CRON_TZ');
  return zone === undefined || zone === wishes.timeZone || !isZone(zone) ? {} : { timeZone: zone };
};

const EMPTY: Omit<LineReading, 'line' | 'text' | 'kind'> = {
  confidence: 'none',
  understood: [],
  decide: [],
  doubts: [],
  notes: [],
  feeds: [],
};

const readSetting = (name: string, value: string): Partial<LineReading> => ({
  confidence: 'sure',
  understood: [`${name} is set to ${value === '' ? 'nothing' : value}`],
  notes: [settingNotes[name] ?? 'a variable of the lines below: it is filled in where they use it'],
  decide: name === 'CRON_TZ' && !isZone(value) ? [`which zone is ${value}? It is not an IANA time zone`] : [],
});

const readOther = ({ number, text, entry }: CronLine): LineReading => {
  const start = { ...EMPTY, line: number, text };
  switch (entry.kind) {
    case 'setting':
      return { ...start, kind: 'setting', ...readSetting(entry.name, entry.value) };
    case 'broken':
      return {
        ...start,
        kind: 'broken',
        understood: [`cron does not run it: ${entry.problem}`],
        decide: ['was it meant to run?'],
      };
    case 'comment':
      return entry.disabled === undefined
        ? { ...start, kind: 'comment' }
        : {
            ...start,
            kind: 'comment',
            confidence: 'likely',
            understood: [`a job that somebody has switched off: \`${entry.disabled.command}\``],
            decide: ['is it gone for good?'],
          };
    default:
      return { ...start, kind: 'blank' };
  }
};

/** Questions that show that the line does more than was understood. */
const SHAKES = /^(goes on only|does not go on|no feed |does something else|one of |it also waits)/;

const confidenceOf = (doubts: readonly string[], decide: readonly string[]): Confidence => {
  const count = doubts.length + decide.filter((text) => SHAKES.test(text)).length;
  if (count === 0) {
    return 'sure';
  }
  return count === 1 ? 'likely' : 'guess';
};

const textsOf = (remarks: readonly Remark[], weight: Remark['weight']): string[] =>
  remarks.flatMap((remark) => (remark.weight === weight ? [remark.text] : []));

const distinct = (texts: readonly string[]): string[] => [...new Set(texts)];

type Overview = {
  readonly traced: readonly Traced[];
  readonly proposals: readonly Proposal[];
  readonly refusals: Proposals['refusals'];
};

const linesCalling = (script: string, traced: readonly Traced[], line: number): number[] =>
  traced.flatMap(({ line: { number }, events }) =>
    number !== line && callsIn(events).some((call) => call.script === script) ? [number] : [],
  );

/** The script that the cron line itself calls. */
const ownScript = (events: readonly TraceEvent[]): string | undefined =>
  events.flatMap((event) => (event.kind === 'call' ? [event.script] : [])).at(0);

const callersOf = ({ line, events }: Traced, traced: readonly Traced[]): number[] => {
  const script = ownScript(events);
  const isOuter = (number: number): boolean =>
    traced.some((other) => other.line.number === number && ownScript(other.events) !== script);

  return script === undefined ? [] : linesCalling(script, traced, line.number).filter(isOuter);
};

const followsOthers = (proposals: readonly Proposal[]): boolean => {
  const names = new Set(proposals.map(({ feed }) => feed.name));
  const slots = proposals.flatMap(({ feed }) => Object.values(feed.slots));

  return (
    slots.some((slot) => 'feed' in slot && !names.has(slot.feed)) &&
    !slots.some((slot) => 'files' in slot || 'at' in slot)
  );
};

const unknownScripts = ({ events }: Traced): string[] => closedPrograms(events).filter(isShellName);

const kindOf = (each: Traced, proposals: readonly Proposal[], callers: readonly number[]): LineKind => {
  const waits = waitsFor(each.events);
  if (each.job.time.kind === 'reboot') {
    return 'starts with the machine';
  }
  if (callers.length > 0 || followsOthers(proposals)) {
    return 'called by another';
  }
  if (!waits && (unknownScripts(each).length > 0 || (each.planned.plans.length === 0 && isUnread(each)))) {
    return 'not understood';
  }
  return waits ? 'polls for a file' : 'time-driven';
};

const isUnread = ({ planned: { remarks } }: Traced): boolean => remarks.some(({ weight }) => weight === 'doubt');

const openQuestions = (each: Traced, callers: readonly number[]): string[] => {
  const { planned, job, events } = each;
  const isReboot = job.time.kind === 'reboot';
  return [
    ...(isReboot ? ['does anything of it have to go on running? A feed is no service'] : []),
    ...(callers.length > 0 ? [`lines ${callers.join(', ')} call the same script: it would run twice`] : []),
    ...(planned.isUpkeep && !isReboot && !waitsFor(events)
      ? ['it only moves or tidies up files: is that needed once the server is gone? If so, S3 lifecycle rules do it']
      : []),
    ...(waitsFor(events) ? [] : unknownScripts(each)).map(
      (program) => `${program} is not among the scripts (--scripts), so nobody can tell whether it waits for a file`,
    ),
  ];
};

/** A program that is run once a day or less has hardly time to poll; any other may. */
const isSeldom = ({ job: { time } }: Traced): boolean =>
  time.kind === 'reboot' || (time.minutes.length === 1 && time.hours.length === 1);

const closedNotes = ({ events }: Traced): string[] =>
  waitsFor(events)
    ? []
    : closedPrograms(events)
        .filter((program) => !isShellName(program))
        .map((program) => `${program} is no shell, and was not looked into`);

const readJobLine = (each: Traced, { traced, proposals: all, refusals }: Overview): LineReading => {
  const { line, job, planned } = each;
  const proposals = all.filter((proposal) => proposal.line === line.number);
  const refused = [...refusals].filter(([, refusal]) => refusal.line === line.number);
  const callers = callersOf(each, traced);
  const kind = kindOf(each, proposals, callers);
  const closed = closedNotes(each);
  const doubts = distinct([
    ...textsOf(planned.remarks, 'doubt'),
    ...proposals.flatMap((proposal) => proposal.doubts),
    ...(isSeldom(each) ? [] : closed),
    ...frequencyDoubts(each),
  ]);
  const decide = distinct([
    ...openQuestions(each, callers),
    ...textsOf(planned.remarks, 'decide'),
    ...proposals.flatMap(({ questions }) => questions),
    ...(kind === 'polls for a file' && proposals.length + refused.length === 0
      ? ['no feed was made: nothing was found that is done once the file is there']
      : []),
    ...refused.flatMap(([name, { reasons }]) => reasons.map((reason) => `no feed ${name} was made: ${reason}`)),
  ]);
  const nothing = proposals.length === 0 && refused.length === 0 ? [`comes to \`${job.command}\``] : [];
  const user = job.user === undefined ? [] : [`runs as ${job.user}: the rights are those of the job role now`];
  const input = job.input === undefined ? [] : ['the command is given input by cron: the job has to bring it along'];

  return {
    line: line.number,
    text: line.text,
    kind,
    confidence: kind === 'not understood' ? 'none' : confidenceOf(doubts, decide),
    understood: distinct([...proposals.flatMap(({ understood }) => understood), ...nothing]),
    decide: [...decide, ...input],
    doubts,
    notes: distinct([
      ...job.remarks,
      ...user,
      ...(isSeldom(each) ? closed : []),
      ...textsOf(planned.remarks, 'note'),
      ...proposals.flatMap(({ notes }) => notes),
    ]),
    feeds: proposals.map(({ feed }) => feed.name),
  };
};

/** Takes a feed only where its line can be understood, and is run by cron at all. */
const isPlannable = (each: Traced): boolean =>
  each.job.time.kind === 'times' && (waitsFor(each.events) || unknownScripts(each).length === 0);

const configurationOf = (feeds: readonly UserFeed[], { calendars }: Proposals, { timeZone }: Wishes): UserConfig => {
  const used = new Set(feeds.map(({ calendar }) => calendar));
  const needed = Object.entries(calendars).filter(([name]) => used.has(name));

  return { timeZone, ...(needed.length > 0 && { calendars: Object.fromEntries(needed) }), feeds };
};

const problemsOf = (configuration: UserConfig): readonly string[] => {
  try {
    parseConfiguration(configuration, 'The proposed configuration');
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) {
      return error.problems;
    }
    throw error;
  }
};

/** Takes out what the schema does not take, and says why: nothing is proposed that cannot be used. */
const accepted = (
  proposed: Proposals,
  wishes: Wishes,
): { readonly proposals: readonly Proposal[]; readonly refusals: Proposals['refusals'] } => {
  const refusals = new Map(proposed.refusals);
  let proposals = proposed.proposals;
  for (;;) {
    const feeds = proposals.map(({ feed }) => feed);
    const problems = problemsOf(configurationOf(feeds, proposed, wishes));
    const refused = proposals.filter(({ feed }) => problems.some((problem) => isAbout(problem, feed.name)));
    if (problems.length > 0 && refused.length === 0) {
      throw new ConfigurationError(problems, 'The proposed configuration');
    }
    if (refused.length === 0) {
      return { proposals, refusals };
    }
    for (const { feed, line } of refused) {
      refusals.set(feed.name, { line, reasons: problems.filter((problem) => isAbout(problem, feed.name)) });
    }
    proposals = proposals.filter((proposal) => !refused.includes(proposal));
  }
};

const isAbout = (problem: string, name: string): boolean => {
  const [, first, others = ''] = /^feeds? ([a-z0-9-]+)(?:[,:]|((?: (?:and|->) [a-z0-9-]+)+))/.exec(problem) ?? [];
  return first === name || others.split(/ (?:and|->) /).includes(name);
};

/**
 * Reads a crontab.
 *
 * @throws ConfigurationError when what was wished for, such as the time zone, fits no configuration.
 */
export const readCrontabAndScripts = (sources: Sources, wishes: Wishes, readShell: ReadShell): CrontabReading => {
  const lines = readCrontab(sources.crontab, sources.isSystem);
  const names = createNames();
  const traced = lines.flatMap((line): Traced[] => {
    if (line.entry.kind !== 'job') {
      return [];
    }
    const events = trace(line.entry.command, line.entry.settings, { readShell, scripts: sources.scripts });
    const planned = plansOf({ line: line.number, job: line.entry, events }, names);
    return [{ line, job: line.entry, events, planned }];
  });
  const planned = traced.filter(isPlannable).map(
    ({ line, job, planned: { plans } }): PlannedLine => ({
      line: line.number,
      time: job.time,
      ...zoneOf(job, wishes),
      plans,
    }),
  );
  const proposed = proposalsFor(planned, wishes);
  const { proposals, refusals } = accepted(proposed, wishes);
  const used = new Set(traced.flatMap(({ events }) => scriptsIn(events)));

  return {
    lines: lines.map((line) => {
      const each = traced.find((one) => one.line === line);
      return each === undefined ? readOther(line) : readJobLine(each, { traced, proposals, refusals });
    }),
    unusedScripts: [...sources.scripts.keys()].filter((path) => !used.has(path)).sort(),
    proposals,
    configuration: configurationOf(
      proposals.map(({ feed }) => feed),
      proposed,
      wishes,
    ),
  };
};
