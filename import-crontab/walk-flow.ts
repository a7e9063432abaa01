/** Walks the steps that decide which others are reached: `if`, `case`, `&&`, `||`, `!`, groups. */
import { comparison } from './conditions.ts';
import { expand } from './expand.ts';
import { ALWAYS, all, any, atom, chosen, type Formula, NEVER, negated } from './formula.ts';
import { type KnownText, literalOf } from './known-text.ts';
import type { Branch, Step, StepOf, Word } from './shell-steps.ts';
import { captured, copyOf, type Flow, leavesUnder, merged, placeIn, type Scope, type State } from './walk-state.ts';

export const PASSED: Flow = { next: ALWAYS, status: ALWAYS, leaves: [] };

/** Says how a step ended, for `$?`. */
const noteStatus = (scope: Scope, status: Formula): void => {
  scope.variables.set('?', [{ kind: 'status', formula: status }]);
};

const setsStatus = ({ kind }: Step): boolean => kind !== 'function' && kind !== 'other';

/** After `set -e`, a command that fails ends the script. */
const isFatal = ({ kind }: Step, { scope, isTested }: State): boolean =>
  scope.isStrict && !isTested && ['command', 'test', 'pipe', 'redirected', 'group'].includes(kind);

/** Walks steps one after the other. */
export const walkAll = (steps: readonly Step[], state: State): Flow => {
  let next: Formula = ALWAYS;
  let status: Formula = ALWAYS;
  const leaves: Flow['leaves'][number][] = [];
  for (const step of steps) {
    const when = all(state.when, next);
    if (when.kind === 'never') {
      return { next: NEVER, status, leaves };
    }
    const flow = state.tools.walk(step, { ...state, when });
    leaves.push(...leavesUnder(next, flow));
    if (setsStatus(step)) {
      status = flow.status;
      noteStatus(state.scope, status);
    }
    const going = all(next, flow.next);
    const isEnd = isFatal(step, state);
    next = isEnd ? all(going, flow.status) : going;
    if (isEnd) {
      leaves.push({ kind: 'exit', when: all(going, negated(flow.status)), status: NEVER });
    }
  }
  return { next, status, leaves };
};

const keep = (scope: Scope, from: Scope): void => {
  scope.variables.clear();
  for (const [name, text] of from.variables) {
    scope.variables.set(name, text);
  }
  for (const name of from.exported) {
    scope.exported.add(name);
  }
  scope.isStrict ||= from.isStrict;
  scope.hasUnknownSource ||= from.hasUnknownSource;
};

/** Gives variables the values that they have after two branches. */
const mergeScopes = (scope: Scope, condition: Formula, one: Scope, other: Scope): void => {
  const names = new Set([...one.variables.keys(), ...other.variables.keys()]);
  const without = negated(condition);
  for (const name of names) {
    const [left, right] = [one.variables.get(name) ?? [], other.variables.get(name) ?? []];
    scope.variables.set(name, merged(condition, left, right, without, name));
  }
  for (const name of [...one.exported, ...other.exported]) {
    scope.exported.add(name);
  }
  scope.isStrict = one.isStrict && other.isStrict;
  scope.hasUnknownSource = one.hasUnknownSource || other.hasUnknownSource;
};

/** Walks two branches, of which one is taken. */
const branched = (
  condition: Formula,
  state: State,
  then: (state: State) => Flow,
  otherwise: (state: State) => Flow,
): Flow => {
  if (condition.kind === 'always') {
    return then(state);
  }
  if (condition.kind === 'never') {
    return otherwise(state);
  }
  const without = negated(condition);
  const [one, other] = [copyOf(state.scope), copyOf(state.scope)];
  const left = then({ ...state, scope: one, when: all(state.when, condition) });
  const right = otherwise({ ...state, scope: other, when: all(state.when, without) });
  if (left.next.kind === 'never') {
    keep(state.scope, other);
  } else if (right.next.kind === 'never') {
    keep(state.scope, one);
  } else {
    mergeScopes(state.scope, condition, one, other);
  }
  return {
    next: chosen(condition, left.next, right.next),
    status: chosen(condition, left.status, right.status),
    leaves: [...leavesUnder(condition, left), ...leavesUnder(without, right)],
  };
};

/** Puts a walk behind another. */
const then = (first: Flow, second: Flow): Flow => ({
  next: all(first.next, second.next),
  status: second.status,
  leaves: [...first.leaves, ...leavesUnder(first.next, second)],
});

const walkBranches = (branches: readonly Branch[], otherwise: readonly Step[], state: State): Flow => {
  const [branch, ...others] = branches;
  if (branch === undefined) {
    return otherwise.length === 0 ? PASSED : walkAll(otherwise, state);
  }
  const asked = walkAll(branch.condition, { ...state, isTested: true });
  const inside = { ...state, when: all(state.when, asked.next) };
  return then(
    asked,
    branched(
      asked.status,
      inside,
      (at) => walkAll(branch.steps, at),
      (at) => walkBranches(others, otherwise, at),
    ),
  );
};

export const walkIf = (step: StepOf<'if'>, state: State): Flow => walkBranches(step.branches, step.otherwise, state);

const patternFormula = (subject: KnownText, pattern: Word, step: Step, state: State): Formula => {
  const text = expand(pattern, state.scope.variables);
  if (text.length === 1 && text[0]?.kind === 'any') {
    return ALWAYS;
  }
  const here = {
    ...surroundingsOf(state, step),
    step: { ...step, text: `case ${step.text.split('\n')[0]?.slice(5)}` },
  };
  const literal = literalOf(subject);
  if (literal !== undefined && text.some(({ kind }) => kind === 'any')) {
    const source = text.map((part) =>
      part.kind === 'text' ? part.text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&') : '.*',
    );
    return new RegExp(`^${source.join('')}$`, 's').test(literal) ? ALWAYS : NEVER;
  }
  return comparison(subject, '=', text, here);
};

/** The facts of the walk that the reading of a condition needs. */
export const surroundingsOf = (state: State, step: Step) => ({
  variables: state.scope.variables,
  place: placeIn(state, step),
  isWaiting: state.isWaiting,
  epoch: state.tools.budget.epoch,
  hasUnknownSource: state.scope.hasUnknownSource,
});

export const walkCase = (step: StepOf<'case'>, state: State): Flow => {
  const subject = expand(step.subject, state.scope.variables);
  const walkFrom = (index: number, at: State): Flow => {
    const option = step.options[index];
    if (option === undefined) {
      return PASSED;
    }
    const holds = any(...option.patterns.map((pattern) => patternFormula(subject, pattern, step, at)));
    const text = `${patternText(step.subject)} in ${option.patterns.map(patternText).join('|')}`;
    const condition = holds.kind === 'atom' && holds.atom.kind === 'asked' ? askedCase(text) : holds;
    return branched(
      condition,
      at,
      (inside) => walkAll(option.steps, inside),
      (inside) => walkFrom(index + 1, inside),
    );
  };
  return walkFrom(0, state);
};

const askedCase = (text: string): Formula => atom({ kind: 'asked', text }, `asked:${text}`);

const patternText = (word: Word): string => word.map((part) => part.text ?? '').join('');

export const walkPair = (step: StepOf<'and' | 'or'>, state: State): Flow => {
  const left = state.tools.walk(step.left, { ...state, isTested: true });
  noteStatus(state.scope, left.status);
  const reached = step.kind === 'and' ? left.status : negated(left.status);
  const inside = { ...state, when: all(state.when, left.next) };
  const right = branched(
    reached,
    inside,
    (at) => state.tools.walk(step.right, at),
    () => ({ next: ALWAYS, status: step.kind === 'and' ? NEVER : ALWAYS, leaves: [] }),
  );
  return then(left, right);
};

export const walkNot = (step: StepOf<'not'>, state: State): Flow => {
  const flow = state.tools.walk(step.step, { ...state, isTested: true });
  return { ...flow, status: negated(flow.status) };
};

export const walkGroup = (step: StepOf<'group'>, state: State): Flow => {
  if (!step.isSubshell) {
    return walkAll(step.steps, state);
  }
  const flow = walkAll(step.steps, { ...state, scope: copyOf(state.scope) });
  return captured(flow, ['exit', 'return', 'break', 'continue']);
};
