/** Says which files a condition of the shell asks for. */
import { expand, listedPath, type Variables } from './expand.ts';
import { cutAt, type KnownText, literalOf, plain } from './known-text.ts';
import type { Step, Word } from './shell.ts';
import { unwrapped } from './wrappers.ts';

/** A look at files. */
export type Check = {
  readonly path: KnownText;
  /** As it stands in the script. */
  readonly how: string;
  readonly min: number;
  readonly minBytes: number;
  readonly isFolder: boolean;
  /** What makes the reading less than sure. */
  readonly doubts: readonly string[];
};

export type Condition =
  | { readonly kind: 'check'; readonly check: Check }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'all' | 'any'; readonly of: readonly Condition[] }
  /** Something else than files, in the words of the script. */
  | { readonly kind: 'opaque'; readonly text: string; readonly asksCommand: boolean };

type Surroundings = {
  readonly variables: Variables;
  /** What the last command before was, of which `$?` tells. */
  readonly previous?: Condition | undefined;
  readonly text: string;
};

const checkOf = (path: KnownText, how: string, more: Partial<Check> = {}): Condition => ({
  kind: 'check',
  check: { path, how, min: 1, minBytes: 0, isFolder: false, doubts: [], ...more },
});

const not = (of: Condition): Condition => ({ kind: 'not', of });

const filesIn = (text: KnownText): KnownText | undefined =>
  text.flatMap((part) => (part.kind === 'files' ? [part.path] : []))[0];

const FILE_TESTS = ['-f', '-e', '-s', '-r', '-d', '-L', '-h', '-w', '-x', '-a'];

const unaryTest = (operator: string, word: Word, around: Surroundings): Condition => {
  const text = expand(word, around.variables);
  const files = filesIn(text);
  if (operator === '-n' || operator === '-z') {
    const found: Condition =
      files === undefined ? { kind: 'opaque', text: around.text, asksCommand: false } : checkOf(files, around.text);
    return operator === '-z' && files !== undefined ? not(found) : found;
  }
  return checkOf(text, around.text, { minBytes: operator === '-s' ? 1 : 0, isFolder: operator === '-d' });
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

const statusTest = (operator: string, status: string | undefined, previous: Condition): Condition | undefined => {
  if (status !== '0') {
    return undefined;
  }
  if (['-eq', '=', '=='].includes(operator)) {
    return previous;
  }
  return ['-ne', '!=', '-gt'].includes(operator) ? not(previous) : undefined;
};

const isStatus = (text: KnownText): boolean => text.some((part) => part.kind === 'unknown' && part.text === '$?');

const binaryTest = (left: Word, operator: string, right: Word, around: Surroundings): Condition => {
  const opaque: Condition = { kind: 'opaque', text: around.text, asksCommand: false };
  const [one, other] = [expand(left, around.variables), expand(right, around.variables)];
  const literal = literalOf(other);
  if (isStatus(one)) {
    return (around.previous && statusTest(operator, literal, around.previous)) ?? opaque;
  }
  const files = filesIn(one);
  if (files === undefined) {
    return opaque;
  }
  if (literal === '' && ['=', '==', '!='].includes(operator)) {
    return operator === '!=' ? checkOf(files, around.text) : not(checkOf(files, around.text));
  }
  const least =
    Object.hasOwn(LEAST, operator) && /^\d+$/.test(literal ?? '') ? LEAST[operator]?.(Number(literal)) : undefined;
  if (least === undefined || least.min < 1) {
    return opaque;
  }
  const check = checkOf(files, around.text, { min: least.min });
  return least.holds ? check : not(check);
};

type Reading = { readonly condition: Condition; readonly rest: readonly Word[] };

const wordText = (word: Word | undefined): string =>
  (word ?? []).map((part) => (part.kind === 'text' && !part.isQuoted ? part.text : '\0')).join('');

const readPrimary = (words: readonly Word[], around: Surroundings): Reading => {
  const [first = [], second, third] = words;
  const text = wordText(first);
  if (text === '!') {
    const { condition, rest } = readPrimary(words.slice(1), around);
    return { condition: not(condition), rest };
  }
  if (text === '(') {
    const { condition, rest } = readAny(words.slice(1), around);
    return { condition, rest: rest.slice(1) };
  }
  if (second !== undefined && (FILE_TESTS.includes(text) || text === '-n' || text === '-z')) {
    return { condition: unaryTest(text, second, around), rest: words.slice(2) };
  }
  const operator = wordText(second);
  if (third !== undefined && /^(-[a-z]{2}|=|==|!=|=~|<|>)$/.test(operator)) {
    return { condition: binaryTest(first, operator, third, around), rest: words.slice(3) };
  }
  return { condition: unaryTest('-n', first, around), rest: words.slice(1) };
};

const readChain = (
  words: readonly Word[],
  operators: readonly string[],
  readOne: (words: readonly Word[], around: Surroundings) => Reading,
  around: Surroundings,
): { readonly conditions: readonly Condition[]; readonly rest: readonly Word[] } => {
  let { condition, rest } = readOne(words, around);
  const conditions = [condition];
  while (rest.length > 0 && operators.includes(wordText(rest[0]))) {
    ({ condition, rest } = readOne(rest.slice(1), around));
    conditions.push(condition);
  }
  return { conditions, rest };
};

const joinedBy = (kind: 'all' | 'any', conditions: readonly Condition[]): Condition => {
  const [only, ...others] = conditions;
  return only !== undefined && others.length === 0 ? only : { kind, of: conditions };
};

const readAll = (words: readonly Word[], around: Surroundings): Reading => {
  const { conditions, rest } = readChain(words, ['-a', '&&'], readPrimary, around);
  return { condition: joinedBy('all', conditions), rest };
};

const readAny = (words: readonly Word[], around: Surroundings): Reading => {
  const { conditions, rest } = readChain(words, ['-o', '||'], readAll, around);
  return { condition: joinedBy('any', conditions), rest };
};

const readTest = (words: readonly Word[], around: Surroundings): Condition => {
  const { condition, rest } = readAny(words, around);
  return rest.length === 0 ? condition : { kind: 'opaque', text: around.text, asksCommand: false };
};

/** `aws s3 ls` takes a prefix: without a name at its end, any object below it is enough. */
const prefixed = (path: KnownText): KnownText => {
  const name = cutAt(path, '/').at(-1) ?? [];
  return name.length === 0 ? [...path, { kind: 'any' }] : path;
};

const hadoopTest = (words: readonly KnownText[], path: KnownText, text: string): Condition => {
  const flag = words.map(literalOf).find((word) => /^-[defsz]$/.test(word ?? ''));
  const check = checkOf(path, text, { isFolder: flag === '-d', minBytes: flag === '-s' ? 1 : 0 });

  return flag === '-z' ? not(checkOf(path, text, { minBytes: 1 })) : check;
};

const ASKING = [
  'curl',
  'wget',
  'nc',
  'ping',
  'pgrep',
  'pidof',
  'mysql',
  'psql',
  'sqlplus',
  'grep',
  'diff',
  'cmp',
  'lftp',
  'gsutil',
  'hive',
  'inotifywait',
];

const programOf = (words: readonly KnownText[]): string =>
  literalOf(words[0] ?? [])
    ?.split('/')
    .at(-1) ?? '';

const commandCondition = (step: Step & { readonly kind: 'command' }, around: Surroundings): Condition | undefined => {
  const { words: shellWords, host } = unwrapped(step.words, around.variables);
  if (host !== undefined) {
    return /(^|\s|')(test|\[|ls|stat)\s/.test(step.text)
      ? { kind: 'opaque', text: step.text, asksCommand: true }
      : undefined;
  }
  const words = shellWords.map((word) => expand(word, around.variables));
  const program = programOf(words);
  if (program === 'test') {
    return readTest(shellWords.slice(1), around);
  }
  if (program === 'find') {
    return undefined;
  }
  const path = listedPath(words);
  if (path !== undefined) {
    const doubts = program === 's3cmd' ? ['s3cmd ls succeeds also when there is nothing'] : [];
    return words.some((word) => literalOf(word) === '-test')
      ? hadoopTest(words, path, step.text)
      : checkOf(program === 'aws' ? prefixed(path) : path, step.text, { doubts });
  }
  return ASKING.includes(program) ? { kind: 'opaque', text: step.text, asksCommand: true } : undefined;
};

/** Puts what `grep` looks for behind the folder that was listed. */
const greppedPath = (path: KnownText, pattern: string): KnownText => {
  const last = cutAt(path, '/').at(-1) ?? [];
  if (last.some((part) => part.kind === 'date' || (part.kind === 'text' && part.text.includes('.')))) {
    return path;
  }
  const name = pattern.replaceAll(/^\^|\$$/g, '').replaceAll('\\.', '.');
  const folder = cutAt(path, '/').slice(0, -1);
  const base: KnownText = [...folder.flatMap((piece) => [...piece, ...plain('/')])];

  return name === '.' || /[*[\]\\+?|(]/.test(name) ? [...base, { kind: 'any' }] : [...base, ...plain(name)];
};

const pipeCondition = (steps: readonly Step[], around: Surroundings): Condition | undefined => {
  const [first, last] = [steps[0], steps.at(-1)];
  const producer = first?.kind === 'redirected' ? first.step : first;
  const filter = last?.kind === 'redirected' ? last.step : last;
  if (producer?.kind !== 'command' || filter?.kind !== 'command') {
    return undefined;
  }
  const expanded = (step: Step & { readonly kind: 'command' }): KnownText[] =>
    unwrapped(step.words, around.variables).words.map((word) => expand(word, around.variables));
  const path = listedPath(expanded(producer));
  const [program, ...rest] = expanded(filter);
  if (path === undefined || !/grep$/.test(literalOf(program ?? []) ?? '')) {
    return commandCondition(producer, around) && { kind: 'opaque', text: around.text, asksCommand: true };
  }
  const pattern = rest.find((word) => !(literalOf(word)?.startsWith('-') ?? false));
  const literal = pattern && literalOf(pattern);
  const isAnything = literal === '.' || literal === undefined;
  const doubts = isAnything ? [] : [`grep looks for ${literal} anywhere in a name`];
  const found =
    programOf(expanded(producer)) === 'find' || isAnything ? prefixed(path) : greppedPath(prefixed(path), literal);

  return checkOf(found, around.text, { doubts });
};

/**
 * Reads a step as a condition.
 *
 * @returns `undefined` when the step is done for what it does, not for what it says.
 */
export const conditionOf = (step: Step, around: Omit<Surroundings, 'text'>): Condition | undefined => {
  const here: Surroundings = { ...around, text: step.text };
  switch (step.kind) {
    case 'test':
      return readTest(step.words, here);
    case 'command':
      return commandCondition(step, here);
    case 'not': {
      const inner = conditionOf(step.step, around);
      return inner && not(inner);
    }
    case 'and':
    case 'or': {
      const [left, right] = [conditionOf(step.left, around), conditionOf(step.right, around)];
      return left && right && { kind: step.kind === 'and' ? 'all' : 'any', of: [left, right] };
    }
    case 'redirected':
      return conditionOf(step.step, around);
    case 'pipe':
      return pipeCondition(step.steps, here);
    default:
      return undefined;
  }
};
