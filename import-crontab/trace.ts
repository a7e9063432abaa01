/**
 * Follows a cron line through the scripts that it calls, without running any of it, and lists what it would do: which files it waits for,
 * what holds it back, which commands it comes to.
 */
import { type Check, type Condition, conditionOf } from './conditions.ts';
import { expand, listedPath } from './expand.ts';
import { type KnownText, literalOf, plain } from './known-text.ts';
import type { ReadShell, Redirect, Step, Word } from './shell.ts';
import { type Unwrapped, unwrapped } from './wrappers.ts';

/** A line of a script, or of the crontab where there is no script. */
export type Place = { readonly script?: string; readonly line: number };

/** How much a command matters: `quiet` ones only tell or tidy, `upkeep` moves files, `work` is what it is all about. */
export type Weight = 'quiet' | 'upkeep' | 'work';

/** What a person has to know of: `decide` is a question, `doubt` makes the reading less than sure. */
export type Remark = { readonly weight: 'note' | 'doubt' | 'decide'; readonly text: string };

export type Act = {
  readonly kind: 'act';
  readonly words: readonly KnownText[];
  readonly text: string;
  readonly weight: Weight;
  readonly place: Place;
  readonly isBackground: boolean;
  readonly timeoutSeconds?: number;
};

export type Call = {
  readonly kind: 'call';
  /** As it is called in the folder of scripts. */
  readonly script: string;
  readonly words: readonly KnownText[];
  readonly text: string;
  readonly events: readonly TraceEvent[];
  readonly place: Place;
  readonly isBackground: boolean;
  readonly timeoutSeconds?: number;
};

export type Awaited = Check & {
  readonly place: Place;
  readonly isEach: boolean;
  readonly isEither: boolean;
  /** Whether it sleeps until the file is there, instead of being started again. */
  readonly isWaiting: boolean;
};

export type TraceEvent =
  | ({ readonly kind: 'await' } & Awaited)
  /** A file that must not be there. */
  | { readonly kind: 'marker'; readonly path: KnownText; readonly how: string; readonly place: Place }
  | Act
  | Call
  /** `wait`: what runs in the background has ended. */
  | { readonly kind: 'join' }
  | { readonly kind: 'write'; readonly path: KnownText }
  /** A script that is read into another. */
  | { readonly kind: 'source'; readonly script: string }
  /** A script takes a date from the clock. */
  | { readonly kind: 'clock'; readonly text: string; readonly script: string }
  | ({ readonly kind: 'remark' } & Remark);

/** The scripts beside a crontab, by path. */
export type Scripts = ReadonlyMap<string, string>;

type Tools = { readonly readShell: ReadShell; readonly scripts: Scripts };

/** Where the trace is: it changes as the script goes on. */
type State = {
  readonly tools: Tools;
  readonly events: TraceEvent[];
  readonly variables: Map<string, KnownText>;
  readonly functions: Map<string, readonly Step[]>;
  readonly script?: string;
  /** The scripts and functions that led here. */
  readonly callers: readonly string[];
  readonly isBackground: boolean;
  /** Whether it is in a loop that sleeps. */
  readonly isWaiting: boolean;
  /** Whether what comes next hangs on how this ends. */
  readonly isAsked: boolean;
  readonly timeoutSeconds?: number;
  /** What the last command says of itself, of which `$?` tells. */
  status: { condition: Condition | undefined };
};

const MOST_CALLERS = 12;

const QUIET = new Set(
  `echo printf mkdir rm rmdir touch mail mailx sendmail mutt logger date sleep cd pushd popd set true false : exit return break continue trap umask
  unset read shift wait kill basename dirname chmod chown chgrp test let typeset exec ulimit hostname whoami id df du uptime getopts ls stat cat head
  tail wc find grep awk sed sort uniq cut tr tee pwd tput clear eval hash builtin`.split(/\s+/),
);

const UPKEEP = new Set(
  'mv cp ln gzip gunzip bzip2 xz zcat tar zip unzip scp rsync install truncate logrotate savelog tmpwatch tmpreaper ntpdate sync split'.split(
    ' ',
  ),
);

const placeIn = (state: State, step: Step): Place =>
  state.script === undefined ? { line: step.line } : { script: state.script, line: step.line };

const remark = (state: State, weight: Remark['weight'], text: string): void => {
  state.events.push({ kind: 'remark', weight, text });
};

const programOf = (words: readonly KnownText[]): string =>
  literalOf(words[0] ?? [])
    ?.split('/')
    .at(-1) ?? '';

/** Finds a script by the path by which it is called; the folder may stand for any other. */
const findScript = (called: string, scripts: Scripts): string | undefined => {
  const wanted = called.replace(/^(\.\/)+/, '').split('/');
  const candidates = [...scripts.keys()].map((path) => {
    const pieces = path.split('/');
    let same = 0;
    while (same < pieces.length && pieces.at(-1 - same) === wanted.at(-1 - same)) {
      same += 1;
    }
    return { path, same };
  });
  const [best, next] = candidates.filter(({ same }) => same > 0).sort((one, other) => other.same - one.same);

  return best === undefined || best.same === next?.same ? undefined : best.path;
};

const isShellScript = (path: string, source: string): boolean =>
  /^#!.*\b(ba|k|z|da)?sh\b/.test(source) ||
  (!source.startsWith('#!') && /(^|\/)[^.]*$|\.(sh|bash|ksh|cron)$/.test(path));

/** Says whether steps end or put off what they stand in. */
const leaves = (steps: readonly Step[]): boolean => {
  const last = steps.findLast(({ kind }) => kind !== 'other');
  if (last === undefined) {
    return false;
  }
  switch (last.kind) {
    case 'command':
      return /^(exit|return|continue)\b/.test(last.text);
    case 'group':
      return leaves(last.steps);
    case 'redirected':
      return leaves([last.step]);
    case 'and':
      return leaves([last.right]);
    default:
      return false;
  }
};

const innerSteps = (step: Step): readonly Step[] => {
  switch (step.kind) {
    case 'and':
    case 'or':
      return [step.left, step.right];
    case 'group':
    case 'pipe':
      return step.steps;
    case 'not':
    case 'redirected':
    case 'background':
      return [step.step];
    case 'if':
      return [...step.branches.flatMap(({ steps }) => steps), ...step.otherwise];
    case 'loop':
    case 'for':
      return step.body;
    default:
      return [];
  }
};

const some = (steps: readonly Step[], is: (step: Step) => boolean): boolean =>
  steps.some((step) => is(step) || some(innerSteps(step), is));

const isCommand =
  (pattern: RegExp) =>
  (step: Step): boolean =>
    step.kind === 'command' && pattern.test(step.text);

const isSleep = isCommand(/^sleep\b/);
const isBreak = isCommand(/^break\b/);

/** Says whether steps do nothing but tell, count and pass the time. */
const isPassive = (steps: readonly Step[], state: State): boolean =>
  steps.every((step) => {
    if (step.kind !== 'command') {
      return (
        ['assign', 'other', 'test'].includes(step.kind) ||
        (innerSteps(step).length > 0 && isPassive(innerSteps(step), state))
      );
    }
    const program = programOf(step.words.map((word) => expand(word, state.variables)));
    return QUIET.has(program) && !state.functions.has(program);
  });

type Settling = { readonly mustHold: boolean; readonly isEither: boolean; readonly step: Step };

const settleCheck = (check: Check, { mustHold, isEither, step }: Settling, state: State): void => {
  const place = placeIn(state, step);
  if (isOneOfMany(check)) {
    return;
  }
  if (mustHold) {
    state.events.push({ kind: 'await', ...check, place, isEach: false, isEither, isWaiting: state.isWaiting });
  } else {
    state.events.push({ kind: 'marker', path: check.path, how: check.how, place });
  }
};

/** Tests of a count or of how the last command ended: they belong to waiting and to errors. */
const COUNTS = /^\[+ *"?\$(\?|#|\{?\w+\}?)"? -(eq|ne|gt|ge|lt|le) \d+ *\]+$/;

const isOneOfMany = ({ path }: Check): boolean => path.length === 1 && path[0]?.kind === 'files' && path[0].isEach;

/** Notes what a condition asks for before the script goes on. */
const settle = (condition: Condition, settling: Settling, state: State): void => {
  switch (condition.kind) {
    case 'check':
      settleCheck(condition.check, settling, state);
      return;
    case 'not':
      settle(condition.of, { ...settling, mustHold: !settling.mustHold }, state);
      return;
    case 'opaque':
      if (condition.asksCommand || !COUNTS.test(condition.text)) {
        const start = settling.mustHold ? 'goes on only if' : 'does not go on if';
        remark(state, 'decide', `${start} \`${condition.text}\`, which a feed cannot ask`);
      }
      return;
    default: {
      const isChoice = condition.of.length > 1 && (condition.kind === 'any') === settling.mustHold;
      for (const each of condition.of) {
        settle(each, { ...settling, isEither: settling.isEither || isChoice }, state);
      }
    }
  }
};

const around = (state: State) => ({ variables: state.variables, previous: state.status.condition });

const asCondition = (step: Step, state: State): Condition | undefined => conditionOf(step, around(state));

/** Follows steps aside, to learn what they do without doing it. */
const eventsAside = (steps: readonly Step[], state: State): TraceEvent[] => {
  const aside: State = { ...state, events: [], variables: new Map(state.variables), status: { condition: undefined } };
  walk(steps, aside);
  return aside.events;
};

const isDoing = (event: TraceEvent): boolean =>
  event.kind === 'call' || (event.kind === 'act' && event.weight !== 'quiet');

const walkIf = (step: Step & { readonly kind: 'if' }, state: State): void => {
  const [first, ...others] = step.branches;
  if (first === undefined) {
    return;
  }
  walk(first.condition.slice(0, -1), state);
  const last = first.condition.at(-1);
  const condition = last && asCondition(last, state);
  const isTurned =
    leaves(first.steps) || (isPassive(first.steps, state) && !some(first.steps, isBreak) && step.otherwise.length > 0);
  const isEmpty =
    isPassive(first.steps, state) && step.otherwise.length === 0 && !leaves(first.steps) && !some(first.steps, isBreak);
  if (last !== undefined && condition === undefined) {
    walk([last], { ...state, isAsked: true });
  }
  if (condition !== undefined && !isEmpty) {
    settle(condition, { mustHold: !isTurned, isEither: false, step }, state);
  }
  walk(isTurned ? step.otherwise : first.steps, state);
  const aside = isTurned ? first.steps : step.otherwise;
  for (const event of eventsAside([...others.flatMap(({ steps }) => steps), ...aside], state).filter(isDoing)) {
    remark(
      state,
      'decide',
      `does something else otherwise: \`${event.kind === 'act' || event.kind === 'call' ? event.text : ''}\``,
    );
  }
};

const walkLoop = (step: Step & { readonly kind: 'loop' }, state: State): void => {
  walk(step.condition.slice(0, -1), state);
  const last = step.condition.at(-1);
  const isWaiting = some(step.body, isSleep);
  const condition = last && asCondition(last, state);
  if (condition?.kind !== 'opaque' && condition !== undefined && (isWaiting || step.until)) {
    settle(condition, { mustHold: step.until, isEither: false, step }, { ...state, isWaiting: true });
  }
  if (last?.kind === 'command' && last.text.startsWith('read')) {
    const [, name] = last.words
      .map((word) => literalOf(expand(word, state.variables)))
      .filter((word) => !word?.startsWith('-'));
    state.variables.set(
      name ?? '',
      state.variables.get('\0piped') ?? [{ kind: 'value', name: (name ?? 'line').toLowerCase() }],
    );
  }
  walk(step.body, { ...state, isWaiting: state.isWaiting || isWaiting });
};

/** Makes one file at a time of the files that a loop goes through. */
const eachOf = (text: KnownText): KnownText => {
  const files = text.find((part) => part.kind === 'files');
  const path = files?.kind === 'files' ? files.path : text;

  return [{ kind: 'files', path, isEach: true }];
};

const walkFor = (step: Step & { readonly kind: 'for' }, state: State): void => {
  const texts = step.words.map((word) => expand(word, state.variables));
  const files = texts.filter((text) => text.some(({ kind }) => kind === 'any' || kind === 'files'));
  const literals = texts.map(literalOf).filter((text) => text !== undefined);
  const [first] = files;
  if (first !== undefined) {
    const each = eachOf(first);
    const [part] = each;
    state.variables.set(step.variable, each);
    if (part?.kind === 'files' && eventsAside(step.body, state).some(isDoing)) {
      state.events.push({
        kind: 'await',
        path: part.path,
        how: `for ${step.variable} in …`,
        min: 1,
        minBytes: 0,
        isFolder: false,
        doubts: [],
        place: placeIn(state, step),
        isEach: true,
        isEither: false,
        isWaiting: false,
      });
    }
  } else if (literals.length > 0 && literals.length === texts.length) {
    const values = literals.flatMap((text) => text.split(/\s+/)).filter((text) => text !== '');
    state.variables.set(step.variable, [{ kind: 'value', name: step.variable.toLowerCase(), values }]);
  }
  walk(step.body, { ...state, isWaiting: state.isWaiting || some(step.body, isSleep) });
};

const CLOCK = /\bdate\s+[^)|]*\+%?/;

const noteClock = (word: Word, state: State): void => {
  const texts = word.flatMap((part) => (part.kind === 'output' && CLOCK.test(part.text) ? [part.text] : []));
  for (const text of state.script === undefined ? [] : texts) {
    state.events.push({ kind: 'clock', text, script: state.script ?? '' });
  }
};

const assign = (assignments: (Step & { readonly kind: 'assign' })['assignments'], state: State): void => {
  for (const { name, value } of assignments) {
    noteClock(value, state);
    state.variables.set(name, expand(value, state.variables));
    const files = expand(value, state.variables).find((part) => part.kind === 'files');
    if (files?.kind === 'files') {
      const check: Check = { path: files.path, how: `${name}=…`, min: 1, minBytes: 0, isFolder: false, doubts: [] };
      state.status = { condition: { kind: 'check', check } };
    }
  }
};

const withArguments = (state: State, words: readonly KnownText[], name: string): Map<string, KnownText> => {
  const variables = new Map(state.variables);
  for (let index = 1; index < MOST_CALLERS; index += 1) {
    variables.delete(String(index));
  }
  for (const [index, word] of words.slice(1).entries()) {
    variables.set(String(index + 1), word);
  }
  return variables.set('0', plain(name));
};

const WRITERS: Readonly<Record<string, (words: readonly KnownText[]) => readonly KnownText[]>> = {
  touch: (words) => words.slice(1),
  mv: (words) => words.slice(-1),
  cp: (words) => words.slice(-1),
  ln: (words) => words.slice(-1),
  tee: (words) => words.slice(-1),
};

const writtenBy = (words: readonly KnownText[]): readonly KnownText[] => {
  const program = programOf(words);
  const [, verb, option] = words.map(literalOf);
  if (program === 'aws' && verb === 's3' && ['cp', 'mv', 'sync'].includes(option ?? '')) {
    return words
      .slice(3)
      .filter((word) => !literalOf(word)?.startsWith('-'))
      .slice(1, 2);
  }
  if (
    (program === 'hadoop' || program === 'hdfs') &&
    ['-touchz', '-put', '-copyFromLocal', '-mv', '-cp'].includes(option ?? '')
  ) {
    return words.slice(-1);
  }
  return Object.hasOwn(WRITERS, program) ? (WRITERS[program]?.(words) ?? []) : [];
};

const weightOf = (words: readonly KnownText[]): Weight => {
  const program = programOf(words);
  const verb = literalOf(words[1] ?? []);
  if (QUIET.has(program) || listedPath(words) !== undefined) {
    return 'quiet';
  }
  return UPKEEP.has(program) ||
    (program === 'aws' && verb === 's3') ||
    (/^(hadoop|hdfs)$/.test(program) && /^(fs|dfs)$/.test(verb ?? ''))
    ? 'upkeep'
    : 'work';
};

const withTimeout = ({ timeoutSeconds }: { readonly timeoutSeconds?: number }): { timeoutSeconds?: number } =>
  timeoutSeconds === undefined ? {} : { timeoutSeconds };

/** What a script or function ends with is what it says to whom calls it: there, a look at files has to succeed. */
const settleLast = (steps: readonly Step[], state: State): void => {
  const last = steps.at(-1);
  const condition = last && setsStatus(last) ? asCondition(last, state) : undefined;
  if (last !== undefined && condition !== undefined && condition.kind !== 'opaque') {
    settle(condition, { mustHold: true, isEither: false, step: last }, state);
  }
};

/** Says that a script or function decides by what it answers, which is not followed. */
const noteAnswer = (name: string, steps: readonly Step[], word: 'exit' | 'return', state: State): void => {
  const refuses = some(steps, isCommand(new RegExp(`^${word} +[1-9]`)));
  const agrees = some(steps, isCommand(new RegExp(`^${word}( +0)?$`)));
  if (refuses && agrees) {
    remark(state, 'doubt', `${name} says yes or no by \`${word}\`: what that means to its caller was not followed`);
  }
};

const walkScript = (
  script: string,
  words: readonly KnownText[],
  step: Step,
  state: State,
  isSourced: boolean,
): void => {
  const source = state.tools.scripts.get(script) ?? '';
  if (state.callers.includes(script) || state.callers.length > MOST_CALLERS) {
    remark(state, 'doubt', `${script} calls itself: it is followed once`);
    return;
  }
  const steps = state.tools.readShell(source);
  const callers = [...state.callers, script];
  if (isSourced) {
    state.events.push({ kind: 'source', script });
    walk(steps, { ...state, callers });
    return;
  }
  const inside: State = {
    tools: state.tools,
    events: [],
    variables: withArguments(state, words, script),
    functions: new Map(),
    script,
    callers,
    isBackground: false,
    isWaiting: false,
    isAsked: false,
    status: { condition: undefined },
  };
  walk(steps, inside);
  settleLast(steps, inside);
  noteAnswer(script, state.isAsked ? steps : [], 'exit', inside);
  state.events.push({
    kind: 'call',
    script,
    words,
    text: step.text,
    events: inside.events,
    place: placeIn(state, step),
    isBackground: state.isBackground,
    ...withTimeout(state),
  });
};

const walkFunction = (name: string, words: readonly KnownText[], state: State): void => {
  const body = state.functions.get(name) ?? [];
  const callers = [...state.callers, `${name}()`];
  if (state.callers.includes(`${name}()`)) {
    return;
  }
  const inside: State = {
    ...state,
    callers,
    variables: withArguments(state, words, literalOf(state.variables.get('0') ?? []) ?? ''),
  };
  walk(body, inside);
  settleLast(body, inside);
  noteAnswer(`${name}()`, body, 'return', inside);
};

const noteWrappers = ({ remarks, host }: Unwrapped, state: State): void => {
  for (const text of remarks) {
    remark(state, 'note', text);
  }
  if (host !== undefined) {
    remark(state, 'decide', `runs on another host, ${host}: the job has to do there what it needs, or bring it along`);
  }
};

/** Takes the command out of `find … -exec …`. */
const executedByFind = (words: readonly Word[], state: State): readonly Word[] | undefined => {
  const texts = words.map((word) => literalOf(expand(word, state.variables)));
  const at = texts.findIndex((text) => text === '-exec' || text === '-ok');
  const end = texts.findIndex((text, index) => index > at && (text === ';' || text === '+'));

  return at === -1 ? undefined : words.slice(at + 1, end === -1 ? undefined : end);
};

const walkFind = (
  step: Step & { readonly kind: 'command' },
  words: readonly Word[],
  texts: readonly KnownText[],
  state: State,
): void => {
  const executed = executedByFind(words, state);
  const path = listedPath(texts);
  const program = executed && programOf(executed.map((word) => expand(word, state.variables)));
  if (executed === undefined || path === undefined || QUIET.has(program ?? '') || UPKEEP.has(program ?? '')) {
    state.events.push({
      kind: 'act',
      words: texts,
      text: step.text,
      weight: 'upkeep',
      place: placeIn(state, step),
      isBackground: false,
    });
    return;
  }
  const files: Check = {
    path,
    how: step.text,
    min: 1,
    minBytes: 0,
    isFolder: false,
    doubts: ['find looks into folders below, too; a template does not'],
  };
  state.events.push({
    kind: 'await',
    ...files,
    place: placeIn(state, step),
    isEach: true,
    isEither: false,
    isWaiting: false,
  });
  state.variables.set('\0found', [{ kind: 'files', path, isEach: true }]);
  const named = executed.map((word) =>
    literalOf(expand(word, state.variables)) === '{}' ? [{ kind: 'variable' as const, name: '\0found' }] : word,
  );
  walk([{ ...step, words: named }], state);
};

/** Reads the text that is handed to a shell: `sh -c '…'`, `ssh host '…'`. */
const walkText = (step: Step, words: readonly Word[], state: State): void => {
  const text = literalOf(expand(words[0] ?? [], state.variables));
  if (text === undefined) {
    remark(state, 'decide', `the command is put together when it runs: \`${step.text}\``);
    return;
  }
  const [, ...others] = words.map((word) => expand(word, state.variables));
  const inner = state.tools.readShell(text).map((each) => ({ ...each, line: step.line }));
  walk(inner, { ...state, variables: withArguments(state, others, literalOf(others[0] ?? []) ?? '') });
};

const pushAct = (step: Step, words: readonly KnownText[], state: State, timeout: { timeoutSeconds?: number }): void => {
  state.events.push({
    kind: 'act',
    words,
    text: step.text,
    weight: weightOf(words),
    place: placeIn(state, step),
    isBackground: state.isBackground,
    ...timeout,
  });
  for (const path of writtenBy(words)) {
    state.events.push({ kind: 'write', path });
  }
};

const changeFolder = (folder: KnownText, state: State): void => {
  state.variables.set('PWD', folder);
};

/** Finds the shell script that a command calls. */
const calledScript = (called: string | undefined, { tools: { scripts } }: State): string | undefined => {
  const script = called === undefined ? undefined : findScript(called, scripts);
  return script !== undefined && isShellScript(script, scripts.get(script) ?? '') ? script : undefined;
};

const walkProgram = (step: Step & { readonly kind: 'command' }, read: Unwrapped, state: State): void => {
  const words = read.words.map((word) => expand(word, state.variables));
  const timeout = withTimeout(read.timeoutSeconds === undefined ? state : read);
  const program = programOf(words);
  const isSource = program === '.' || program === 'source';
  const called = literalOf(words[isSource ? 1 : 0] ?? []);
  const script = calledScript(called, state);
  if (state.functions.has(program)) {
    walkFunction(program, words, state);
  } else if (script !== undefined) {
    walkScript(script, words, step, { ...state, ...timeout }, isSource);
  } else if (isSource) {
    remark(state, 'doubt', `${called ?? step.text} is not among the scripts: what it sets is not known`);
  } else if (program === 'cd') {
    changeFolder(words[1] ?? [], state);
  } else if (program === 'wait') {
    state.events.push({ kind: 'join' });
  } else if (program === 'find') {
    walkFind(step, read.words, words, state);
  } else {
    pushAct(step, words, state, timeout);
  }
};

const walkCommand = (step: Step & { readonly kind: 'command' }, state: State): void => {
  for (const word of step.words) {
    noteClock(word, state);
  }
  const [first] = step.words;
  if (first === undefined) {
    assign(step.assignments, state);
    return;
  }
  const read = unwrapped(step.words, state.variables);
  noteWrappers(read, state);
  const inner: State = {
    ...state,
    variables: step.assignments.length === 0 ? state.variables : new Map(state.variables),
  };
  assign(step.assignments, inner);
  if (read.isShellText) {
    walkText(step, read.words, { ...inner, ...withTimeout(read) });
    return;
  }
  walkProgram(step, read, inner);
};

/** Programs that may be asked something, or do the work. */
const ALSO_WORKS = /^(curl|wget|mysql|psql|sqlplus|hive|lftp|gsutil)\b/;

const ONLY_ASKS = /\/dev\/null|--head\b|\s-I\b|--spider\b/;

const pairCondition = (step: Step & { readonly kind: 'and' | 'or' }, state: State): Condition | undefined => {
  const condition = asCondition(step.left, state);
  const works = ALSO_WORKS.test(step.left.text) && !ONLY_ASKS.test(step.left.text) && step.left.kind !== 'pipe';

  return condition?.kind === 'opaque' && works && !leaves([step.right]) ? undefined : condition;
};

const walkPair = (step: Step & { readonly kind: 'and' | 'or' }, state: State): void => {
  const condition = pairCondition(step, state);
  if (condition === undefined && step.left.kind === 'and') {
    // `cd x && [ -f y ] && z` asks for y, although what stands before it is no condition.
    walk([step.left.left, { ...step, left: step.left.right }], state);
    return;
  }
  if (condition === undefined) {
    walk([step.left], { ...state, isAsked: true });
    if (step.kind === 'and') {
      walk([step.right], state);
      return;
    }
    for (const event of eventsAside([step.right], state)) {
      if (isDoing(event) && (event.kind === 'act' || event.kind === 'call')) {
        remark(state, 'decide', `does something else when that fails: \`${event.text}\``);
      }
    }
    return;
  }
  const isLeaving = leaves([step.right]);
  if (step.kind === 'or' && !isLeaving && isPassive([step.right], state)) {
    return;
  }
  settle(condition, { mustHold: (step.kind === 'and') !== isLeaving, isEither: false, step: step.left }, state);
  if (!isLeaving) {
    walk([step.right], state);
  }
};

const UNWRITTEN = /^\/dev\/|\.log$|^\/var\/log\//;

const noteRedirects = (redirects: readonly Redirect[], state: State): void => {
  for (const { operator, target } of redirects) {
    const path = expand(target, state.variables);
    if (operator.startsWith('>') && operator !== '>&' && !UNWRITTEN.test(literalOf(path) ?? '')) {
      state.events.push({ kind: 'write', path });
    }
  }
};

const walkPipe = (steps: readonly Step[], state: State): void => {
  const [first, ...others] = steps;
  if (first === undefined) {
    return;
  }
  const words = first.kind === 'command' ? first.words.map((word) => expand(word, state.variables)) : [];
  const path = listedPath(words);
  if (path === undefined) {
    walk(steps, state);
    return;
  }
  const each: KnownText = [{ kind: 'files', path, isEach: true }];
  const piped: State = { ...state, variables: new Map(state.variables).set('\0piped', each) };
  if (eventsAside(others, piped).some(isDoing)) {
    const check: Check = { path, how: first.text, min: 1, minBytes: 0, isFolder: false, doubts: [] };
    state.events.push({
      kind: 'await',
      ...check,
      place: placeIn(state, first),
      isEach: true,
      isEither: false,
      isWaiting: false,
    });
  }
  walk(others, piped);
};

const walkStep = (step: Step, state: State): void => {
  switch (step.kind) {
    case 'command':
      walkCommand(step, state);
      return;
    case 'assign':
      assign(step.assignments, state);
      return;
    case 'and':
    case 'or':
      walkPair(step, state);
      return;
    case 'not':
    case 'redirected':
      walkStep(step.step, state);
      noteRedirects(step.kind === 'redirected' ? step.redirects : [], state);
      return;
    case 'pipe':
      walkPipe(step.steps, state);
      return;
    case 'background':
      walk([step.step], { ...state, isBackground: true });
      return;
    case 'group':
      walk(step.steps, state);
      return;
    case 'if':
      walkIf(step, state);
      return;
    case 'loop':
      walkLoop(step, state);
      return;
    case 'for':
      walkFor(step, state);
      return;
    case 'function':
      state.functions.set(step.name, step.body);
      return;
    case 'unreadable':
      remark(
        state,
        'doubt',
        `${placeText(placeIn(state, step))} cannot be read as shell: \`${step.text.slice(0, 60)}\``,
      );
      return;
    case 'other':
      remark(
        state,
        'doubt',
        `${placeText(placeIn(state, step))} was not followed: \`${step.text.split('\n')[0]?.slice(0, 60)}\``,
      );
      return;
    default:
      return;
  }
};

const placeText = ({ script, line }: Place): string =>
  script === undefined ? 'the command' : `line ${line} of ${script}`;

const setsStatus = ({ kind }: Step): boolean => ['command', 'test', 'redirected', 'pipe', 'not'].includes(kind);

const walk = (steps: readonly Step[], state: State): void => {
  for (const step of steps) {
    const condition = setsStatus(step) ? asCondition(step, state) : undefined;
    walkStep(step, state);
    if (setsStatus(step)) {
      state.status = { condition };
    }
  }
};

/** Says where something stands, in words. */
export const describePlace = placeText;

/**
 * Follows a command.
 *
 * @param settings - What the crontab sets above it.
 */
export const trace = (command: string, settings: ReadonlyMap<string, string>, tools: Tools): readonly TraceEvent[] => {
  const variables = new Map<string, KnownText>();
  for (const [name, value] of settings) {
    variables.set(name, plain(value));
  }
  const state: State = {
    tools,
    events: [],
    variables,
    functions: new Map(),
    callers: [],
    isBackground: false,
    isWaiting: false,
    isAsked: false,
    status: { condition: undefined },
  };
  walk(tools.readShell(command), state);
  return state.events;
};
