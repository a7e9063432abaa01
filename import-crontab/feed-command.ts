/** Fills in the command of a feed with the values that a run has. */
import type { DateUnit } from '../shared/feeds/template.ts';
import { UNIT_ORDER } from './dating.ts';
import {
  type ClockOffset,
  cutAt,
  describeOffset,
  describeText,
  hasOnlyOffset,
  joinDates,
  type KnownText,
  offsetsOf,
  startsWith,
  type TextPart,
} from './known-text.ts';
import { createNames, type Plan } from './plans.ts';
import { escapedText } from './templates.ts';
import type { FileWait } from './waits.ts';

const slotName = (path: KnownText): string => {
  const last = cutAt(path, '/').at(-1);
  const text = (last ?? []).map((part) => (part.kind === 'text' ? part.text : '_')).join('');
  const name = text
    .replace(/(\.[A-Za-z0-9]+)+$/, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^[^a-z]+|-+$/g, '')
    .slice(0, 32);

  return ['', 'date', 'feed', 'generation', 'manifest'].includes(name) ? 'files' : name;
};

export type NamedFile = FileWait & { readonly slot: string };

export const namedFiles = (files: readonly FileWait[]): NamedFile[] => {
  const names = createNames();
  for (const { template } of files) {
    for (const { name } of template.captures) {
      names(name);
    }
  }
  return files.map((wait) => ({ ...wait, slot: names(slotName(wait.awaited.path)) }));
};

const sameText = (one: KnownText, other: KnownText): boolean => describeText(one) === describeText(other);

/** What the words of a command can be filled in with. */
export type Filling = {
  readonly files: readonly NamedFile[];
  readonly unit: DateUnit | undefined;
  readonly base: ClockOffset | undefined;
  readonly captures: ReadonlySet<string>;
};

/** Names the one file that a word stands for, or the list of them. */
const fileWord = (word: KnownText, { files }: Filling): string | undefined => {
  const [part, ...others] = word;
  const path = part?.kind === 'files' && others.length === 0 ? part.path : word;
  const file = files.find(({ awaited }) => sameText(awaited.path, path));
  if (file === undefined) {
    return undefined;
  }
  const isRunOfOne = files.length === 1 && file.template.units.length === 0 && file.template.captures.length === 0;
  return !file.template.hasStar || isRunOfOne ? `{${file.slot}.uri}` : '{manifest}';
};

const fillPart = (part: TextPart, { unit, base, captures }: Filling): string | undefined => {
  if (part.kind === 'text') {
    return escapedText(part.text);
  }
  if (part.kind === 'value') {
    return captures.has(part.name) ? `{${part.name}}` : undefined;
  }
  const isFine =
    part.kind === 'date' && unit !== undefined && UNIT_ORDER.indexOf(part.unit) <= UNIT_ORDER.indexOf(unit);
  return isFine && hasOnlyOffset([part], base) ? `{date:${part.unit}}` : undefined;
};

const fillWord = (word: KnownText, filling: Filling): string | undefined => {
  const file = fileWord(word, filling);
  const parts = word.map((part) => fillPart(part, filling));

  return file ?? (parts.includes(undefined) ? undefined : joinDates(parts.join('')));
};

export const parametersOf = (unit: DateUnit | undefined): { parameters?: Record<string, string> } => {
  const formats: Readonly<Record<DateUnit, string>> = {
    yyyy: '{date:yyyy}',
    MM: '{date:yyyy-MM}',
    dd: '{date:yyyy-MM-dd}',
    HH: '{date:yyyy-MM-dd}T{date:HH}',
    mm: '{date:yyyy-MM-dd}T{date:HH}:{date:mm}',
  };
  return unit === undefined ? {} : { parameters: { date: formats[unit] } };
};

const describeDays = (word: KnownText): string => {
  const offsets = offsetsOf([word]).filter((offset) => offset !== undefined);
  return offsets.length === 0 ? '' : ` (${offsets.map(describeOffset).join(', ')})`;
};

/** Words that name a place on the server, which no job can see. */
const serverPaths = (words: readonly KnownText[], filling: Filling): string[] =>
  words
    .slice(1)
    .filter((word) => startsWith(word, '/') && fileWord(word, filling) === undefined)
    .map(describeText)
    .filter((path) => !/\.(py|pl|rb|php|js|R|jar|hql|sql|scala|pig|sh)$/.test(path));

export const commandOf = (
  plan: Plan,
  filling: Filling,
): { readonly command?: readonly string[]; readonly questions: string[] } => {
  const words = plan.words?.map((word) => ({ word, filled: fillWord(word, filling) })) ?? [];
  const open = words.filter(({ filled }) => filled === undefined);
  const questions = serverPaths(plan.words ?? [], filling).map(
    (path) => `what does the job take in place of \`${path}\`, which is on the server?`,
  );
  if (open.length > 0) {
    const listed = open.map(({ word }) => `\`${describeText(word)}\`${describeDays(word)}`).join(', ');
    return { questions: [...questions, `what does the job take in place of ${listed}, which the run does not tell?`] };
  }
  const command = words.flatMap(({ filled }) => (filled === undefined ? [] : [filled]));
  return command.length === 0 ? { questions } : { command, questions };
};
