/** Walks assignments, tests, and the commands of `$(...)`. */
import { lookedAtEach, readTest } from './conditions.ts';
import { expand } from './expand.ts';
import { ALWAYS, atom, type Formula } from './formula.ts';
import type { KnownText } from './known-text.ts';
import type { Assignment, Step, StepOf, Word } from './shell-steps.ts';
import { surroundingsOf, walkAll } from './walk-flow.ts';
import { copyOf, ended, type Flow, type State } from './walk-state.ts';

const CLOCK = /\bdate\s+[^)|]*\+%?/;

/** Notes once for a script that it takes a date from the clock. */
const noteClock = (text: string, { script, events, tools }: State): void => {
  if (script !== undefined && CLOCK.test(text) && !tools.clocks.has(script)) {
    tools.clocks.add(script);
    events.push({ kind: 'clock', script });
  }
};

/** Follows the commands of `$(...)`: only their output is used. */
export const walkOutputs = (word: Word, state: State): Formula | undefined => {
  let status: Formula | undefined;
  for (const part of word) {
    if (part.kind === 'output') {
      noteClock(part.text, state);
      const flow = walkAll(part.steps, { ...state, scope: copyOf(state.scope), isAnswer: true });
      status = flow.status;
    }
  }
  return status;
};

const statusOfFiles = (text: KnownText, step: Step, state: State): Formula | undefined => {
  const files = text.find((part) => part.kind === 'files');
  if (files?.kind !== 'files' || files.isEach) {
    return undefined;
  }
  const looked = lookedAtEach(files.path, files.filters, step.text.split('\n')[0] ?? '', {
    ...surroundingsOf(state, step),
    step,
  });
  return looked.kind === 'atom' && looked.atom.kind === 'file'
    ? atom({ ...looked.atom, check: { ...looked.atom.check, isEach: false } }, looked.id.replace('each:', 'file:'))
    : undefined;
};

/** Gives variables their values. */
export const assign = (assignments: readonly Assignment[], step: Step, state: State): Formula => {
  let status: Formula = ALWAYS;
  for (const { name, value } of assignments) {
    const ran = walkOutputs(value, state);
    const text = expand(value, state.scope.variables);
    state.scope.variables.set(name, text);
    status = statusOfFiles(text, step, state) ?? ran ?? ALWAYS;
  }
  return status;
};

export const walkAssign = (step: StepOf<'assign'>, state: State): Flow => {
  const status = assign(step.assignments, step, state);
  const { exported, locals } = state.scope;
  for (const name of [...step.names, ...step.assignments.map((each) => each.name)]) {
    if (step.isExported) {
      exported.add(name);
    }
    if (/^(local|declare|typeset)\b/.test(step.text) && !step.isExported) {
      locals.add(name);
    }
  }
  return ended(status);
};

/** Walks `[ ... ]`: its answer is all that it is for. */
export const walkTest = (step: StepOf<'test'>, state: State): Flow => {
  for (const word of step.words) {
    walkOutputs(word, state);
  }
  return ended(readTest(step.words, { ...surroundingsOf(state, step), step }));
};
