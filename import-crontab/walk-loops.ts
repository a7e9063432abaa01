/** Walks loops: those that wait, those over files, and those over lists. */
import { lookedAtEach } from './conditions.ts';
import { expand } from './expand.ts';
import { ALWAYS, all, any, type Formula, literalsOf, NEVER, negated } from './formula.ts';
import { type KnownText, literalOf } from './known-text.ts';
import { hasStep, type Step, type StepOf } from './shell-steps.ts';
import type { TraceEvent } from './trace-events.ts';
import { surroundingsOf, walkAll } from './walk-flow.ts';
import { copyOf, describePlace, type Flow, leavesUnder, placeIn, remark, type State } from './walk-state.ts';

/** A longer list is walked once, with a name in place of its values. */
const MOST_ROUNDS = 40;

const isCommand =
  (pattern: RegExp) =>
  (step: Step): boolean =>
    step.kind === 'command' && pattern.test(step.text);

const isSleep = isCommand(/^(\/bin\/|\/usr\/bin\/)?(sleep|usleep|inotifywait)\b/);

const breaksOf = ({ leaves }: Flow): Formula =>
  any(...leaves.filter(({ kind }) => kind === 'break').map(({ when }) => when));

const completes = ({ next, leaves }: Flow): Formula =>
  any(next, ...leaves.filter(({ kind }) => kind === 'continue').map(({ when }) => when));

const outer = ({ leaves }: Flow): Flow['leaves'] => leaves.filter(({ kind }) => kind === 'exit' || kind === 'return');

/** Reads the counters of a loop as if it still went on. */
const withoutCounts = (formula: Formula, value: Formula): Formula => {
  if ('of' in formula) {
    const parts = formula.of.map((part) => withoutCounts(part, value));
    return formula.kind === 'all' ? all(...parts) : any(...parts);
  }
  const isCount = (formula.kind === 'atom' || formula.kind === 'not') && formula.atom.kind === 'count';
  return isCount ? value : formula;
};

const noteGivingUp = (step: Step, state: State): void => {
  remark(
    state,
    'doubt',
    `the loop of ${describePlace(placeIn(state, step))} goes on after its last try, even if the file is not there`,
  );
};

const hasCount = (formula: Formula): boolean => literalsOf(formula).some(({ atom }) => atom.kind === 'count');

/** Walks a loop that sleeps: it is left when its condition is met, or by `break`. */
const walkWaiting = (step: StepOf<'loop'>, state: State): Flow => {
  const inner: State = { ...state, isWaiting: true };
  const enterOf = (flow: Flow): Formula => (step.until ? negated(flow.status) : flow.status);
  const asked = walkAll(step.condition, { ...inner, isTested: true });
  const enter = enterOf(asked);
  const body = walkAll(step.body, { ...inner, when: all(state.when, enter) });
  const again = walkAll(step.condition, { ...inner, isTested: true, events: [] });
  const stays = enterOf(again);
  const end = withoutCounts(negated(stays), NEVER);
  const breaks = breaksOf(body);
  if (hasCount(stays) && breaks.kind !== 'never') {
    noteGivingUp(step, state);
  }
  const left = any(negated(enter), all(enter, any(breaks, all(completes(body), end))));
  const leaves = [...asked.leaves, ...leavesUnder(enter, { ...body, leaves: outer(body) })];
  if (left.kind === 'never' && leaves.length === 0) {
    state.events.push({ kind: 'service', text: step.text.split('\n')[0] ?? '', when: state.when });
  }
  return { next: withoutCounts(left, NEVER), status: ALWAYS, leaves };
};

const PIPED = '\0piped';

/** Gives the variables of `read` a value for each line. */
const setRead = (words: readonly KnownText[], { scope }: State): void => {
  const names = words.slice(1).flatMap((word) => {
    const name = literalOf(word);
    return name === undefined || name.startsWith('-') ? [] : [name];
  });
  const piped = scope.variables.get(PIPED);
  for (const [index, name] of (names.length === 0 ? ['REPLY'] : names).entries()) {
    const value: KnownText = [{ kind: 'value', name: name.toLowerCase() }];
    scope.variables.set(name, index === 0 && piped !== undefined ? piped : value);
  }
};

export const setPiped = (scope: State['scope'], text: KnownText): void => {
  scope.variables.set(PIPED, text);
};

const withoutEnd = (flow: Flow): Flow => {
  const leaves = outer(flow);
  return { next: negated(any(...leaves.map(({ when }) => when))), status: ALWAYS, leaves };
};

const eachFile = (state: State, step: Step, text: KnownText, how: string): Formula => {
  const files = text.find((part) => part.kind === 'files');
  const path = files?.kind === 'files' ? files.path : text;
  return lookedAtEach(path, files?.kind === 'files' ? files.filters : [], how, {
    ...surroundingsOf(state, step),
    step,
  });
};

const walkReading = (step: StepOf<'loop'>, words: readonly KnownText[], state: State): Flow => {
  setRead(words, state);
  const piped = state.scope.variables.get(PIPED);
  const each = piped === undefined ? ALWAYS : eachFile(state, step, piped, step.text.split('\n')[0] ?? '');
  const inside = { ...state, when: all(state.when, each), partOf: state.partOf ?? step };
  return withoutEnd(walkAll(step.body, inside));
};

export const walkLoop = (step: StepOf<'loop'>, state: State): Flow => {
  const last = step.condition.at(-1);
  const words = last?.kind === 'command' ? last.words.map((word) => expand(word, state.scope.variables)) : [];
  if (literalOf(words[0] ?? []) === 'read') {
    return walkReading(step, words, state);
  }
  if (hasStep([...step.condition, ...step.body], isSleep)) {
    return walkWaiting(step, state);
  }
  const asked = walkAll(step.condition, { ...state, isTested: true });
  const enter = withoutCounts(step.until ? negated(asked.status) : asked.status, ALWAYS);
  const inside = { ...state, when: all(state.when, enter), partOf: state.partOf ?? step };
  const body = walkAll(step.body, inside);
  return withoutEnd({ ...body, leaves: [...asked.leaves, ...leavesUnder(enter, body)] });
};

const isDoing = (event: TraceEvent): boolean =>
  event.kind === 'call' || (event.kind === 'act' && event.weight === 'work');

/** Walks steps aside, to learn what they do. */
const eventsAside = (steps: readonly Step[], state: State): { readonly events: TraceEvent[]; readonly flow: Flow } => {
  const aside: State = { ...state, events: [], scope: copyOf(state.scope) };
  const flow = walkAll(steps, aside);
  return { events: aside.events, flow };
};

/** Walks a loop once for each value, so that "all of a list" stays all. */
const unrolled = (step: StepOf<'for'>, values: readonly KnownText[], state: State): Flow => {
  let next: Formula = ALWAYS;
  let broken: Formula = NEVER;
  const leaves: Flow['leaves'][number][] = [];
  for (const value of values) {
    state.scope.variables.set(step.variable, value);
    const flow = walkAll(step.body, {
      ...state,
      when: all(state.when, next, negated(broken)),
      partOf: state.partOf ?? step,
    });
    leaves.push(...leavesUnder(next, { ...flow, leaves: outer(flow) }));
    broken = any(broken, all(next, breaksOf(flow)));
    next = all(next, completes(flow));
  }
  return { next: any(next, broken), status: ALWAYS, leaves };
};

const namedValue = (step: StepOf<'for'>, values?: readonly string[]): KnownText => [
  { kind: 'value', name: step.variable.toLowerCase() || 'item', ...(values !== undefined && { values }) },
];

const walkList = (step: StepOf<'for'>, values: readonly string[], state: State): Flow => {
  const whole = { ...state, partOf: state.partOf ?? step };
  state.scope.variables.set(step.variable, namedValue(step, values));
  const { events, flow } = eventsAside(step.body, state);
  const isLeft = flow.leaves.some(({ kind }) => kind !== 'continue');
  if (values.length > MOST_ROUNDS || (events.some(isDoing) && !isLeft)) {
    return withoutEnd(walkAll(step.body, whole));
  }
  return unrolled(
    step,
    values.map((text) => [{ kind: 'text', text }]),
    state,
  );
};

/** Walks a loop that tries again and again: it is left by `break`. */
const walkTries = (step: StepOf<'for'>, state: State): Flow => {
  const flow = walkAll(step.body, { ...state, isWaiting: true });
  const breaks = breaksOf(flow);
  if (breaks.kind === 'never') {
    return withoutEnd(flow);
  }
  noteGivingUp(step, state);
  return { next: withoutCounts(breaks, NEVER), status: ALWAYS, leaves: outer(flow) };
};

export const walkFor = (step: StepOf<'for'>, state: State): Flow => {
  const texts = step.words.map((word) => expand(word, state.scope.variables));
  if (hasStep(step.body, isSleep) && hasStep(step.body, isCommand(/^break\b/))) {
    state.scope.variables.set(step.variable, namedValue(step));
    return walkTries(step, state);
  }
  const files = texts.find((text) => text.some(({ kind }) => kind === 'any' || kind === 'files'));
  if (files !== undefined) {
    const each = eachFile(state, step, files, `for ${step.variable} in ...`);
    const of = files.find((part) => part.kind === 'files');
    const path = of?.kind === 'files' ? of.path : files;
    state.scope.variables.set(step.variable, [{ kind: 'files', path, isEach: true, filters: [] }]);
    const inside = { ...state, when: all(state.when, each), partOf: state.partOf ?? step };
    return withoutEnd(walkAll(step.body, inside));
  }
  const literals = texts.map(literalOf).filter((text) => text !== undefined);
  const values = literals.flatMap((text) => text.split(/\s+/)).filter((text) => text !== '');
  if (values.length > 0 && literals.length === texts.length) {
    return walkList(step, values, state);
  }
  const isMixed = texts.length > 1 && texts.length <= MOST_ROUNDS && !texts.some((text) => text.some(isOpen));
  if (isMixed) {
    return unrolled(step, texts, state);
  }
  state.scope.variables.set(step.variable, namedValue(step));
  return withoutEnd(walkAll(step.body, { ...state, partOf: state.partOf ?? step }));
};

const isOpen = ({ kind }: KnownText[number]): boolean => kind === 'value' || kind === 'unknown' || kind === 'choice';
