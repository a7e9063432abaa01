/** Follows a cron line through the scripts that it calls, without running any of it. */
import { pipeCondition } from './conditions.ts';
import { expand } from './expand.ts';
import { ALWAYS } from './formula.ts';
import { type KnownText, literalOf, plain } from './known-text.ts';
import { listedFiles } from './listings.ts';
import type { ScriptFinder } from './script-finder.ts';
import { hasStep, type ReadShell, type Step, type StepOf } from './shell-steps.ts';
import type { TraceEvent } from './trace-events.ts';
import { short, tell } from './walk-acts.ts';
import { walkAssign, walkTest } from './walk-assignments.ts';
import { walkCommand } from './walk-commands.ts';
import { PASSED, surroundingsOf, walkAll, walkCase, walkGroup, walkIf, walkNot, walkPair } from './walk-flow.ts';
import { setPiped, walkFor, walkLoop } from './walk-loops.ts';
import { areLogs, noteRedirects } from './walk-redirects.ts';
import {
  copyOf,
  describePlace,
  type Flow,
  placeIn,
  type Remembered,
  remark,
  type State,
  type Tools,
} from './walk-state.ts';

/** One line is followed for so many steps. */
const MOST_STEPS = 8_000;

const isFilter = (step: Step): boolean =>
  hasStep([step], ({ kind, text }) => kind === 'command' && /^(z|e)?grep\b|^wc\b|^awk\b/.test(text));

const walkPipe = (step: StepOf<'pipe'>, state: State): Flow => {
  const [first, ...others] = step.steps;
  const partOf = state.partOf ?? step;
  const condition = state.isTested ? pipeCondition(step, surroundingsOf(state, step)) : undefined;
  const isAnswer = state.isAnswer || (condition !== undefined && isFilter(step.steps.at(-1) ?? step));
  const inside: State = { ...state, partOf, around: state.around ?? step, isAnswer, isTested: condition !== undefined };
  let flow: Flow = PASSED;
  const scope = copyOf(state.scope);
  const listed = listedBy(first, state);
  if (listed !== undefined) {
    setPiped(scope, listed);
  }
  for (const each of first === undefined ? [] : [first, ...others]) {
    flow = state.tools.walk(each, { ...inside, scope: copyOf(scope) });
  }
  return { next: ALWAYS, status: condition ?? flow.status, leaves: [] };
};

/** The files that the first command of a pipe lists, one after the other. */
const listedBy = (step: Step | undefined, { scope }: State): KnownText | undefined => {
  const command = step?.kind === 'redirected' ? step.step : step;
  const words = command?.kind === 'command' ? command.words.map((word) => expand(word, scope.variables)) : [];
  const files = listedFiles(words);
  return files && [{ kind: 'files', path: files.path, isEach: true, filters: files.filters }];
};

const walkRedirected = (step: StepOf<'redirected'>, state: State): Flow => {
  const partOf = areLogs(step.redirects, state) ? state.partOf : (state.partOf ?? step);
  const around = state.around ?? step;
  const inside: State = partOf === undefined ? { ...state, around } : { ...state, around, partOf };
  const flow = state.tools.walk(step.step, inside);
  noteRedirects(step.redirects, step, state);
  return flow;
};

const unreadText = (step: Step, state: State): string =>
  `${describePlace(placeIn(state, step))} cannot be read as shell: \`${short(step.text).slice(0, 60)}\``;

const WALKERS: { readonly [Kind in Step['kind']]: (step: StepOf<Kind>, state: State) => Flow } = {
  command: walkCommand,
  assign: walkAssign,
  test: walkTest,
  and: walkPair,
  or: walkPair,
  not: walkNot,
  pipe: walkPipe,
  redirected: walkRedirected,
  background: (step, state) => {
    state.tools.walk(step.step, { ...state, scope: copyOf(state.scope), isBackground: true, isTested: false });
    return PASSED;
  },
  group: walkGroup,
  if: walkIf,
  case: walkCase,
  loop: walkLoop,
  for: walkFor,
  function: (step, state) => {
    state.scope.functions.set(step.name, { steps: step.body, script: state.script });
    return PASSED;
  },
  other: () => PASSED,
  unreadable: (step, state) => {
    remark(
      state,
      'doubt',
      step.why === undefined ? unreadText(step, state) : `${unreadText(step, state)}: ${step.why}`,
    );
    return PASSED;
  },
};

const dispatch = <Kind extends Step['kind']>(step: StepOf<Kind>, state: State): Flow => {
  const kind: Kind = step.kind;
  return WALKERS[kind](step, state);
};

const walkStep = (step: Step, state: State): Flow => {
  const { budget } = state.tools;
  budget.steps += 1;
  if (budget.steps > MOST_STEPS) {
    tell(state, `there is too much to follow: it was followed for ${MOST_STEPS} steps`);
    return PASSED;
  }
  return dispatch(step, state);
};

export type TraceTools = { readonly readShell: ReadShell; readonly scripts: ScriptFinder };

export type Traced = {
  readonly steps: readonly Step[];
  readonly events: readonly TraceEvent[];
  /** The steps of texts that are handed to a shell, by the command that hands them. */
  readonly texts: ReadonlyMap<Step, readonly Step[]>;
};

/**
 * Follows a command.
 *
 * @param settings - What the crontab sets above it.
 */
export const trace = (
  command: string,
  settings: ReadonlyMap<string, string>,
  { readShell, scripts }: TraceTools,
): Traced => {
  const variables = new Map<string, KnownText>();
  for (const [name, value] of settings) {
    variables.set(name, plain(value));
  }
  const tools: Tools = {
    readShell,
    scripts,
    budget: { steps: 0, acts: 0, epoch: 0, isTold: false },
    calls: new Map<string, Remembered>(),
    clocks: new Set<string>(),
    texts: new Map<Step, readonly Step[]>(),
    walk: walkStep,
  };
  const state: State = {
    tools,
    events: [],
    scope: {
      variables,
      exported: new Set(settings.keys()),
      functions: new Map(),
      locals: new Set(),
      isStrict: false,
      hasUnknownSource: literalOf(variables.get('BASH_ENV') ?? []) !== '' && variables.has('BASH_ENV'),
    },
    callers: [],
    when: ALWAYS,
    isBackground: false,
    isWaiting: false,
    isTested: false,
    isAnswer: false,
  };
  const steps = readShell(command);
  walkAll(steps, state);
  return { steps, events: state.events, texts: tools.texts };
};
