/** Walks the commands that the shell itself runs: `exit`, `set`, `shift`, `sleep`, `cd`. */
import { posix } from 'node:path';
import { ALWAYS, atom, type Formula, NEVER } from './formula.ts';
import { describeText, type KnownText, literalOf, plain } from './known-text.ts';
import type { Step } from './shell-steps.ts';
import { withArguments } from './walk-calls.ts';
import { PASSED } from './walk-flow.ts';
import { ended, type Flow, type Leave, type State } from './walk-state.ts';
import { secondsOf } from './wrappers.ts';

const leaving = (kind: Leave['kind'], words: readonly KnownText[], step: Step, state: State): Flow => {
  const last = state.scope.variables.get('?')?.[0];
  const before = last?.kind === 'status' ? last.formula : ALWAYS;
  const [code] = words[1] ?? [];
  const literal = literalOf(words[1] ?? []);
  const isOpen = literal === undefined;
  const unknown = atom({ kind: 'asked', text: step.text }, `asked:${step.text}`);
  const open = code?.kind === 'status' ? code.formula : unknown;
  const given = isOpen ? open : literalStatus(literal, before);
  if (given.kind === 'never' && kind === 'exit') {
    state.events.push({ kind: 'failure', when: state.when });
  }
  return { next: NEVER, status: ALWAYS, leaves: [{ kind, when: ALWAYS, status: given }] };
};

const literalStatus = (literal: string, before: Formula): Formula => {
  if (literal === '') {
    return before;
  }
  return literal === '0' ? ALWAYS : NEVER;
};

const setOptions = (words: readonly KnownText[], state: State): Flow => {
  const options = words.slice(1).map(literalOf);
  const letters = options.filter((option) => /^-[a-z]+$/i.test(option ?? '')).join('');
  if (letters.includes('e') || options.join(' ').includes('-o errexit')) {
    state.scope.isStrict = true;
  }
  if (options.some((option) => /^\+[a-z]*e/.test(option ?? ''))) {
    state.scope.isStrict = false;
  }
  const at = options.indexOf('--');
  if (at !== -1) {
    const inner = withArguments(state.scope.variables, words.slice(at + 1), state.scope.variables.get('0') ?? []);
    for (const [name, text] of inner) {
      state.scope.variables.set(name, text);
    }
  }
  return PASSED;
};

const shift = (state: State): Flow => {
  const { variables } = state.scope;
  const rest = Array.from({ length: 9 }, (_, index) => variables.get(String(index + 2)) ?? []);
  const count = Number(literalOf(variables.get('#') ?? []) ?? '');
  for (const [index, text] of rest.entries()) {
    variables.set(String(index + 1), text);
  }
  if (count > 0) {
    const kept = rest.slice(0, count - 1);
    variables.set('#', plain(String(count - 1)));
    variables.set(
      '@',
      kept.flatMap((text, index) => (index === 0 ? text : [...plain(' '), ...text])),
    );
  }
  return PASSED;
};

const sleeping = (words: readonly KnownText[], step: Step, state: State): Flow => {
  const seconds = secondsOf(literalOf(words[1] ?? []) ?? '');
  if (!state.isWaiting) {
    const more = seconds === undefined ? {} : { seconds };
    state.events.push({ kind: 'sleep', text: step.text, when: state.when, ...more });
  }
  return PASSED;
};

const changeFolder = (words: readonly KnownText[], state: State): Flow => {
  const folder = words[1] ?? plain('~');
  const before = state.scope.variables.get('PWD');
  const isBelow = !/^[/~$]/.test(describeText(folder)) && folder[0]?.kind === 'text';
  const path = isBelow && before !== undefined ? [...before, ...plain('/'), ...folder] : folder;
  const literal = literalOf(path);
  state.scope.variables.set('PWD', literal === undefined || literal === '' ? path : plain(posix.normalize(literal)));
  return PASSED;
};

export const BUILTINS: Readonly<Record<string, (words: readonly KnownText[], step: Step, state: State) => Flow>> = {
  exit: (words, step, state) => leaving('exit', words, step, state),
  return: (words, step, state) => leaving('return', words, step, state),
  break: (words, step, state) => leaving('break', words, step, state),
  continue: (words, step, state) => leaving('continue', words, step, state),
  set: (words, _, state) => setOptions(words, state),
  shift: (_, __, state) => shift(state),
  sleep: sleeping,
  cd: (words, _, state) => changeFolder(words, state),
  true: () => PASSED,
  ':': () => PASSED,
  false: () => ended(NEVER),
  wait: (_, __, state) => {
    state.events.push({ kind: 'join' });
    return PASSED;
  },
};
