/** Reads what `date` prints, as far as it follows from the day of the run. */
import type { DateUnit } from '../shared/feeds/template.ts';
import { type ClockOffset, type KnownText, literalOf, plain, type TextPart } from './known-text.ts';

const UNITS: Readonly<Record<string, readonly TextPart[]>> = {
  '%Y': [{ kind: 'date', unit: 'yyyy' }],
  '%m': [{ kind: 'date', unit: 'MM' }],
  '%d': [{ kind: 'date', unit: 'dd' }],
  '%H': [{ kind: 'date', unit: 'HH' }],
  '%M': [{ kind: 'date', unit: 'mm' }],
  '%F': [
    { kind: 'date', unit: 'yyyy' },
    { kind: 'text', text: '-' },
    { kind: 'date', unit: 'MM' },
    { kind: 'text', text: '-' },
    { kind: 'date', unit: 'dd' },
  ],
  '%R': [
    { kind: 'date', unit: 'HH' },
    { kind: 'text', text: ':' },
    { kind: 'date', unit: 'mm' },
  ],
  '%%': [{ kind: 'text', text: '%' }],
};

const formatted = (format: string, offset: ClockOffset | undefined): KnownText =>
  (format.match(/%[-_0^#]?.|[^%]+|%/g) ?? []).flatMap((token) => {
    if (!token.startsWith('%')) {
      return plain(token);
    }
    const parts = UNITS[token] ?? [{ kind: 'unknown' as const, text: token }];
    return parts.map((part) => (part.kind === 'date' && offset !== undefined ? { ...part, offset } : part));
  });

const WORDS: Readonly<Record<string, { readonly unit: DateUnit; readonly times: number }>> = {
  year: { unit: 'yyyy', times: 1 },
  month: { unit: 'MM', times: 1 },
  week: { unit: 'dd', times: 7 },
  day: { unit: 'dd', times: 1 },
  hour: { unit: 'HH', times: 1 },
  min: { unit: 'mm', times: 1 },
  minute: { unit: 'mm', times: 1 },
};

const COUNTS: Readonly<Record<string, number>> = { last: -1, next: 1 };

type Shift = { readonly kind: 'shift'; readonly offset?: ClockOffset };

const NO_SHIFT: Shift = { kind: 'shift' };

const shiftBy = (amount: number, word: string): Shift | undefined => {
  const found = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
  if (found === undefined || amount === 0) {
    return found && NO_SHIFT;
  }
  return { kind: 'shift', offset: { amount: amount * found.times, unit: found.unit } };
};

/** Reads `yesterday`, `2 days ago`, `-1 hour`, `last month`. */
const readShift = (text: string): Shift | undefined => {
  const words = text.trim().toLowerCase();
  if (['', 'now', 'today'].includes(words)) {
    return NO_SHIFT;
  }
  const named: Readonly<Record<string, number>> = { yesterday: -1, tomorrow: 1 };
  if (Object.hasOwn(named, words)) {
    return shiftBy(named[words] ?? 0, 'day');
  }
  const [, count, unit = '', ago] = /^([+-]?\s*\d+|last|next)\s*([a-z]+?)s?(\s+ago)?$/.exec(words) ?? [];
  if (count === undefined) {
    return undefined;
  }
  const amount = COUNTS[count] ?? Number(count.replaceAll(/\s/g, ''));
  return shiftBy(ago === undefined ? amount : -amount, unit);
};

/** Reads `-v-1d`, as BSD and macOS write it. */
const readBsdShift = (text: string): Shift | undefined => {
  const units: Readonly<Record<string, string>> = {
    y: 'year',
    m: 'month',
    w: 'week',
    d: 'day',
    H: 'hour',
    M: 'minute',
  };
  const [, amount, unit = ''] = /^([+-]\d+)([ymwdHM])$/.exec(text) ?? [];

  return amount === undefined ? undefined : shiftBy(Number(amount), units[unit] ?? '');
};

const added = (one: ClockOffset | undefined, other: ClockOffset | undefined): Shift | undefined => {
  if (one === undefined || other === undefined) {
    const offset = one ?? other;
    return offset === undefined ? NO_SHIFT : { kind: 'shift', offset };
  }
  return one.unit === other.unit
    ? { kind: 'shift', offset: { amount: one.amount + other.amount, unit: one.unit } }
    : undefined;
};

/** Reads a day that is told by another: `$DAY -1 day`. */
const readBased = (text: KnownText): Shift | undefined => {
  const base = text.find((part) => part.kind === 'date');
  const last = text.findLastIndex((part) => part.kind === 'date');
  const rest = literalOf(text.slice(last + 1));
  if (base === undefined) {
    const literal = literalOf(text);
    return literal === undefined ? undefined : readShift(literal);
  }
  const shift = rest === undefined ? undefined : readShift(rest);
  return shift && added(base.offset, shift.offset);
};

type Arguments = { readonly format: string | undefined; readonly shift: Shift | undefined };

const readArgument = (words: readonly KnownText[], index: number, { format, shift }: Arguments): Arguments => {
  const word = words[index] ?? [];
  const text = literalOf(word);
  const before = literalOf(words[index - 1] ?? []);
  if (before === '-d' || before === '--date') {
    return { format, shift: readBased(word) };
  }
  const [first, ...others] = word;
  if (first?.kind === 'text' && first.text.startsWith('--date=')) {
    return { format, shift: readBased([...plain(first.text.slice('--date='.length)), ...others]) };
  }
  if (text?.startsWith('+')) {
    return { format: text.slice(1), shift };
  }
  return { format, shift: text?.startsWith('-v') ? readBsdShift(text.slice(2)) : shift };
};

/**
 * Says what `date` prints.
 *
 * @param words - Its arguments.
 * @returns `undefined` when that does not follow from the day of the run.
 */
export const clockText = (words: readonly KnownText[]): KnownText | undefined => {
  const start: Arguments = { format: undefined, shift: NO_SHIFT };
  const { format, shift } = words.reduce((read, _, index) => readArgument(words, index, read), start);

  return format === undefined || shift === undefined ? undefined : formatted(format, shift.offset);
};
