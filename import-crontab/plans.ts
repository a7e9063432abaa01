/** Cuts what a cron line does into the feeds that could take its place. */
import type { CronJob } from './crontab.ts';
import { type KnownText, literalOf } from './known-text.ts';
import type { Act, Awaited, Call, Remark, TraceEvent } from './trace.ts';

/** What one feed will wait for and do. */
export type Plan = {
  readonly name: string;
  readonly line: number;
  readonly awaited: readonly Awaited[];
  /** Names of the plans of the same line that come before. */
  readonly after: readonly string[];
  /** The words of its command; absent where there are several commands and no script that holds them. */
  readonly words?: readonly KnownText[];
  /** The command as it is written. */
  readonly commandText: string;
  readonly timeoutSeconds?: number;
  readonly writes: readonly KnownText[];
  readonly remarks: readonly Remark[];
};

export type LineTrace = { readonly line: number; readonly job: CronJob; readonly events: readonly TraceEvent[] };

/** What a line comes to, before it is told whether that makes feeds. */
export type LinePlans = {
  readonly plans: readonly Plan[];
  /** Only commands that move or tidy up files. */
  readonly isUpkeep: boolean;
  readonly remarks: readonly Remark[];
};

type Doing = Act | Call;

/** A stretch of shell: the cron line itself, or a script that it comes to. */
type Level = { readonly events: readonly TraceEvent[]; readonly call?: Call };

/** Lists everything below, calls opened. */
export const flattened = (events: readonly TraceEvent[]): TraceEvent[] =>
  events.flatMap((event) => (event.kind === 'call' ? [event, ...flattened(event.events)] : [event]));

const weighs = (events: readonly TraceEvent[], weight: Act['weight']): boolean =>
  flattened(events).some((event) => event.kind === 'act' && event.weight === weight);

const isDoing = (event: TraceEvent, weight: Act['weight']): event is Doing =>
  (event.kind === 'call' && weighs(event.events, weight)) || (event.kind === 'act' && event.weight === weight);

const doings = (events: readonly TraceEvent[], weight: Act['weight']): Doing[] =>
  events.filter((event) => isDoing(event, weight));

const awaitedIn = (events: readonly TraceEvent[]): Awaited[] =>
  flattened(events).flatMap((event) => (event.kind === 'await' ? [event] : []));

const writesIn = (events: readonly TraceEvent[]): KnownText[] =>
  flattened(events).flatMap((event) => (event.kind === 'write' ? [event.path] : []));

/** Goes down while a stretch does nothing but call one script. */
const innermost = (level: Level, weight: Act['weight']): Level => {
  const [only, ...others] = doings(level.events, weight);
  const waits = level.events.some(({ kind }) => kind === 'await');

  return only?.kind === 'call' && others.length === 0 && !waits
    ? innermost({ events: only.events, call: only }, weight)
    : level;
};

const PREFIX = /^(check|poll|wait|wait-for|watch|run|cron|do|exec|start|job)-(?=.)/;
const INTERPRETERS =
  /^(python[\d.]*|perl|ruby|php|node|Rscript|java|scala|spark-submit|hive|beeline|mysql|psql|hadoop|make|docker|pig|aws)$/;
const PROGRAM = /\.(py|pl|rb|php|js|R|jar|hql|sql|scala|pig|sh)$/;

const slug = (text: string): string =>
  text
    .replace(/\.[A-Za-z0-9]+$/, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');

/** Says which program a command is about: of `python3 jobs/load.py`, `jobs/load.py`. */
export const programPath = (words: readonly KnownText[]): string => {
  const texts = words.map((word) => literalOf(word) ?? '');
  const [first = '', ...others] = texts;
  const program = first.split('/').at(-1) ?? '';
  const target = INTERPRETERS.test(program)
    ? (others.find((text) => PROGRAM.test(text)) ?? others[others.indexOf('-m') + 1])
    : undefined;

  return target === undefined || target === '' || target.startsWith('-') ? first : target;
};

/** Names the program that a command is about, without its folder. */
export const programName = (words: readonly KnownText[]): string => programPath(words).split('/').at(-1) ?? '';

/** The first plain word that follows the program, which mostly tells its calls apart: a shop, a stage. */
const argumentOf = (words: readonly KnownText[]): string | undefined => {
  const texts = words.map((word) => literalOf(word) ?? '');
  const program = texts.findIndex((text) => text.split('/').at(-1) === programName(words));
  const word = texts.slice(program + 1).find((text) => /^[a-z][a-z0-9_]{2,}$/i.test(text));

  return word === undefined ? undefined : slug(word);
};

const MOST_NAME_LENGTH = 36;

const baseName = (words: readonly KnownText[], line: number): string => {
  const name = slug(programName(words));
  const about = argumentOf(words);
  const full = [name.replace(PREFIX, ''), ...(about === undefined || name.includes(about) ? [] : [about])].join('-');
  const short = full.slice(0, MOST_NAME_LENGTH).replace(/^-+|-+$/g, '');

  return short === '' ? `line-${line}` : short;
};

/** Gives out names, each once. */
export const createNames = () => {
  const taken = new Set<string>();
  return (wanted: string): string => {
    let name = wanted;
    for (let count = 2; taken.has(name); count += 1) {
      name = `${wanted}-${count}`;
    }
    taken.add(name);
    return name;
  };
};

type Names = ReturnType<typeof createNames>;

const commandOf = (
  level: Level,
  line: LineTrace,
  awaited: readonly Awaited[],
  works: readonly Doing[],
): {
  readonly words?: readonly KnownText[];
  readonly text: string;
  readonly remarks: readonly Remark[];
  readonly timeoutSeconds?: number;
} => {
  const [first, ...others] = works;
  const waitsInScript = awaited.some(({ place }) => place.script !== undefined && place.script === level.call?.script);
  if (level.call !== undefined && !(waitsInScript && others.length === 0)) {
    const cut: Remark[] = waitsInScript
      ? [
          {
            weight: 'decide',
            text: `${works.length} commands follow the waiting in ${level.call.script}: take the waiting out of the script, and let it be the job`,
          },
        ]
      : [];
    return { words: level.call.words, text: level.call.text, remarks: cut, ...timeoutOf(level.call) };
  }
  if (first !== undefined && others.length === 0) {
    return { words: first.words, text: first.text, remarks: [], ...timeoutOf(first) };
  }
  const text = `the line runs ${works.length} commands (${works.map((work) => work.text).join('; ')}): put them into one script, which is the job`;
  return { text: line.job.command, remarks: [{ weight: 'decide', text }] };
};

const timeoutOf = ({ timeoutSeconds }: { readonly timeoutSeconds?: number }): { timeoutSeconds?: number } =>
  timeoutSeconds === undefined ? {} : { timeoutSeconds };

const singlePlan = (line: LineTrace, level: Level, works: readonly Doing[], names: Names): Plan => {
  const awaited = awaitedIn(line.events);
  const { words, text, remarks, timeoutSeconds } = commandOf(level, line, awaited, works);
  const outer = innermostCallWords(line.events);
  const name = names(baseName(outer.length > 0 ? outer : (words ?? []), line.line));

  return {
    name,
    line: line.line,
    awaited,
    after: [],
    ...(words !== undefined && { words }),
    commandText: text,
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
    writes: writesIn(line.events),
    remarks,
  };
};

/** The script that the cron line itself calls, which is what people call it by. */
const innermostCallWords = (events: readonly TraceEvent[]): readonly KnownText[] => {
  const calls = events.filter((event) => event.kind === 'call' && weighs(event.events, 'work'));
  const [only] = calls;
  return only?.kind === 'call' && calls.length === 1 ? only.words : [];
};

/** How far a parent script was followed. */
type Chain = {
  readonly plans: readonly Plan[];
  /** Whom the next plan waits for. */
  readonly before: readonly string[];
  /** What runs in the background. */
  readonly besides: readonly string[];
  /** What is waited for since the last plan. */
  readonly waits: readonly Awaited[];
};

const withStage = (chain: Chain, event: Doing, line: number, names: Names): Chain => {
  const name = names(baseName(event.words, line));
  const inner = event.kind === 'call' ? event.events : [];
  const plan: Plan = {
    name,
    line,
    awaited: [...chain.waits, ...awaitedIn(inner)],
    after: chain.before,
    words: event.words,
    commandText: event.text,
    ...timeoutOf(event),
    writes: writesIn(inner),
    remarks: remarksIn(inner),
  };

  return {
    plans: [...chain.plans, plan],
    before: event.isBackground ? chain.before : [name],
    besides: event.isBackground ? [...chain.besides, name] : chain.besides,
    waits: [],
  };
};

const followed = (chain: Chain, event: TraceEvent, line: number, names: Names): Chain => {
  if (event.kind === 'join') {
    return { ...chain, before: chain.besides.length > 0 ? chain.besides : chain.before, besides: [] };
  }
  if (isDoing(event, 'work')) {
    return withStage(chain, event, line, names);
  }
  return { ...chain, waits: [...chain.waits, ...awaitedIn([event])] };
};

/** Follows a parent script: each script that it calls becomes a plan that waits for those before. */
const chainedPlans = ({ line }: LineTrace, level: Level, names: Names): readonly Plan[] => {
  const start: Chain = { plans: [], before: [], besides: [], waits: [] };
  const { plans } = level.events.reduce((chain, event) => followed(chain, event, line, names), start);
  const last = plans.at(-1);
  const rest = level.events.flatMap((event) => (event.kind === 'write' ? [event.path] : []));

  return last === undefined ? [] : [...plans.slice(0, -1), { ...last, writes: [...last.writes, ...rest] }];
};

const remarksIn = (events: readonly TraceEvent[]): Remark[] =>
  flattened(events).flatMap((event) => (event.kind === 'remark' ? [{ weight: event.weight, text: event.text }] : []));

const clockRemarks = (events: readonly TraceEvent[]): Remark[] => {
  const scripts = new Set(flattened(events).flatMap((event) => (event.kind === 'clock' ? [event.script] : [])));

  return [...scripts].map((script) => ({
    weight: 'note',
    text: `${script} takes a date from the clock: hand it the run's date, or a late run works on the wrong day`,
  }));
};

const markerRemarks = (events: readonly TraceEvent[]): Remark[] =>
  flattened(events).flatMap((event) =>
    event.kind === 'marker'
      ? [
          {
            weight: 'note',
            text: `\`${event.how}\` keeps it from running again or at the same time, which the ledger does now`,
          } as const,
        ]
      : [],
  );

const ownRemarks = (level: Level, isChain: boolean, line: LineTrace): Remark[] => {
  const all = isChain ? level.events.filter(({ kind }) => kind !== 'call') : line.events;
  const outer = isChain && level.events !== line.events ? line.events.filter(({ kind }) => kind !== 'call') : [];

  return [...remarksIn(outer), ...remarksIn(all), ...markerRemarks(line.events), ...clockRemarks(line.events)];
};

const distinct = (remarks: readonly Remark[]): Remark[] =>
  remarks.filter(({ text }, index) => remarks.findIndex((other) => other.text === text) === index);

const CHAIN_REMARK: Remark = {
  weight: 'note',
  text: 'a feed follows only when the one before has succeeded; shell goes on after a failure unless it is told not to',
};

/** Says which feeds a line could be. */
export const plansOf = (line: LineTrace, names: Names): LinePlans => {
  const weight = weighs(line.events, 'work') ? 'work' : 'upkeep';
  const waits = awaitedIn(line.events).length > 0;
  const isUpkeep = weight === 'upkeep' && weighs(line.events, 'upkeep');
  const level = innermost({ events: line.events }, weight);
  const works = doings(level.events, weight);
  const scripts = works.filter(({ kind }) => kind === 'call');
  const isChain = weight === 'work' && scripts.length > 1;
  const isNothing = works.length === 0 || (isUpkeep && !waits);
  const single = isChain || isNothing ? [] : [singlePlan(line, level, works, names)];

  return {
    plans: isChain ? chainedPlans(line, level, names) : single,
    isUpkeep,
    remarks: distinct([...ownRemarks(level, isChain, line), ...(isChain ? [CHAIN_REMARK] : [])]),
  };
};
