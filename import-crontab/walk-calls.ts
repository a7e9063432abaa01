/** Walks the functions and scripts that a command calls. */
import { ALWAYS, NEVER } from './formula.ts';
import { joined, type KnownText, literalOf, plain } from './known-text.ts';
import type { Step } from './shell-steps.ts';
import { PASSED, walkAll } from './walk-flow.ts';
import {
  captured,
  copyOf,
  type Flow,
  placeIn,
  type Remembered,
  remark,
  type Scope,
  type State,
  textKey,
} from './walk-state.ts';

/** Calls that are nested deeper are not followed. */
const MOST_CALLERS = 60;

const isPositional = (name: string): boolean => /^([0-9#@*]|\?)$/.test(name);

/** Gives the positional parameters their values. */
export const withArguments = (
  variables: ReadonlyMap<string, KnownText>,
  words: readonly KnownText[],
  name: KnownText,
): Map<string, KnownText> => {
  const inner = new Map([...variables].filter(([each]) => !isPositional(each)));
  const rest = words.slice(1);
  for (const [index, word] of rest.entries()) {
    inner.set(String(index + 1), word);
  }
  for (let index = rest.length + 1; index < 10; index += 1) {
    inner.set(String(index), []);
  }
  const joinedWords = joined(rest, ' ');
  return inner
    .set('0', name)
    .set('#', plain(String(rest.length)))
    .set('@', joinedWords)
    .set('*', joinedWords);
};

const isTooDeep = (name: string, state: State): boolean => {
  if (state.callers.includes(name)) {
    remark(state, 'doubt', `${name} calls itself: it is followed once`);
    return true;
  }
  if (state.callers.length >= MOST_CALLERS) {
    remark(state, 'doubt', `calls are followed ${MOST_CALLERS} deep: ${name} is not`);
    return true;
  }
  return false;
};

const scopeKey = ({ variables, isStrict }: Scope): string =>
  [...variables]
    .filter(([name]) => !isPositional(name) || name === '0')
    .map(([name, text]) => `${name}=${textKey(text)}`)
    .join('\u0002') + isStrict;

const changesOf = (before: ReadonlyMap<string, KnownText>, after: Scope): Map<string, KnownText> =>
  new Map(
    [...after.variables].filter(
      ([name, text]) => !isPositional(name) && !after.locals.has(name) && before.get(name) !== text,
    ),
  );

const keep = (changes: ReadonlyMap<string, KnownText>, { variables }: Scope): void => {
  for (const [name, text] of changes) {
    variables.set(name, text);
  }
};

/** Calls a function of the shell. Calls that only look are remembered, so that time stays linear. */
export const walkFunction = (name: string, words: readonly KnownText[], state: State): Flow => {
  const called = state.scope.functions.get(name);
  if (called === undefined || isTooDeep(`${name}()`, state)) {
    return PASSED;
  }
  const { calls, budget } = state.tools;
  const flags = `${state.isWaiting}${state.isTested}${state.isBackground}${state.script}${budget.epoch}`;
  const key = [name, words.map(textKey).join('\u0003'), scopeKey(state.scope), flags].join('\u0004');
  const known = calls.get(key);
  if (known !== undefined) {
    keep(known.changes, state.scope);
    return known.flow;
  }
  const zero = state.scope.variables.get('0') ?? [];
  const scope: Scope = {
    ...copyOf(state.scope),
    variables: withArguments(state.scope.variables, words, zero),
    locals: new Set(),
  };
  const [eventCount, functionCount] = [state.events.length, state.scope.functions.size];
  const before = new Map(scope.variables);
  const inside: State = { ...state, scope, callers: [...state.callers, `${name}()`], ...scriptOf(called.script) };
  const flow = captured(walkAll(called.steps, inside), ['return']);
  const result: Remembered = { flow, changes: changesOf(before, scope) };
  keep(result.changes, state.scope);
  for (const exported of scope.exported) {
    state.scope.exported.add(exported);
  }
  state.scope.hasUnknownSource ||= scope.hasUnknownSource;
  if (state.events.length === eventCount && state.scope.functions.size === functionCount && !budget.isTold) {
    calls.set(key, result);
  }
  return flow;
};

const scriptOf = (script: string | undefined): { script?: string } => (script === undefined ? {} : { script });

/** Reads a script into the shell that runs. */
export const walkSource = (script: string, words: readonly KnownText[], step: Step, state: State): Flow => {
  if (isTooDeep(script, state)) {
    return PASSED;
  }
  state.events.push({ kind: 'source', path: words[1] ?? [], script, step, when: state.when });
  const steps = state.tools.readShell(state.tools.scripts.textOf(script));
  const inside: State = { ...state, callers: [...state.callers, script], script };
  return captured(walkAll(steps, inside), ['return']);
};

const inherited = ({ variables, exported }: Scope): Map<string, KnownText> =>
  new Map([...variables].filter(([name]) => exported.has(name)));

/** Calls a script; its answer is that of its last command, or of `exit`. */
export const walkScript = (
  script: string,
  words: readonly KnownText[],
  step: Step,
  state: State,
  environment: ReadonlyMap<string, KnownText>,
): Flow => {
  if (isTooDeep(script, state)) {
    return PASSED;
  }
  const { scope } = state;
  const variables = new Map([...inherited(scope), ...environment]);
  const inside: State = {
    tools: state.tools,
    events: [],
    scope: {
      variables: withArguments(variables, words, plain(literalOf(words[0] ?? []) ?? script)),
      exported: new Set(variables.keys()),
      functions: new Map(),
      locals: new Set(),
      isStrict: /^#!.*\s-\w*e/.test(state.tools.scripts.textOf(script)),
      hasUnknownSource: false,
    },
    script,
    callers: [...state.callers, script],
    when: state.when,
    isBackground: false,
    isWaiting: false,
    isTested: false,
    isAnswer: state.isAnswer,
  };
  const folder = scope.variables.get('PWD');
  if (folder !== undefined) {
    inside.scope.variables.set('PWD', folder);
  }
  const flow = captured(walkAll(state.tools.readShell(state.tools.scripts.textOf(script)), inside), ['exit', 'return']);
  state.events.push({
    kind: 'call',
    script,
    words,
    text: step.text,
    events: inside.events,
    place: placeIn(state, step),
    when: state.when,
    step,
    environment,
    isBackground: state.isBackground,
    ...(state.partOf !== undefined && { partOf: state.partOf }),
    ...(folder !== undefined && { folder }),
    ...(state.timeoutSeconds !== undefined && { timeoutSeconds: state.timeoutSeconds }),
  });
  const isEndless = flow.next.kind === 'never' && flow.leaves.length === 0 && !state.isBackground;
  return { next: isEndless ? NEVER : ALWAYS, status: flow.status, leaves: [] };
};
