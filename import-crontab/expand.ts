/** Fills words in, as far as that can be done without running anything. */
import { clockText } from './clock-text.ts';
import { cutAt, joined, type KnownText, literalOf, plain } from './known-text.ts';
import type { Step, Word, WordPart } from './shell.ts';

export type Variables = ReadonlyMap<string, KnownText>;

/** Turns what a pattern of the shell leaves open into `*`. */
const globbed = (text: string): KnownText =>
  text
    .split(/(\*+|\?|\[[^\]]*\])/)
    .flatMap((piece, index) => (index % 2 === 1 ? [{ kind: 'any' as const }] : plain(piece)));

const nameOf = (variable: string): string => {
  const name = variable.toLowerCase().replaceAll(/[^a-z0-9_]/g, '');
  return /^[a-z]/.test(name) ? name : `argument${name}`;
};

const RESERVED = ['date', 'feed', 'generation', 'manifest'];

const unknownVariable = (name: string): KnownText => {
  if (/^[?@*#$!-]$/.test(name)) {
    return [{ kind: 'unknown', text: `$${name}` }];
  }
  const capture = nameOf(name);
  return [{ kind: 'value', name: RESERVED.includes(capture) ? `${capture}_value` : capture }];
};

/** Takes the redirections off a step that is run for its output. */
const bare = (step: Step): Step => {
  const [only, ...others] = step.kind === 'group' ? step.steps : [];
  if (step.kind === 'redirected') {
    return bare(step.step);
  }
  return only !== undefined && others.length === 0 ? bare(only) : step;
};

const nonOptions = (words: readonly KnownText[]): KnownText[] =>
  words.filter((word) => !(literalOf(word)?.startsWith('-') ?? false));

const findFiles = (words: readonly KnownText[]): KnownText => {
  const [, folder = []] = words;
  const at = words.findIndex((word) => ['-name', '-iname', '-path'].includes(literalOf(word) ?? ''));
  const name = at === -1 ? undefined : words[at + 1];
  const pattern: KnownText =
    name === undefined
      ? [{ kind: 'any' }]
      : name.flatMap((part) => (part.kind === 'text' ? globbed(part.text) : [part]));

  return [...folder, ...plain('/'), ...pattern];
};

const valueAfter = (words: readonly KnownText[], option: string): KnownText | undefined => {
  const at = words.findIndex((word) => literalOf(word) === option);
  return at === -1 ? undefined : words[at + 1];
};

const headObject = (words: readonly KnownText[]): KnownText | undefined => {
  const [bucket, key] = [valueAfter(words, '--bucket'), valueAfter(words, '--key') ?? valueAfter(words, '--prefix')];
  return bucket && key && [...plain('s3://'), ...bucket, ...plain('/'), ...key];
};

const listedByAws = (words: readonly KnownText[]): KnownText | undefined => {
  const [, service, verb] = words.map(literalOf);
  if (service === 's3' && verb === 'ls') {
    return nonOptions(words.slice(3))[0];
  }
  const looks = ['head-object', 'wait', 'list-objects', 'list-objects-v2', 'get-object'];
  return service === 's3api' && looks.includes(verb ?? '') ? headObject(words) : undefined;
};

/**
 * Says which files a command looks for.
 *
 * @returns `undefined` when it is no command that lists files.
 */
export const listedPath = (words: readonly KnownText[]): KnownText | undefined => {
  const [program, verb, option] = words.map(literalOf);
  switch (program?.split('/').at(-1)) {
    case 'ls':
    case 'stat':
      return nonOptions(words.slice(1))[0];
    case 'find':
      return findFiles(words);
    case 'aws':
      return listedByAws(words);
    case 's3cmd':
      return verb === 'ls' || verb === 'info' ? nonOptions(words.slice(2))[0] : undefined;
    case 'hadoop':
    case 'hdfs':
      return ['-ls', '-test', '-stat', '-count'].includes(option ?? '') ? nonOptions(words.slice(3))[0] : undefined;
    case 'compgen':
      return valueAfter(words, '-G');
    default:
      return undefined;
  }
};

const lastOf = (text: KnownText): KnownText => cutAt(text, '/').at(-1) ?? [];

const outputOfCommand = (words: readonly KnownText[], variables: Variables): KnownText | undefined => {
  const [program, ...rest] = words;
  const [argument = [], suffix] = rest;
  switch (program && literalOf(program)?.split('/').at(-1)) {
    case 'date':
      return clockText(rest);
    case 'echo':
    case 'printf':
      return joined(nonOptions(rest), ' ');
    case 'basename': {
      const end = suffix && literalOf(suffix);
      const name = lastOf(argument);
      const last = name.at(-1);
      return end !== undefined && last?.kind === 'text' && last.text.endsWith(end)
        ? [...name.slice(0, -1), ...plain(last.text.slice(0, -end.length))]
        : name;
    }
    case 'dirname':
      return joined(cutAt(argument, '/').slice(0, -1), '/');
    case 'pwd':
      return variables.get('PWD');
    default: {
      const path = listedPath(words);
      return path && [{ kind: 'files', path, isEach: false }];
    }
  }
};

const COUNTERS = ['wc', 'head', 'tail', 'sort', 'uniq', 'awk', 'cut', 'sed', 'tr', 'cat', 'xargs'];

const outputOfPipe = (steps: readonly Step[], variables: Variables): KnownText | undefined => {
  const [first, ...others] = steps.map(bare);
  const isCounted = others.every(
    (step) => step.kind === 'command' && COUNTERS.includes(literalOf(expand(step.words[0] ?? [], variables)) ?? ''),
  );
  const output = first && outputOf([first], variables);

  return isCounted && output?.some(({ kind }) => kind === 'files') ? output : undefined;
};

const outputOf = (steps: readonly Step[], variables: Variables): KnownText | undefined => {
  const [step, ...others] = steps.map(bare);
  if (step === undefined || others.length > 0) {
    return undefined;
  }
  if (step.kind === 'and') {
    // `$(cd "$(dirname "$0")" && pwd)` is the usual way to a script's own folder.
    return step.text.endsWith('pwd') ? outputOf([step.right], variables) : undefined;
  }
  if (step.kind === 'pipe') {
    return outputOfPipe(step.steps, variables);
  }
  return step.kind === 'command'
    ? outputOfCommand(
        step.words.map((word) => expand(word, variables)),
        variables,
      )
    : undefined;
};

const expandPart = (part: WordPart, variables: Variables): KnownText => {
  switch (part.kind) {
    case 'text':
      return part.isQuoted ? plain(part.text) : globbed(part.text);
    case 'variable': {
      const value = variables.get(part.name);
      return value ?? (part.fallback === undefined ? unknownVariable(part.name) : expand(part.fallback, variables));
    }
    case 'output':
      return outputOf(part.steps, variables) ?? [{ kind: 'unknown', text: part.text }];
    default:
      return [{ kind: 'unknown', text: part.text }];
  }
};

/** Fills in a word: variables that are known, dates that follow from the day of the run, patterns as `*`. */
export const expand = (word: Word, variables: Variables): KnownText =>
  word.flatMap((part) => expandPart(part, variables));
