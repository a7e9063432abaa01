/** Expands words, as far as that is possible without running anything. */
import { clockText } from './clock-text.ts';
import { cutAt, globbed, joined, type KnownText, literalOf, plain, type TextPart } from './known-text.ts';
import { listedFiles, nonOptions } from './listings.ts';
import type { Change, Step, Word, WordPart } from './shell-steps.ts';

export type Variables = ReadonlyMap<string, KnownText>;

const nameOf = (variable: string): string => {
  const name = variable.toLowerCase().replaceAll(/[^a-z0-9_]/g, '');
  return /^[a-z]/.test(name) ? name : `argument${name}`;
};

const RESERVED = ['date', 'feed', 'generation', 'manifest'];

export const unknownVariable = (name: string): KnownText => {
  if (/^[?@*#$!-]$/.test(name)) {
    return [{ kind: 'unknown', text: `$${name}` }];
  }
  const capture = nameOf(name);
  return [{ kind: 'value', name: RESERVED.includes(capture) ? `${capture}_value` : capture }];
};

/** Takes the redirections off a step that is run for its output. */
export const bare = (step: Step): Step => {
  const [only, ...others] = step.kind === 'group' ? step.steps : [];
  if (step.kind === 'redirected') {
    return bare(step.step);
  }
  return only !== undefined && others.length === 0 ? bare(only) : step;
};

const lastOf = (text: KnownText): KnownText => cutAt(text, '/').at(-1) ?? [];

const baseName = ([argument = [], suffix]: readonly KnownText[]): KnownText => {
  const end = suffix && literalOf(suffix);
  const name = lastOf(argument);
  const last = name.at(-1);
  return end !== undefined && last?.kind === 'text' && last.text.endsWith(end)
    ? [...name.slice(0, -1), ...plain(last.text.slice(0, -end.length))]
    : name;
};

const outputOfCommand = (words: readonly KnownText[], variables: Variables): KnownText | undefined => {
  const [program, ...rest] = words;
  switch (program && literalOf(program)?.split('/').at(-1)) {
    case 'date':
      return clockText(rest);
    case 'echo':
    case 'printf':
      return joined(nonOptions(rest), ' ');
    case 'basename':
      return baseName(rest);
    case 'dirname':
      return joined(cutAt(rest[0] ?? [], '/').slice(0, -1), '/');
    case 'pwd':
      return variables.get('PWD');
    default: {
      const files = listedFiles(words);
      return files && [{ kind: 'files', path: files.path, isEach: false, filters: files.filters }];
    }
  }
};

const COUNTERS = ['wc', 'head', 'tail', 'sort', 'uniq', 'awk', 'cut', 'sed', 'tr', 'cat', 'xargs'];

const programIn = (step: Step, variables: Variables): string =>
  step.kind === 'command'
    ? (literalOf(expand(step.words[0] ?? [], variables))
        ?.split('/')
        .at(-1) ?? '')
    : '';

const outputOfPipe = (steps: readonly Step[], variables: Variables): KnownText | undefined => {
  const [first, ...others] = steps.map(bare);
  const isCounted = others.every((step) => COUNTERS.includes(programIn(step, variables)));
  const output = first && outputOf([first], variables);

  return isCounted && output?.some(({ kind }) => kind === 'files') ? output : undefined;
};

/** Reads `cd "$(dirname "$0")" && pwd`, the usual way to the folder of a script. */
const outputOfFolder = (steps: readonly Step[], variables: Variables): KnownText | undefined => {
  const [change, print, ...others] = steps.flatMap((step) =>
    step.kind === 'and' ? [bare(step.left), bare(step.right)] : [bare(step)],
  );
  const isFolder =
    change?.kind === 'command' && programIn(change, variables) === 'cd' && print !== undefined && others.length === 0;
  return isFolder && programIn(print, variables) === 'pwd' ? expand(change.words[1] ?? [], variables) : undefined;
};

/** Tells what steps print. */
export const outputOf = (steps: readonly Step[], variables: Variables): KnownText | undefined => {
  const folder = outputOfFolder(steps, variables);
  const [step, ...others] = steps.map(bare);
  if (folder !== undefined || step === undefined || others.length > 0) {
    return folder;
  }
  if (step.kind === 'pipe') {
    return outputOfPipe(step.steps, variables);
  }
  // `TZ=UTC date` prints the date of another zone.
  return step.kind === 'command' && step.assignments.length === 0
    ? outputOfCommand(
        step.words.map((word) => expand(word, variables)),
        variables,
      )
    : undefined;
};

const WIDTHS: Readonly<Record<string, number>> = { yyyy: 4, MM: 2, dd: 2, HH: 2, mm: 2 };

/** Lists the parts with the number of characters that each has; `undefined` where that is not known. */
const measured = (text: KnownText): { readonly part: TextPart; readonly width: number }[] | undefined => {
  const pieces = text.flatMap((part): { part: TextPart; width: number }[] => {
    if (part.kind === 'text') {
      return [...part.text].map((each) => ({ part: { kind: 'text', text: each }, width: 1 }));
    }
    return [{ part, width: part.kind === 'date' ? (WIDTHS[part.unit] ?? 0) : 0 }];
  });
  return pieces.some(({ width }) => width === 0) ? undefined : pieces;
};

const sliced = (
  text: KnownText,
  { start, length }: Change & { readonly kind: 'slice' },
  unknown: KnownText,
): KnownText => {
  const pieces = measured(text);
  const end = length === undefined ? Number.POSITIVE_INFINITY : start + length;
  let at = 0;
  const kept: TextPart[] = [];
  for (const { part, width } of pieces ?? []) {
    const isInside = at >= start && at + width <= end;
    const isOutside = at + width <= start || at >= end;
    if (!(isInside || isOutside)) {
      return unknown;
    }
    kept.push(...(isInside ? [part] : []));
    at += width;
  }
  return pieces === undefined ? unknown : kept;
};

const cutText = (
  text: KnownText,
  { operator, pattern }: Change & { readonly kind: 'cut' },
  unknown: KnownText,
): KnownText => {
  const last = text.at(-1);
  const first = text[0];
  if (operator === '##' && pattern === '*/') {
    return lastOf(text);
  }
  if (operator === '%' && pattern === '/*') {
    return joined(cutAt(text, '/').slice(0, -1), '/');
  }
  if (operator.startsWith('%') && last?.kind === 'text' && !/[*?[]/.test(pattern)) {
    return last.text.endsWith(pattern)
      ? [...text.slice(0, -1), ...plain(last.text.slice(0, last.text.length - pattern.length))]
      : text;
  }
  if (operator.startsWith('#') && first?.kind === 'text' && !/[*?[]/.test(pattern)) {
    return first.text.startsWith(pattern) ? [...plain(first.text.slice(pattern.length)), ...text.slice(1)] : text;
  }
  return unknown;
};

const changed = (value: KnownText, change: Change, source: string, variables: Variables): KnownText => {
  const unknown: KnownText = [{ kind: 'unknown', text: source }];
  const files = value.find((part) => part.kind === 'files');
  switch (change.kind) {
    case 'count':
      return files === undefined ? [{ kind: 'unknown', text: `$((${source}))` }] : [files];
    case 'slice':
      return sliced(value, change, unknown);
    case 'cut':
      return cutText(value, change, unknown);
    default:
      return literalOf(value) === '' ? [] : expand(change.text, variables);
  }
};

const variableText = (part: WordPart & { readonly kind: 'variable' }, variables: Variables): KnownText => {
  const value = variables.get(part.name);
  const isEmpty = value === undefined || (literalOf(value) === '' && part.text.includes(':'));
  if (part.fallback !== undefined && isEmpty) {
    return expand(part.fallback, variables);
  }
  if (part.change?.kind === 'set' && value === undefined) {
    return [];
  }
  const known = value ?? unknownVariable(part.name);
  return part.change === undefined ? known : changed(known, part.change, part.text, variables);
};

const expandPart = (part: WordPart, variables: Variables): KnownText => {
  switch (part.kind) {
    case 'text':
      return part.isQuoted ? plain(part.text) : globbed(part.text);
    case 'variable':
      return variableText(part, variables);
    case 'output':
      return outputOf(part.steps, variables) ?? [{ kind: 'unknown', text: part.text }];
    default:
      return [{ kind: 'unknown', text: part.text }];
  }
};

/** Expands a word: variables that are known, dates that follow from the day of the run, patterns as `*`. */
export const expand = (word: Word, variables: Variables): KnownText =>
  word.flatMap((part) => expandPart(part, variables));

/** Names the program of a command, without its folder. */
export const programOf = (words: readonly KnownText[]): string =>
  literalOf(words[0] ?? [])
    ?.split('/')
    .at(-1) ?? '';
