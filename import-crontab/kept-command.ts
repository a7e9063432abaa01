/** Keeps the command of a cron line whole: as the words of one command, as a script, or as the text of the line. */
import { restOfLine } from './cut-line.ts';
import { expand } from './expand.ts';
import { programName } from './feed-names.ts';
import { type Literal, literalsOf } from './formula.ts';
import { describeText, type KnownText } from './known-text.ts';
import type { LineTrace } from './line-trace.ts';
import { hasStep, innerSteps, type Step, type Word, type WordPart } from './shell-steps.ts';
import { type Act, type Call, flattened, type Remark, type TraceEvent } from './trace-events.ts';
import type { Awaited } from './triggers.ts';

/** A stretch of shell: the cron line itself, or a script that it comes to. */
export type Level = { readonly events: readonly TraceEvent[]; readonly call?: Call };

type Kept = { readonly environment: ReadonlyMap<string, KnownText>; readonly remarks: readonly Remark[] };

export type KeptCommand =
  | (Kept & {
      readonly kind: 'words';
      readonly words: readonly KnownText[];
      /** The command in the words of the script. */
      readonly source: string;
      readonly timeoutSeconds?: number;
      /** The folder in which it starts. */
      readonly folder?: KnownText;
      /** The command to keep where the words hold what the run does not tell. */
      readonly otherwise?: KeptCommand;
    })
  | (Kept & {
      readonly kind: 'shell';
      readonly shell: string;
      readonly text: string;
      /** The calls of `date` in the text. */
      readonly dates: readonly { readonly text: string; readonly known: KnownText }[];
    })
  /** No command can be proposed: the remarks say why. */
  | (Kept & { readonly kind: 'none' });

type Asked = {
  readonly line: LineTrace;
  readonly level: Level;
  readonly works: readonly (Act | Call)[];
  readonly awaited: readonly Awaited[];
  /** Steps that a feed does in place of the script. */
  readonly done: ReadonlySet<Step>;
  /** Marks that feeds replace. */
  readonly marks: ReadonlySet<string>;
};

const NOT_HANDED_ON = new Set(
  'PATH HOME SHELL MAILTO MAILFROM LOGNAME USER CRON_TZ CONTENT_TYPE CONTENT_TRANSFER_ENCODING PWD OLDPWD _'.split(' '),
);

const handedOn = (environment: ReadonlyMap<string, KnownText>): Map<string, KnownText> =>
  new Map([...environment].filter(([name]) => !NOT_HANDED_ON.has(name) && !name.startsWith('AWS_BATCH')));

const firstLine = (text: string): string => text.split('\n')[0] ?? '';

const unread = (text: string): Remark => ({ weight: 'unread', text });

const MARKERS = /^(touch|:|echo|date|printf|true|(hadoop|hdfs) d?fs -touchz)\b/;

/** Finds the steps that only set a mark which a feed replaces. */
export const markSteps = (events: readonly TraceEvent[], marks: ReadonlySet<string>): Step[] =>
  events.flatMap((event) =>
    event.kind === 'write' && marks.has(describeText(event.path)) && MARKERS.test(event.step.text) ? [event.step] : [],
  );

/** A mail after a failure: the suite tells people of failed jobs. */
const isFailure = ({ kind, atom }: Literal): boolean => kind === 'not' && atom.kind === 'success';

/** The commands beside the work that a job would lose. */
const extras = (events: readonly TraceEvent[], works: readonly (Act | Call)[], marks: readonly Step[]): Act[] =>
  events.flatMap((event) => {
    if (event.kind !== 'act' || works.includes(event)) {
      return [];
    }
    const isAlarm = event.weight === 'minor' && literalsOf(event.when).some(isFailure);
    const matters = (event.weight === 'minor' && !isAlarm) || event.weight === 'upkeep' || event.weight === 'work';
    return matters && !marks.includes(event.step) ? [event] : [];
  });

/** Says whether a command depends on the round of a loop: each round is a run of the feed. */
const isOfRound = ({ partOf, words }: Act | Call): boolean =>
  (partOf?.kind === 'for' || partOf?.kind === 'loop' || partOf?.kind === 'command') &&
  words.some((word) => word.some((part) => part.kind === 'value' || (part.kind === 'files' && part.isEach)));

const isPlain = (run: Act | Call): boolean => run.folder === undefined && isWhole(run);

const isWhole = (run: Act | Call): boolean =>
  (run.partOf === undefined || isOfRound(run)) &&
  !run.isBackground &&
  !run.words.some((word) => word.some(({ kind }) => kind === 'any'));

/** Says whether a condition of a command is neither waiting nor anything else that a feed does. */
const isAsked = ({ when }: Act | Call, done: ReadonlySet<Step>): boolean =>
  literalsOf(when).some(({ atom }) => {
    if (atom.kind === 'success' || atom.kind === 'count') {
      return false;
    }
    return atom.kind === 'asked' || !done.has(atom.step);
  });

const wordsOf = (
  run: Act | Call,
  remarks: readonly Remark[],
  otherwise?: KeptCommand,
): KeptCommand & { readonly kind: 'words' } => ({
  kind: 'words',
  words: run.words,
  source: run.text,
  environment: handedOn(run.environment),
  remarks,
  ...(otherwise !== undefined && { otherwise }),
  ...(run.timeoutSeconds !== undefined && { timeoutSeconds: run.timeoutSeconds }),
});

const datesIn = (steps: readonly Step[]): { readonly text: string; readonly known: KnownText }[] =>
  steps.flatMap((step) => [...wordsIn(step).flatMap((word) => word.flatMap(dateOf)), ...datesIn(innerSteps(step))]);

const dateOf = (part: WordPart): { text: string; known: KnownText }[] => {
  const known = part.kind === 'output' ? expand([part], new Map()) : [];
  const isDate = known.length > 0 && known.every(({ kind }) => kind === 'date' || kind === 'text');
  return isDate && known.some(({ kind }) => kind === 'date') ? [{ text: part.text, known }] : [];
};

const wordsIn = (step: Step): readonly Word[] => {
  switch (step.kind) {
    case 'command':
      return [...step.words, ...step.assignments.map(({ value }) => value)];
    case 'assign':
      return step.assignments.map(({ value }) => value);
    case 'redirected':
      return step.redirects.map(({ target }) => target);
    case 'test':
    case 'for':
      return step.words;
    default:
      return [];
  }
};

/** Opens `bash -c '...'` where it is all that the line does. */
const openedSteps = ({ steps, texts }: LineTrace): readonly Step[] => {
  const [only, ...others] = steps;
  const inner = only?.kind === 'redirected' ? only.step : only;
  const opened = inner && texts.get(inner);
  return opened !== undefined && others.length === 0 ? opened : steps;
};

const shellOf = ({ job, steps }: LineTrace): string => {
  const [first] = steps;
  const [, called] = /^\S*?\b(bash|zsh|ksh|csh|tcsh|dash)\s/.exec(first?.text ?? '') ?? [];
  return called ?? job.settings.get('SHELL')?.split('/').at(-1) ?? 'sh';
};

const folderQuestion = (path: string): string => `the job starts in the folder \`${path}\`: is it in its image?`;

const questionsOn = (events: readonly TraceEvent[], marks: ReadonlySet<string>): Remark[] => {
  const written = events.flatMap((event) => (event.kind === 'write' ? [describeText(event.path)] : []));
  const read = events.flatMap((event) => (event.kind === 'read' ? [describeText(event.path)] : []));
  const folders = events.flatMap((event) =>
    (event.kind === 'act' || event.kind === 'call') && event.folder !== undefined ? [describeText(event.folder)] : [],
  );
  return [
    ...[...new Set(written)]
      .filter((path) => !marks.has(path))
      .map((path) => unread(`where does the job write in place of \`${path}\`, which is on the server?`)),
    ...[...new Set(read)].map((path) =>
      unread(`what does the job read in place of \`${path}\`, which is on the server?`),
    ),
    ...[...new Set(folders)].map((path) => unread(folderQuestion(path))),
  ];
};

const MOST_NAMES = 8;

const named = (programs: readonly string[]): string => {
  const names = programs.filter((name) => name !== '');
  const more = names.length - MOST_NAMES;
  return [...names.slice(0, MOST_NAMES), ...(more > 0 ? [`${more} more`] : [])].join(', ');
};

/** Keeps what is left of the line, to be run by a shell. */
const keptText = ({ line, level, works, awaited, done, marks }: Asked): KeptCommand => {
  const steps = openedSteps(line);
  const cut = new Set([...done, ...markSteps(level.events, marks)]);
  const isFound = awaited.every(({ step }) => hasStep(steps, (each) => each === step));
  const text = isFound ? restOfLine(steps, cut) : undefined;
  const environment = handedOn(
    new Map([...line.job.settings].map(([name, value]) => [name, [{ kind: 'text', text: value }]])),
  );
  if (text === undefined || text === '') {
    const names = works.map((work) => `\`${firstLine(work.text)}\``).join('; ');
    const why = `the waiting cannot be taken out of the line, which runs ${names}: put them into one script, which is the job`;
    return { kind: 'none', environment, remarks: [unread(why)] };
  }
  const programs = new Set(
    flattened(level.events).flatMap((event) =>
      event.kind === 'act' && event.weight !== 'none' ? [programName(event.words)] : [],
    ),
  );
  const shell = shellOf(line);
  const has = `the job runs what is left of the line by \`${shell} -c\`: does its image have all of it (${named([...programs])})?`;
  return {
    kind: 'shell',
    shell,
    text,
    dates: datesIn(steps),
    environment,
    remarks: [unread(has), ...questionsOn(level.events, marks)],
  };
};

const listed = (acts: readonly { readonly text: string }[]): string =>
  [...new Set(acts.map(({ text }) => `\`${firstLine(text)}\``))].join(', ');

/** The command of a script that waits by itself: the one command that follows, or the script. */
const keptOfScript = ({ level, works, done, marks }: Asked, call: Call): KeptCommand => {
  const [first, ...others] = works;
  const events = flattened(level.events);
  const more = extras(events, works, markSteps(events, marks));
  const isSourcing = events.some((event) => event.kind === 'source' && event.script === undefined);
  const beside = more.length === 0 ? '' : `; it runs also ${listed(more)}`;
  const text = `${listed(works)} ${works.length === 1 ? 'follows' : 'follow'} the waiting in ${call.script}${beside}: take the waiting out of the script, and let it be the job`;
  const whole = wordsOf(call, [unread(text)]);
  const isAlone = others.length === 0 && more.length === 0 && !isSourcing;
  return first !== undefined && isAlone && isPlain(first) && !isAsked(first, done) ? wordsOf(first, [], whole) : whole;
};

/** Keeps the command of one stage of a parent script; `undefined` where it stands in a pipe or a loop. */
export const keptStage = (stage: Act | Call): KeptCommand | undefined => {
  const { folder } = stage;
  if (!isWhole(stage)) {
    return undefined;
  }
  const kept = wordsOf(stage, folder === undefined ? [] : [unread(folderQuestion(describeText(folder)))]);
  return folder === undefined ? kept : { ...kept, folder };
};

const runsOf = (events: readonly TraceEvent[], works: readonly (Act | Call)[]): (Act | Call)[] =>
  events.flatMap((event) => {
    const isRun = (event.kind === 'call' || event.kind === 'act') && holds(event, works);
    return isRun ? [event] : [];
  });

const holds = (run: Act | Call, works: readonly (Act | Call)[]): boolean =>
  works.includes(run) ||
  (run.kind === 'call' &&
    run.events.some((event) => (event.kind === 'call' || event.kind === 'act') && holds(event, works)));

/** Keeps the command of a plan. */
export const keptCommand = (asked: Asked): KeptCommand => {
  const { level, works, awaited, done, marks, line } = asked;
  const { call } = level;
  if (call !== undefined && awaited.some(({ place }) => place.script !== undefined)) {
    return keptOfScript(asked, call);
  }
  // A script that does not wait is the job itself, as the line calls it.
  const events = call === undefined ? level.events : line.events;
  const runs = call === undefined ? works : runsOf(events, works);
  const [run, ...others] = runs;
  const more = extras(events, runs, markSteps(events, marks));
  const isSourcing = events.some(({ kind }) => kind === 'source');
  const whole = keptText({ ...asked, level: { events }, works: runs });
  const isAlone = others.length === 0 && more.length === 0 && !isSourcing;
  const isKept = run !== undefined && isAlone && isPlain(run) && (!isAsked(run, done) || whole.kind === 'none');
  return isKept ? wordsOf(run, [], whole) : whole;
};
