import { type DatePieces, dateOf, isInRange, isLeap, isPossibleDate } from './dates.ts';
import { MAX_KEY_BYTES } from './s3-names.ts';
import type { DateUnit, Template, TemplatePart } from './template.ts';

/** What a template took out of a key. */
export type Captures = {
  /** `2026`, `2026-11`, `2026-11-22`, `2026-11-22T05` or `2026-11-22T05:30`; `undefined` for a template without a date. */
  readonly date: string | undefined;
  readonly values: Readonly<Record<string, string>>;
};

type Found = { readonly date: DatePieces; readonly values: readonly (readonly [name: string, value: string])[] };

type VariablePart = Extract<TemplatePart, { kind: 'capture' | 'any' }>;

const isDigit = (character: string): boolean => character >= '0' && character <= '9';

/** Lists for each part which units stand after it. */
const unitsAfter = (parts: readonly TemplatePart[]): readonly ReadonlySet<DateUnit>[] => {
  const units = parts.map((part) => (part.kind === 'date' ? [part.unit] : []));

  return parts.map((_, index) => new Set(units.slice(index + 1).flat()));
};

/** Most of the work for a key that does not match, and the same for every key: done once a template. */
const knownUnits = new WeakMap<readonly TemplatePart[], ReturnType<typeof unitsAfter>>();

const knownUnitsAfter = (parts: readonly TemplatePart[]): ReturnType<typeof unitsAfter> => {
  const units = knownUnits.get(parts) ?? unitsAfter(parts);
  knownUnits.set(parts, units);
  return units;
};

/**
 * Says of the date so far what the rest of a match depends on, and no more.
 *
 * This is what keeps the work small: of a year that does not stand again only whether it is a leap year counts, and nothing counts once
 * year, month and day are known to fit.
 */
const remembered = ({ yyyy, MM, dd, HH, mm }: DatePieces, after: ReadonlySet<DateUnit> | undefined): string => {
  const hasDay = dd !== undefined || after?.has('dd') === true;
  const isOpen = hasDay && (yyyy === undefined || MM === undefined || dd === undefined);
  const unlessDone = (unit: DateUnit, digits: string | undefined) => (isOpen || after?.has(unit) ? digits : undefined);

  return [
    after?.has('yyyy') ? yyyy : isOpen && yyyy !== undefined && isLeap(yyyy),
    unlessDone('MM', MM),
    unlessDone('dd', dd),
    after?.has('HH') ? HH : undefined,
    after?.has('mm') ? mm : undefined,
  ].join();
};

/** Adds the digits that a key has for a unit, if they make sense and agree with what the key said before. */
const addUnit = (date: DatePieces, unit: DateUnit, digits: string): DatePieces | undefined => {
  const isReadable = digits.length === unit.length && Array.from(digits).every(isDigit) && isInRange(unit, digits);
  if (!isReadable || (date[unit] ?? digits) !== digits) {
    return undefined;
  }
  const added = { ...date, [unit]: digits };

  return isPossibleDate(added) ? added : undefined;
};

/** One key on its way through one template. */
type Walk = {
  readonly key: string;
  readonly parts: readonly TemplatePart[];
  readonly after: readonly ReadonlySet<DateUnit>[];
  /** States from which the rest does not match. */
  readonly failed: Set<string>;
};

const matchVariable = (
  walk: Walk,
  part: VariablePart,
  index: number,
  at: number,
  date: DatePieces,
): Found | undefined => {
  const { key, failed } = walk;
  const slash = key.indexOf('/', at);
  const most = slash === -1 ? key.length : slash;
  const memory = remembered(date, walk.after[index]);

  for (let end = part.kind === 'capture' ? at + 1 : at; end <= most; end += 1) {
    const state = `${index} ${end} ${memory}`;
    // Who failed here has tried all the longer ways too.
    if (failed.has(state)) {
      return undefined;
    }
    failed.add(state);
    const rest = matchFrom(walk, index + 1, end, date);
    if (rest !== undefined) {
      return part.kind === 'any'
        ? rest
        : { ...rest, values: [[part.name, key.slice(at, end)] as const, ...rest.values] };
    }
  }
  return undefined;
};

const matchFrom = (walk: Walk, index: number, at: number, date: DatePieces): Found | undefined => {
  const { key, parts } = walk;
  const part = parts[index];
  if (part === undefined) {
    return at === key.length ? { date, values: [] } : undefined;
  }
  if (part.kind === 'literal') {
    return key.startsWith(part.text, at) ? matchFrom(walk, index + 1, at + part.text.length, date) : undefined;
  }
  if (part.kind === 'date') {
    const end = at + part.unit.length;
    const longer = addUnit(date, part.unit, key.slice(at, end));
    return longer && matchFrom(walk, index + 1, end, longer);
  }
  return matchVariable(walk, part, index, at, date);
};

/**
 * Matches a key against a template.
 *
 * The whole key must match. A capture takes one or more characters and `*` any number, neither of them a slash. Of several ways counts the
 * first, each capture as short as possible from left to right, whose date pieces agree and form a real date. Keys are taken as they are
 * and never decoded: a space, `+` or `%` stands for itself.
 *
 * @remarks No regular expression, and no state is tried twice: the work grows with the length of the key times that of the template
 * (times the number of dates that the key may mean), whatever a provider calls a file.
 * @returns What was captured, or `undefined` for a key that does not match.
 */
export const matchTemplate = ({ parts }: Template, key: string): Captures | undefined => {
  // A longer key cannot exist, so whatever claims to have one is refused before it costs anything.
  if (key.length > MAX_KEY_BYTES) {
    return undefined;
  }
  const found = matchFrom({ key, parts, after: knownUnitsAfter(parts), failed: new Set() }, 0, 0, {});

  return found && { date: dateOf(found.date), values: Object.fromEntries(found.values) };
};
