/** Fills in the command of a feed with the values that a run has. */
import type { DateUnit } from '../shared/feeds/template.ts';
import { UNIT_ORDER } from './dating.ts';
import { createNames } from './feed-names.ts';
import type { KeptCommand } from './kept-command.ts';
import {
  type ClockOffset,
  cutAt,
  describeOffset,
  describeText,
  hasOnlyOffset,
  joinDates,
  type KnownText,
  literalOf,
  offsetsOf,
  startsWith,
  type TextPart,
} from './known-text.ts';
import { escapedText } from './templates.ts';
import type { Remark } from './trace-events.ts';
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

/** The values that a run has for the words of a command. */
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
  (literalOf(words[0] ?? []) === 'ssh' ? [] : words.slice(1))
    .filter((word) => startsWith(word, '/') && fileWord(word, filling) === undefined)
    .map(describeText)
    .filter((path) => !/\.(py|pl|rb|php|js|R|jar|hql|sql|scala|pig|sh)$/.test(path));

/** The command of a feed, with the values that a run has in place of dates and files. */
export type FilledCommand = {
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly remarks: readonly Remark[];
};

const unread = (text: string): Remark => ({ weight: 'unread', text });

const environmentOf = ({ environment }: KeptCommand, filling: Filling): FilledCommand => {
  const filled = [...environment].map(([name, text]) => ({ name, text, value: fillWord(text, filling) }));
  const known = filled.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const]));
  return {
    ...(known.length > 0 && { environment: Object.fromEntries(known) }),
    remarks: filled
      .filter(({ value }) => value === undefined)
      .map(({ name, text }) =>
        unread(`the job needs the variable ${name} (\`${describeText(text)}\`), which the run does not tell`),
      ),
  };
};

const countOf = (text: string, part: string): number => text.split(part).length - 1;

const CLOCK = 'the command takes a date from the clock: a run that is late works on the wrong day';

/** The shell has nine parameters of one digit. */
const MOST_PARAMETERS = 9;

/** Hands the dates of a shell text in as parameters, so that a late run works on its own day. */
const textCommand = (
  kept: KeptCommand & { readonly kind: 'shell' },
  filling: Filling,
  timeZone: string,
): FilledCommand => {
  const values: string[] = [];
  let { text } = kept;
  for (const { text: part, known } of kept.dates) {
    const value = fillWord(known, filling);
    const isOnce = countOf(text, part) === kept.dates.filter((date) => date.text === part).length;
    if (value !== undefined && isOnce && values.length < MOST_PARAMETERS) {
      values.push(value);
      text = text.replaceAll(part, `$${values.length}`);
    }
  }
  const environment = environmentOf(kept, filling);
  const isClock = /\bdate\b[^|;&)]*\+/.test(text);
  const zone = isClock ? { environment: { ...environment.environment, TZ: timeZone } } : environment;
  const script = [kept.shell, '-c', escapedText(text)];
  return {
    ...zone,
    command: values.length === 0 ? script : [...script, kept.shell, ...values],
    remarks: [...kept.remarks, ...environment.remarks, ...(isClock ? [unread(CLOCK)] : [])],
  };
};

/** Starts the words that follow in a folder, which is the first of them. */
const IN_FOLDER = ['sh', '-c', 'cd "$1" && shift && exec "$@"', 'sh'];

/** Fills in the command of a feed. */
export const commandOf = (kept: KeptCommand, filling: Filling, timeZone: string): FilledCommand => {
  const environment = environmentOf(kept, filling);
  if (kept.kind === 'none') {
    return { ...environment, remarks: [...kept.remarks, ...environment.remarks] };
  }
  if (kept.kind === 'shell') {
    return textCommand(kept, filling, timeZone);
  }
  const words = kept.words.map((word) => ({ word, filled: fillWord(word, filling) }));
  const open = words.filter(({ filled }) => filled === undefined);
  const paths = serverPaths(kept.words, filling).map((path) =>
    unread(`what does the job take in place of \`${path}\`, which is on the server?`),
  );
  if (open.length > 0) {
    const listed = open.map(({ word }) => `\`${describeText(word)}\`${describeDays(word)}`).join(', ');
    const whole = kept.otherwise === undefined ? environment : commandOf(kept.otherwise, filling, timeZone);
    const kind = kept.otherwise === undefined ? '' : ' Until then the command is as cron has it';
    const question = unread(`what does the job take in place of ${listed}, which the run does not tell?${kind}`);
    return { ...whole, remarks: [question, ...whole.remarks.filter(({ text }) => text !== CLOCK)] };
  }
  const plainCommand = words.flatMap(({ filled }) => (filled === undefined ? [] : [filled]));
  const folder = kept.folder && fillWord(kept.folder, filling);
  const command = folder === undefined ? plainCommand : [...IN_FOLDER, folder, ...plainCommand];
  return { ...environment, command, remarks: [...paths, ...kept.remarks, ...environment.remarks] };
};
