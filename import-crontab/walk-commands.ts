/** Walks single commands: wrappers, calls, and everything else. */
import { isSystemProgram, weightOf } from './commands.ts';
import { commandCondition, isAsking, lookedAtEach } from './conditions.ts';
import { expand, programOf } from './expand.ts';
import { ALWAYS, all, atom, type Formula, NEVER } from './formula.ts';
import { describeText, type KnownText, literalOf, plain } from './known-text.ts';
import { listedFiles } from './listings.ts';
import type { Found } from './script-finder.ts';
import type { Step, Word } from './shell-steps.ts';
import { isAsked, pushAct, short } from './walk-acts.ts';
import { assign, walkOutputs } from './walk-assignments.ts';
import { BUILTINS } from './walk-builtins.ts';
import { walkFunction, walkScript, walkSource, withArguments } from './walk-calls.ts';
import { PASSED, surroundingsOf, walkAll } from './walk-flow.ts';
import { type CommandStep, copyOf, ended, type Flow, remark, type State } from './walk-state.ts';
import { type Unwrapped, unwrapped } from './wrappers.ts';

const noteWrappers = ({ remarks, host, readsPipe, words }: Unwrapped, step: Step, state: State): void => {
  for (const text of remarks) {
    remark(state, 'note', text);
  }
  if (readsPipe && weightOf(words.map((word) => expand(word, state.scope.variables))) === 'work') {
    remark(state, 'decide', `\`${short(step.text)}\` takes its arguments from a pipe: which are those in a job?`);
  }
  if (host !== undefined) {
    remark(state, 'decide', `runs on another host, ${host}: the job has to do there what it needs, or bring it along`);
  }
};

/** Takes the command out of `find ... -exec ...`. */
const executedByFind = (words: readonly Word[], texts: readonly KnownText[]): readonly Word[] | undefined => {
  const plainTexts = texts.map(literalOf);
  const at = plainTexts.findIndex((text) => text === '-exec' || text === '-ok' || text === '-execdir');
  const end = plainTexts.findIndex((text, index) => index > at && (text === ';' || text === '+'));

  return at === -1 ? undefined : words.slice(at + 1, end === -1 ? undefined : end);
};

const walkFind = (
  step: CommandStep,
  words: readonly Word[],
  texts: readonly KnownText[],
  environment: ReadonlyMap<string, KnownText>,
  state: State,
): Flow => {
  const executed = executedByFind(words, texts);
  const files = listedFiles(texts);
  const command = executed?.map((word) => expand(word, state.scope.variables)) ?? [];
  const isDeleting = texts.some((text) => literalOf(text) === '-delete');
  if (executed === undefined || files === undefined || weightOf(command) !== 'work') {
    return pushAct(step, texts, environment, state, isDeleting || executed !== undefined ? 'upkeep' : 'none');
  }
  remark(state, 'doubt', 'find looks into folders below, too; a template does not');
  const each = lookedAtEach(files.path, files.filters, short(step.text), { ...surroundingsOf(state, step), step });
  const scope = copyOf(state.scope);
  scope.variables.set('\0found', [{ kind: 'files', path: files.path, isEach: true, filters: [] }]);
  const named = executed.map((word) =>
    literalOf(expand(word, scope.variables)) === '{}'
      ? [{ kind: 'variable' as const, name: '\0found', text: '{}' }]
      : word,
  );
  const inside = { ...state, scope, when: all(state.when, each), partOf: state.partOf ?? step };
  return ended(walkCommand({ ...step, words: named }, inside).status);
};

/** Reads the text that is handed to a shell: `sh -c '...'`, `ssh host '...'`. */
const walkText = (step: Step, words: readonly Word[], state: State): Flow => {
  const text = literalOf(expand(words[0] ?? [], state.scope.variables));
  if (text === undefined) {
    remark(state, 'unread', `the command is put together when it runs: \`${short(step.text)}\``);
    return PASSED;
  }
  const [, ...others] = words.map((word) => expand(word, state.scope.variables));
  const inner = state.tools.readShell(text).map((each) => ({ ...each, line: step.line }));
  const scope = copyOf(state.scope);
  const variables = withArguments(scope.variables, others, others[0] ?? plain('sh'));
  state.tools.texts.set(step, inner);
  const flow = walkAll(inner, { ...state, scope: { ...scope, variables } });
  return { ...flow, next: ALWAYS, leaves: [], status: flowStatus(flow) };
};

const flowStatus = ({ status, next, leaves }: Flow): Formula => (leaves.length === 0 ? status : all(next, status));

/** Finds the script among the arguments of a program that is not known: it may be a wrapper. */
const wrappedScript = (words: readonly KnownText[], state: State): { at: number; found: Found } | undefined => {
  const program = literalOf(words[0] ?? []) ?? '';
  if (program === '' || isSystemProgram(program)) {
    return undefined;
  }
  const at = words.findIndex((word, index) => {
    const found = index === 0 ? undefined : state.tools.scripts.find(word);
    return found?.kind === 'found' && /[/.]/.test(literalOf(word) ?? '/');
  });
  return at === -1 ? undefined : { at, found: state.tools.scripts.find(words[at] ?? []) };
};

const sourced = (words: readonly KnownText[], step: Step, state: State): Flow => {
  const path = words[1] ?? [];
  const found = state.tools.scripts.find(path);
  if (found.kind === 'found') {
    noteFound(found, state);
    return walkSource(found.path, words, step, state);
  }
  state.scope.hasUnknownSource = true;
  state.events.push({ kind: 'source', path, step, when: state.when });
  remark(state, 'doubt', `${describeText(path)} is not among the scripts: what it sets is not known`);
  return PASSED;
};

const noteFound = (found: Found, state: State): void => {
  if (found.kind === 'found' && found.doubt !== undefined) {
    remark(state, 'doubt', found.doubt);
  }
};

const called = (
  found: Found & { readonly kind: 'found' },
  words: readonly KnownText[],
  step: Step,
  environment: ReadonlyMap<string, KnownText>,
  state: State,
): Flow => {
  noteFound(found, state);
  return walkScript(found.path, words, step, state, environment);
};

const NOT_FOUND: Found = { kind: 'none' };

/** Says whether a script calls another of its own name, which lies elsewhere. */
const isNamesake = (path: string, words: readonly KnownText[], { callers, scope }: State): boolean => {
  const [own, other] = [literalOf(scope.variables.get('0') ?? []), literalOf(words[0] ?? [])];
  const isElsewhere = own !== other && (own?.startsWith('/') ?? false) && (other?.startsWith('/') ?? false);
  return callers.at(-1) === path && isElsewhere;
};

/** Follows the script that a command calls, by itself or through a program that is not known. */
const walkScripts = (
  step: CommandStep,
  words: readonly KnownText[],
  environment: ReadonlyMap<string, KnownText>,
  state: State,
): Flow | undefined => {
  const first = literalOf(words[0] ?? []) ?? '/';
  const isCommand = !first.includes('/') && isSystemProgram(first);
  const found = isCommand ? NOT_FOUND : state.tools.scripts.find(words[0] ?? []);
  if (found.kind === 'found' && found.isShell && !isNamesake(found.path, words, state)) {
    return called(found, words, step, environment, state);
  }
  if (found.kind === 'ambiguous') {
    remark(state, 'unread', `${describeText(words[0] ?? [])} may be any of the scripts ${found.paths.join(', ')}`);
  }
  const wrapped = wrappedScript(words, state);
  if (wrapped?.found.kind === 'found' && wrapped.found.isShell) {
    remark(
      state,
      'unread',
      `\`${programOf(words)}\` is not known: it is taken for a wrapper of ${wrapped.found.path}. Or is it a user, and this a system crontab (--system)?`,
    );
    return called(wrapped.found, words.slice(wrapped.at), step, environment, {
      ...state,
      partOf: state.partOf ?? step,
    });
  }
  return undefined;
};

const walkProgram = (
  step: CommandStep,
  read: Unwrapped,
  environment: ReadonlyMap<string, KnownText>,
  state: State,
): Flow => {
  const words = read.words.map((word) => expand(word, state.scope.variables));
  const program = programOf(words);
  if (state.scope.functions.has(program)) {
    return walkFunction(program, words, state);
  }
  const builtin = Object.hasOwn(BUILTINS, program) ? BUILTINS[program] : undefined;
  if (builtin !== undefined) {
    return builtin(words, step, state);
  }
  if (program === '.' || program === 'source') {
    return sourced(words, step, state);
  }
  const flow = walkScripts(step, words, environment, state);
  if (flow !== undefined) {
    return flow;
  }
  if (program === 'find') {
    return walkFind(step, read.words, words, environment, state);
  }
  return walkOther(step, read, words, environment, state);
};

const walkOther = (
  step: CommandStep,
  read: Unwrapped,
  words: readonly KnownText[],
  environment: ReadonlyMap<string, KnownText>,
  state: State,
): Flow => {
  const condition = commandCondition(words, read.words, { ...surroundingsOf(state, step), step });
  const isOnlyAsked = condition?.kind === 'atom' && condition.atom.kind === 'asked' && isAsking(programOf(words));
  if (isOnlyAsked && !isAsked(programOf(words), step, state)) {
    return pushAct(step, words, environment, state);
  }
  if (isOnlyAsked || condition === undefined) {
    const flow = pushAct(step, words, environment, state);
    return condition === undefined ? flow : ended(condition);
  }
  return ended(condition);
};

const exportedIn = ({ scope }: State): Map<string, KnownText> =>
  new Map(
    [...scope.exported].flatMap((name) => {
      const text = scope.variables.get(name);
      return text === undefined ? [] : [[name, text] as const];
    }),
  );

export const walkCommand = (step: CommandStep, state: State): Flow => {
  for (const word of step.words) {
    walkOutputs(word, state);
  }
  if (step.words.length === 0) {
    return ended(assign(step.assignments, step, state));
  }
  const read = unwrapped(step.words, state.scope.variables);
  noteWrappers(read, step, state);
  const own = new Map(step.assignments.map(({ name, value }) => [name, expand(value, state.scope.variables)] as const));
  const environment = new Map([...exportedIn(state), ...own, ...read.environment]);
  const { timeoutSeconds } = read;
  const inner: State = { ...state, ...(timeoutSeconds !== undefined && { timeoutSeconds }) };
  if (read.host !== undefined) {
    return walkOnHost(step, read, environment, inner);
  }
  if (read.isShellText) {
    return walkText(step, read.words, {
      ...inner,
      scope: withVariables(inner, new Map([...own, ...read.environment])),
    });
  }
  const flow = walkProgram(step, read, environment, inner);
  // `exec program` does not come back.
  const isReplaced =
    read.words.length < step.words.length && literalOf(expand(step.words[0] ?? [], state.scope.variables)) === 'exec';
  return isReplaced
    ? { next: NEVER, status: ALWAYS, leaves: [{ kind: 'exit', when: ALWAYS, status: flow.status }] }
    : flow;
};

const withVariables = (state: State, own: ReadonlyMap<string, KnownText>): State['scope'] => {
  const scope = copyOf(state.scope);
  for (const [name, text] of own) {
    scope.variables.set(name, text);
    scope.exported.add(name);
  }
  return scope;
};

/** A command on another host is kept whole: its files are those of the other host. */
const walkOnHost = (
  step: CommandStep,
  read: Unwrapped,
  environment: ReadonlyMap<string, KnownText>,
  state: State,
): Flow => {
  const text = read.isShellText ? literalOf(expand(read.words[0] ?? [], state.scope.variables)) : undefined;
  const looks = /(^|\s|'|"|;)(test|\[|ls|stat|find)\s/.test(text ?? step.text);
  const words = step.words.map((word) => expand(word, state.scope.variables));
  if (state.isTested && looks) {
    return ended(atom({ kind: 'asked', text: step.text }, `asked:${step.text}`));
  }
  return pushAct(step, words, environment, state);
};
