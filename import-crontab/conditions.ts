/** Reads the conditions of shell as formulas: `[ -f ... ]`, `ls ... | grep -q`, `pgrep`. */
import { bare, expand, programOf, type Variables } from './expand.ts';
import { ALWAYS, all, any, atom, type Check, type Formula, NEVER, negated, type Place } from './formula.ts';
import { cutAt, describeText, globbed, type KnownText, literalOf, plain } from './known-text.ts';
import { listedFiles } from './listings.ts';
import type { Step, StepOf, Word } from './shell-steps.ts';

export type Surroundings = {
  readonly variables: Variables;
  readonly place: Place;
  /** Whether the condition stands in a loop that sleeps. */
  readonly isWaiting: boolean;
  /** How many commands have run before: a file that is looked at later may have changed. */
  readonly epoch: number;
  /** Whether the shell reads a file that was not given: any variable may then be set. */
  readonly hasUnknownSource: boolean;
};

export type Here = Surroundings & { readonly step: Step };

const asked = (text: string, origin?: string): Formula =>
  atom({ kind: 'asked', text, ...(origin !== undefined && { origin }) }, `asked:${text}`);

const counted = (text: string): Formula => atom({ kind: 'count', text }, `count:${text}`);

const firstLine = (text: string): string => text.split('\n')[0] ?? '';

/** Makes a look at files; a path that has several values is looked at under the condition of each. */
const looked = (path: KnownText, more: Partial<Check>, here: Here): Formula => {
  const at = path.findIndex((part) => part.kind === 'choice');
  const choice = path[at];
  if (choice?.kind === 'choice') {
    return any(
      ...choice.options.map(({ when, text }) =>
        all(when, looked([...path.slice(0, at), ...text, ...path.slice(at + 1)], more, here)),
      ),
    );
  }
  const isEach = path.length === 1 && path[0]?.kind === 'files' && path[0].isEach;
  if (isEach) {
    // A file of a list is there.
    return ALWAYS;
  }
  const how = firstLine(here.step.text);
  const check: Check = {
    path,
    how,
    test: '-e',
    min: 1,
    minBytes: 0,
    isFolder: false,
    isEach: false,
    filters: [],
    doubts: [],
    ...more,
  };
  const { place, isWaiting, step, epoch } = here;
  const id = `file:${describeText(path)}:${check.min}:${check.minBytes}:${check.filters.join()}:${epoch}`;
  return atom({ kind: 'file', check, place, isWaiting, step }, id);
};

/** The condition of each round of a loop over files. */
export const lookedAtEach = (path: KnownText, filters: readonly string[], how: string, here: Here): Formula => {
  const check: Check = {
    path,
    how,
    test: 'ls',
    min: 1,
    minBytes: 0,
    isFolder: false,
    isEach: true,
    filters,
    doubts: [],
  };
  const { place, isWaiting, step, epoch } = here;
  return atom({ kind: 'file', check, place, isWaiting, step }, `each:${describeText(path)}:${filters.join()}:${epoch}`);
};

const filesIn = (text: KnownText) => text.flatMap((part) => (part.kind === 'files' ? [part] : []))[0];

const FILE_TESTS = ['-f', '-e', '-s', '-r', '-d', '-L', '-h', '-w', '-x', '-a', '-p', '-S', '-b', '-c'];

const originOf = (text: KnownText): string | undefined =>
  text.flatMap((part) => (part.kind === 'unknown' && /^[$`]/.test(part.text) ? [part.text] : []))[0];

/** Variables that cron or the shell sets. */
const SET_BY_SHELL =
  /^(home|logname|user|path|shell|pwd|oldpwd|lang|lc_.*|random|hostname|uid|euid|ppid|term|tz|ifs|bash.*|seconds|mail.*)$/;

/** Says whether a text is empty, as far as that is known. */
const isEmptyText = (text: KnownText, here: Here): boolean | undefined => {
  const [only, ...others] = text;
  if (only === undefined) {
    return true;
  }
  if (text.some((part) => (part.kind === 'text' && part.text !== '') || part.kind === 'date')) {
    return false;
  }
  const isUnset = only.kind === 'value' && only.values === undefined && others.length === 0;
  return isUnset && !here.hasUnknownSource && !SET_BY_SHELL.test(only.name) ? true : undefined;
};

const emptyTest = (text: KnownText, here: Here): Formula => {
  const [only] = text;
  if (only?.kind === 'choice' && text.length === 1) {
    return any(...only.options.map(({ when, text: option }) => all(when, emptyTest(option, here))));
  }
  const files = filesIn(text);
  if (files !== undefined) {
    return negated(files.isEach ? ALWAYS : looked(files.path, { test: 'ls', filters: files.filters }, here));
  }
  const isEmpty = isEmptyText(text, here);
  if (isEmpty !== undefined) {
    return isEmpty ? ALWAYS : NEVER;
  }
  return negated(asked(here.step.text, originOf(text)));
};

const unaryTest = (operator: string, word: Word, here: Here): Formula => {
  const text = expand(word, here.variables);
  if (operator === '-z' || operator === '-n') {
    return operator === '-z' ? emptyTest(text, here) : negated(emptyTest(text, here));
  }
  if (operator === '-t') {
    return NEVER;
  }
  return looked(text, { test: operator, minBytes: operator === '-s' ? 1 : 0, isFolder: operator === '-d' }, here);
};

/** How many files must be there for a comparison to hold; below 1 when there must be none. */
const LEAST: Readonly<
  Record<string, (count: number) => { readonly min: number; readonly holds: boolean } | undefined>
> = {
  '-gt': (count) => ({ min: count + 1, holds: true }),
  '-ge': (count) => ({ min: count, holds: true }),
  '-ne': (count) => (count === 0 ? { min: 1, holds: true } : undefined),
  '-eq': (count) => (count === 0 ? { min: 1, holds: false } : { min: count, holds: true }),
  '-lt': (count) => ({ min: count, holds: false }),
  '-le': (count) => ({ min: count + 1, holds: false }),
};

const NUMBERS: Readonly<Record<string, string>> = { '=': '-eq', '==': '-eq', '!=': '-ne', '<': '-lt', '>': '-gt' };

const COMPARISONS: Readonly<Record<string, (one: number, other: number) => boolean>> = {
  '-eq': (one, other) => one === other,
  '-ne': (one, other) => one !== other,
  '-gt': (one, other) => one > other,
  '-ge': (one, other) => one >= other,
  '-lt': (one, other) => one < other,
  '-le': (one, other) => one <= other,
};

const bool = (holds: boolean): Formula => (holds ? ALWAYS : NEVER);

const literalTest = (one: string, operator: string, other: string, right: KnownText): Formula | undefined => {
  const compare = Object.hasOwn(COMPARISONS, operator) ? COMPARISONS[operator] : undefined;
  if (compare !== undefined) {
    // An empty text counts as 0.
    return /^-?\d*$/.test(one) && /^-?\d*$/.test(other) ? bool(compare(Number(one), Number(other))) : undefined;
  }
  if (operator === '=' || operator === '==') {
    return right.some(({ kind }) => kind === 'any') ? undefined : bool(one === other);
  }
  return operator === '!=' ? bool(one !== other) : undefined;
};

const statusTest = (operator: string, status: string | undefined, formula: Formula): Formula | undefined => {
  const number = NUMBERS[operator] ?? operator;
  if (number === '-eq') {
    return status === '0' ? formula : undefined;
  }
  const isAboveZero = status === '0' && (number === '-ne' || number === '-gt');
  return isAboveZero || (status === '1' && number === '-ge') ? negated(formula) : undefined;
};

const countTest = (text: KnownText, operator: string, literal: string | undefined, here: Here): Formula | undefined => {
  const files = filesIn(text);
  if (files === undefined || files.isEach) {
    return undefined;
  }
  const look = (min: number): Formula => looked(files.path, { test: 'ls', min, filters: files.filters }, here);
  if (literal === '' && ['=', '==', '!='].includes(operator)) {
    return operator === '!=' ? look(1) : negated(look(1));
  }
  const number = NUMBERS[operator] ?? operator;
  const least = /^\d+$/.test(literal ?? '') ? LEAST[number]?.(Number(literal)) : undefined;
  if (least === undefined || least.min < 1) {
    return undefined;
  }
  return least.holds ? look(least.min) : negated(look(least.min));
};

const isCount = (text: KnownText): boolean =>
  text.some((part) => part.kind === 'unknown' && (part.text.startsWith('$((') || part.text.startsWith('((')));

/** Compares two texts. */
export const comparison = (one: KnownText, operator: string, other: KnownText, here: Here): Formula => {
  const [only] = one;
  if (only?.kind === 'choice' && one.length === 1) {
    return any(...only.options.map(({ when, text }) => all(when, comparison(text, operator, other, here))));
  }
  const literal = literalOf(other);
  const left = literalOf(one) ?? (isEmptyText(one, here) === true ? '' : undefined);
  const known = left === undefined || literal === undefined ? undefined : literalTest(left, operator, literal, other);
  const status = only?.kind === 'status' && one.length === 1 ? statusTest(operator, literal, only.formula) : undefined;
  const compared = known ?? status ?? countTest(one, operator, literal, here);
  if (compared !== undefined) {
    return compared;
  }
  return isCount(one) || isCount(other) ? counted(here.step.text) : asked(here.step.text, originOf(one));
};

type Reading = { readonly formula: Formula; readonly rest: readonly Word[] };

const wordText = (word: Word | undefined): string =>
  (word ?? []).map((part) => (part.kind === 'text' && !part.isQuoted ? part.text : '\0')).join('');

const readPrimary = (words: readonly Word[], here: Here): Reading => {
  const [first = [], second, third] = words;
  const text = wordText(first);
  if (text === '!' && second !== undefined) {
    const { formula, rest } = readPrimary(words.slice(1), here);
    return { formula: negated(formula), rest };
  }
  if (text === '(') {
    const { formula, rest } = readAny(words.slice(1), here);
    return { formula, rest: rest.slice(1) };
  }
  const operator = wordText(second);
  if (third !== undefined && /^(-[a-z]{2}|=|==|!=|=~|<|>)$/.test(operator)) {
    const [one, other] = [expand(first, here.variables), expand(third, here.variables)];
    return { formula: comparison(one, operator, other, here), rest: words.slice(3) };
  }
  if (second !== undefined && (FILE_TESTS.includes(text) || ['-n', '-z', '-t'].includes(text))) {
    return { formula: unaryTest(text, second, here), rest: words.slice(2) };
  }
  const unknown = first.length === 1 && first[0]?.kind === 'unknown' ? first[0].text : undefined;
  return {
    formula: unknown === undefined ? unaryTest('-n', first, here) : counted(unknown),
    rest: words.slice(1),
  };
};

const readChain = (
  words: readonly Word[],
  operators: readonly string[],
  readOne: (words: readonly Word[], here: Here) => Reading,
  here: Here,
): { readonly formulas: readonly Formula[]; readonly rest: readonly Word[] } => {
  let { formula, rest } = readOne(words, here);
  const formulas = [formula];
  while (rest.length > 0 && operators.includes(wordText(rest[0]))) {
    ({ formula, rest } = readOne(rest.slice(1), here));
    formulas.push(formula);
  }
  return { formulas, rest };
};

const readAll = (words: readonly Word[], here: Here): Reading => {
  const { formulas, rest } = readChain(words, ['-a', '&&'], readPrimary, here);
  return { formula: all(...formulas), rest };
};

const readAny = (words: readonly Word[], here: Here): Reading => {
  const { formulas, rest } = readChain(words, ['-o', '||'], readAll, here);
  return { formula: any(...formulas), rest };
};

/** Reads the words of `test` or between brackets. */
export const readTest = (words: readonly Word[], here: Here): Formula => {
  if (words.length === 0) {
    return NEVER;
  }
  const { formula, rest } = readAny(words, here);
  return rest.length === 0 ? formula : asked(here.step.text);
};

/** `aws s3 ls` takes a prefix: without a name at its end, any object below it is enough. */
const prefixed = (path: KnownText): KnownText => {
  const name = cutAt(path, '/').at(-1) ?? [];
  return name.length === 0 ? [...path, { kind: 'any' }] : path;
};

const hadoopTest = (words: readonly KnownText[], path: KnownText, here: Here): Formula => {
  const flag = words.map(literalOf).find((word) => /^-[defsz]$/.test(word ?? ''));
  const look = (minBytes: number): Formula => looked(path, { minBytes, isFolder: flag === '-d' }, here);

  return flag === '-z' ? negated(look(1)) : look(flag === '-s' ? 1 : 0);
};

/** Programs that are run for what they answer. */
const ASKING = new Set(
  `curl wget nc ping pgrep pidof mysql psql sqlplus grep egrep zgrep diff cmp lftp gsutil hive inotifywait kill ssh
  mountpoint mount ps systemctl service docker fuser lsof id hostname whoami nslookup host dig telnet redis-cli jq nmap`.split(
    /\s+/,
  ),
);

const PROCESSES = /^(pgrep|pidof|ps|fuser|lsof|kill|killall)$/;

const INSTALLED = /^(which|command|type|hash)$/;

const LOCKS = /^(lockfile|lockfile-create|dotlockfile|shlock|semaphore|flock|lockf)$/;

const lock = (isProcess: boolean, here: Here): Formula =>
  atom({ kind: 'lock', text: here.step.text, step: here.step, isProcess }, `lock:${here.step.text}`);

const isLockFolder = (words: readonly KnownText[]): boolean =>
  ['mkdir', 'ln'].includes(programOf(words)) &&
  !words.some((word) => literalOf(word) === '-p') &&
  words.some((word) => /lock|lck|running|\.pid/i.test(describeText(word)));

const listingCondition = (words: readonly KnownText[], here: Here): Formula | undefined => {
  const files = listedFiles(words);
  const program = programOf(words);
  if (files === undefined || program === 'find') {
    return undefined;
  }
  if (words.some((word) => literalOf(word) === '-test')) {
    return hadoopTest(words, files.path, here);
  }
  const doubts = program === 's3cmd' ? ['s3cmd ls succeeds also when there is nothing'] : [];
  return looked(program === 'aws' ? prefixed(files.path) : files.path, { test: 'ls', doubts }, here);
};

/**
 * Reads a command as a condition.
 *
 * @param words - Without wrappers.
 * @returns `undefined` when the command is run for its effect.
 */
export const commandCondition = (
  words: readonly KnownText[],
  shellWords: readonly Word[],
  here: Here,
): Formula | undefined => {
  const program = programOf(words);
  if (program === 'test') {
    return readTest(shellWords.slice(1), here);
  }
  if (program === '[') {
    return readTest(shellWords.slice(1, -1), here);
  }
  if (INSTALLED.test(program)) {
    return atom({ kind: 'installed', text: here.step.text, step: here.step }, `installed:${here.step.text}`);
  }
  if (LOCKS.test(program) || isLockFolder(words) || PROCESSES.test(program)) {
    return lock(PROCESSES.test(program), here);
  }
  return listingCondition(words, here) ?? (ASKING.has(program) ? asked(here.step.text) : undefined);
};

/** Puts the name that `grep` looks for behind the folder that was listed. */
const greppedPath = (path: KnownText, pattern: string): KnownText => {
  const last = cutAt(path, '/').at(-1) ?? [];
  if (last.some((part) => part.kind === 'date' || (part.kind === 'text' && part.text.includes('.')))) {
    return path;
  }
  const name = pattern.replaceAll(/^\^|\$$/g, '').replaceAll('\\.', '.');
  const folder = cutAt(path, '/').slice(0, -1);
  const base: KnownText = [...folder.flatMap((piece) => [...piece, ...plain('/')])];

  return name === '.' || /[*[\]\\+?|(]/.test(name) ? [...base, { kind: 'any' }] : [...base, ...globbed(name)];
};

const expandedWords = (step: Step | undefined, variables: Variables): KnownText[] =>
  step?.kind === 'command' ? step.words.map((word) => expand(word, variables)) : [];

/** Reads `ls ... | grep -q` and `... | wc -l` as a condition. */
export const pipeCondition = (step: StepOf<'pipe'>, around: Surroundings): Formula | undefined => {
  const here: Here = { ...around, step };
  const [producer, ...filters] = step.steps.map((each) => expandedWords(bare(each), around.variables));
  const filter = filters.at(-1);
  const first = programOf(producer ?? []);
  if (producer === undefined || filter === undefined || !/grep$/.test(programOf(filter))) {
    return undefined;
  }
  if (PROCESSES.test(first)) {
    return lock(true, here);
  }
  const files = listedFiles(producer);
  if (files === undefined) {
    return asked(step.text);
  }
  const pattern = filter.slice(1).find((word) => !(literalOf(word)?.startsWith('-') ?? false));
  const literal = pattern && literalOf(pattern);
  const isInverted = filter.some((word) => /^-\w*v/.test(literalOf(word) ?? ''));
  if (isInverted) {
    return asked(step.text);
  }
  const isAnything = literal === '.' || literal === undefined;
  const doubts = isAnything ? [] : [`grep looks for ${literal} anywhere in a name`];
  const path = prefixed(files.path);
  const found = first === 'find' || isAnything ? path : greppedPath(path, literal);

  return looked(found, { test: 'ls', doubts, filters: files.filters }, here);
};

/** Says whether a program is run for what it answers, when its result is used. */
export const isAsking = (program: string): boolean => ASKING.has(program);
