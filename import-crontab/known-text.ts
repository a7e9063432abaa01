/** Text that is partly known before anything runs, such as the name of a file on a date to come. */
import type { DateUnit } from '../shared/feeds/template.ts';
import type { Formula } from './formula.ts';

/** How far a date lies from the day of the run: `{ amount: -1, unit: 'dd' }` is yesterday. */
export type ClockOffset = { readonly amount: number; readonly unit: DateUnit };

export type TextPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'date'; readonly unit: DateUnit; readonly offset?: ClockOffset }
  /** `*` outside of quotes. */
  | { readonly kind: 'any' }
  /** A variable whose values are listed, or not known at all. */
  | { readonly kind: 'value'; readonly name: string; readonly values?: readonly string[] }
  /** The names of files: all that `ls` prints, or one after the other in a loop. */
  | { readonly kind: 'files'; readonly path: KnownText; readonly isEach: boolean; readonly filters: readonly string[] }
  /** `$?`: whether a command ended well. */
  | { readonly kind: 'status'; readonly formula: Formula }
  /** A variable that has several values, each under a condition. */
  | { readonly kind: 'choice'; readonly options: readonly Choice[] }
  | { readonly kind: 'unknown'; readonly text: string };

export type Choice = { readonly when: Formula; readonly text: KnownText };

export type KnownText = readonly TextPart[];

/** Makes text that is known. */
export const plain = (text: string): KnownText => (text === '' ? [] : [{ kind: 'text', text }]);

/** Turns the patterns of the shell into `*`. */
export const globbed = (text: string): KnownText =>
  text
    .split(/(\*+|\?|\[[^\]]*\])/)
    .flatMap((piece, index) => (index % 2 === 1 ? [{ kind: 'any' as const }] : plain(piece)));

/** Tells the text, if all of it is known. */
export const literalOf = (text: KnownText): string | undefined =>
  text.every((part) => part.kind === 'text')
    ? text.map((part) => (part.kind === 'text' ? part.text : '')).join('')
    : undefined;

/** Says whether two dates lie equally far from the day of the run. */
export const sameOffset = (one: ClockOffset | undefined, other: ClockOffset | undefined): boolean =>
  one?.amount === other?.amount && one?.unit === other?.unit;

/** Says how far a date lies from the day of the run, in words. */
export const describeOffset = (offset: ClockOffset | undefined): string => {
  if (offset === undefined) {
    return 'the day of the run';
  }
  const words: Readonly<Record<DateUnit, string>> = { yyyy: 'year', MM: 'month', dd: 'day', HH: 'hour', mm: 'minute' };
  const count = Math.abs(offset.amount);

  return `${count} ${words[offset.unit]}${count === 1 ? '' : 's'} ${offset.amount < 0 ? 'before' : 'after'} the run`;
};

/** Lists the different distances from the day of the run that dates in a text have. */
export const offsetsOf = (texts: readonly KnownText[]): (ClockOffset | undefined)[] => {
  const offsets = texts.flat().flatMap((part) => (part.kind === 'date' ? [part.offset] : []));

  return offsets.filter((offset, index) => offsets.findIndex((other) => sameOffset(offset, other)) === index);
};

/** Tells whether all dates of a text lie that far from the day of the run. */
export const hasOnlyOffset = (text: KnownText, offset: ClockOffset | undefined): boolean =>
  offsetsOf([text]).every((each) => sameOffset(each, offset));

/** Writes a text the way a person reads it: dates as `{date:yyyyMMdd}`, what is not known as `…`. */
export const describeText = (text: KnownText): string => {
  const written = text.map((part) => {
    switch (part.kind) {
      case 'text':
        return part.text;
      case 'date':
        return `{date:${part.unit}}`;
      case 'any':
        return '*';
      case 'value':
        return `{${part.name}}`;
      case 'choice':
        return part.options.map(({ text: option }) => describeText(option)).join(' or ');
      case 'files':
        return part.isEach ? '(each file)' : `(the files ${describeText(part.path)})`;
      default:
        return '…';
    }
  });

  return joinDates(written.join(''));
};

/** Joins the pieces of a date: `{date:yyyy}{date:MM}` and `{date:yyyy}-{date:MM}` are one each. */
export const joinDates = (text: string): string => {
  const joined = text.replaceAll(/\{date:([^}]*)\}(-?)\{date:/g, '{date:$1$2');

  return joined === text ? text : joinDates(joined);
};

/** Cuts a text at a character that is known; what lies between keeps its parts. */
export const cutAt = (text: KnownText, separator: string): KnownText[] =>
  text.reduce<KnownText[]>(
    (pieces, part) => {
      const before = pieces.slice(0, -1);
      const last = pieces.at(-1) ?? [];
      if (part.kind !== 'text') {
        return [...before, [...last, part]];
      }
      const [first = '', ...others] = part.text.split(separator);
      return [...before, [...last, ...plain(first)], ...others.map(plain)];
    },
    [[]],
  );

/** Puts texts together with the same text between them. */
export const joined = (texts: readonly KnownText[], separator: string): KnownText =>
  texts.flatMap((text, index) => (index === 0 ? text : [...plain(separator), ...text]));

/** Tells whether a text begins with text that is known. */
export const startsWith = (text: KnownText, start: string): boolean => {
  const [first] = text;
  return first?.kind === 'text' && first.text.startsWith(start);
};
