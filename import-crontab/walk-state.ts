/** The state of the walk through a script, and the result of walking a part of it. */
import { ALWAYS, all, any, type Formula, type Place } from './formula.ts';
import { type KnownText, literalOf } from './known-text.ts';
import type { ScriptFinder } from './script-finder.ts';
import type { ReadShell, Step, StepOf } from './shell-steps.ts';
import type { Remark, TraceEvent } from './trace-events.ts';

/** A function of the shell, and the script that defines it. */
export type ShellFunction = { readonly steps: readonly Step[]; readonly script: string | undefined };

/** The variables and functions of a shell: they change as the walk goes on. */
export type Scope = {
  readonly variables: Map<string, KnownText>;
  readonly exported: Set<string>;
  readonly functions: Map<string, ShellFunction>;
  /** Names that the function declares with `local`. */
  readonly locals: Set<string>;
  /** After `set -e`. */
  isStrict: boolean;
  /** Whether a file was read that was not given. */
  hasUnknownSource: boolean;
};

/** A way out of the steps that were walked. */
export type Leave = {
  readonly kind: 'exit' | 'return' | 'break' | 'continue';
  readonly when: Formula;
  readonly status: Formula;
};

/** The result of a walk. Its conditions count from the first step of the walk. */
export type Flow = {
  /** When the next step is reached. */
  readonly next: Formula;
  /** When the last command ended well. */
  readonly status: Formula;
  readonly leaves: readonly Leave[];
};

/** Counts for one line: they limit what is followed. */
export type Budget = { steps: number; acts: number; epoch: number; isTold: boolean };

export type Remembered = { readonly flow: Flow; readonly changes: ReadonlyMap<string, KnownText> };

export type Tools = {
  readonly readShell: ReadShell;
  readonly scripts: ScriptFinder;
  readonly budget: Budget;
  /** Results of calls of functions that only look. */
  readonly calls: Map<string, Remembered>;
  /** The scripts of which it is noted that they take a date from the clock. */
  readonly clocks: Set<string>;
  /** The steps of texts that are handed to a shell, by the command that hands them. */
  readonly texts: Map<Step, readonly Step[]>;
  readonly walk: (step: Step, state: State) => Flow;
};

export type State = {
  readonly tools: Tools;
  readonly events: TraceEvent[];
  readonly scope: Scope;
  readonly script?: string;
  /** The scripts and functions that led here. */
  readonly callers: readonly string[];
  /** When this step is reached, from the start of the line. */
  readonly when: Formula;
  readonly isBackground: boolean;
  /** Whether the step stands in a loop that sleeps. */
  readonly isWaiting: boolean;
  /** Whether the result of the step decides what comes next. */
  readonly isTested: boolean;
  /** Whether only the output of the step is used. */
  readonly isAnswer: boolean;
  readonly partOf?: Step;
  /** The pipe or the redirection around the step. */
  readonly around?: Step;
  readonly timeoutSeconds?: number;
};

export const placeIn = (state: State, step: Step): Place =>
  state.script === undefined ? { line: step.line } : { script: state.script, line: step.line };

export const describePlace = ({ script, line }: Place): string =>
  script === undefined ? 'the command' : `line ${line} of ${script}`;

export const remark = (state: State, weight: Remark['weight'], text: string): void => {
  state.events.push({ kind: 'remark', weight, text });
};

export const copyOf = (scope: Scope): Scope => ({
  ...scope,
  variables: new Map(scope.variables),
  exported: new Set(scope.exported),
});

/** Ends the walk itself where its steps leave, as a script does with `exit`. */
export const captured = (flow: Flow, kinds: readonly Leave['kind'][]): Flow => {
  const own = flow.leaves.filter(({ kind }) => kinds.includes(kind));
  const leaves = flow.leaves.filter(({ kind }) => !kinds.includes(kind));
  if (own.length === 0) {
    return flow;
  }
  return {
    next: leaves.length === 0 ? ALWAYS : any(flow.next, ...own.map(({ when }) => when)),
    status: any(all(flow.next, flow.status), ...own.map(({ when, status }) => all(when, status))),
    leaves,
  };
};

/** Puts a condition before the leaves of a walk. */
export const leavesUnder = (condition: Formula, flow: Flow): Leave[] =>
  flow.leaves.map((leave) => ({ ...leave, when: all(condition, leave.when) }));

const partKey = (part: KnownText[number]): string => {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'status':
      return `?${part.formula.key}`;
    case 'choice':
      return part.options.map(({ when, text }) => `${when.key}=${textKey(text)}`).join('|');
    case 'files':
      return `files(${textKey(part.path)},${part.isEach},${part.filters.join()})`;
    default:
      return JSON.stringify(part);
  }
};

/** Two texts are the same if their keys are. */
export const textKey = (text: KnownText): string => text.map(partKey).join('\u0001');

const MOST_CHOICES = 8;

const choicesOf = (text: KnownText, when: Formula) => {
  const [only, ...others] = text;
  return only?.kind === 'choice' && others.length === 0
    ? only.options.map((option) => ({ ...option, when: all(when, option.when) }))
    : [{ when, text }];
};

/** Makes one text of the values that a variable has in two branches. */
export const merged = (
  condition: Formula,
  one: KnownText,
  other: KnownText,
  negated: Formula,
  name: string,
): KnownText => {
  if (textKey(one) === textKey(other)) {
    return one;
  }
  const options = [...choicesOf(one, condition), ...choicesOf(other, negated)].filter(
    ({ when }) => when.kind !== 'never',
  );
  const [only, ...more] = options;
  if (only !== undefined && more.length === 0) {
    return only.text;
  }
  return options.length > MOST_CHOICES ? [{ kind: 'unknown', text: `$${name}` }] : [{ kind: 'choice', options }];
};

export const literalWord = (words: readonly KnownText[], index: number): string | undefined =>
  literalOf(words[index] ?? []);

export type CommandStep = StepOf<'command'>;

/** The result of a command after which the walk goes on. */
export const ended = (status: Formula): Flow => ({ next: ALWAYS, status, leaves: [] });
