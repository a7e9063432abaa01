import { cutIntoStretches, type FixedPiece, fixedPieces } from './date-positions.ts';
import { DATE_UNITS, type DatePieces, dateOf, isInRange, isPossibleDate } from './dates.ts';
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

/** What the parts of a template say about every key. */
type Plan = {
  readonly slashes: number;
  readonly fixed: readonly FixedPiece[];
  /**
   * By part, the units on whose value so far the rest of a match depends: those that float before it and stand after it again.
   *
   * This is what keeps the work small. No other value counts: what is fixed is known from the start, and `parseTemplate` lets no year, month
   * and day float apart, so between two captures they are all known to fit, or none of them is known.
   */
  readonly remembered: readonly (readonly DateUnit[])[];
};

/** Most of the work for a key that does not match, and the same for every key: done once a template. */
const plans = new WeakMap<readonly TemplatePart[], Plan>();

const planOf = (parts: readonly TemplatePart[]): Plan => {
  const known = plans.get(parts);
  if (known !== undefined) {
    return known;
  }
  const { stretches, slashes } = cutIntoStretches(parts);
  const fixed = fixedPieces(stretches);
  const units = parts.map((part) => (part.kind === 'date' ? part.unit : undefined));
  const loose = DATE_UNITS.filter((unit) => !fixed.some((piece) => piece.unit === unit));
  const remembered = parts.map((_, index) =>
    loose.filter((unit) => units.slice(0, index).includes(unit) && units.slice(index).includes(unit)),
  );
  const plan = { slashes, fixed, remembered };
  plans.set(parts, plan);
  return plan;
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

/**
 * Reads the pieces of the date that have a fixed place, wherever in the key they are: where a piece floats as well, only one value of it is
 * left to look for.
 */
const readFixed = ({ slashes, fixed }: Plan, key: string): DatePieces | undefined => {
  const borders = [-1, ...Array.from(key.matchAll(/\//g), ({ index }) => index), key.length];
  if (borders.length !== slashes + 2) {
    return undefined;
  }
  return fixed.reduce<DatePieces | undefined>((date, { unit, border, offset }) => {
    const at = (borders[border] ?? 0) + offset;
    return date && addUnit(date, unit, key.slice(at, at + unit.length));
  }, {});
};

/** One key on its way through one template. */
type Walk = {
  readonly key: string;
  readonly parts: readonly TemplatePart[];
  readonly remembered: Plan['remembered'];
  /** By part and what is remembered of the date: the first place from which the rest does not match, nor from any later one. */
  readonly failed: Map<string, number>;
};

const matchVariable = (
  walk: Walk,
  part: VariablePart,
  index: number,
  at: number,
  date: DatePieces,
): Found | undefined => {
  const { key, remembered, failed } = walk;
  const slash = key.indexOf('/', at);
  const most = slash === -1 ? key.length : slash;

  const state = `${index} ${remembered[index]?.map((unit) => date[unit]).join('')}`;
  const first = part.kind === 'capture' ? at + 1 : at;
  // Who failed here has tried all the longer ways too.
  const last = Math.min(most, (failed.get(state) ?? most + 1) - 1);
  if (first <= last) {
    failed.set(state, first);
  }

  for (let end = first; end <= last; end += 1) {
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
    const known = date[part.unit];
    if (known !== undefined) {
      return key.startsWith(known, at) ? matchFrom(walk, index + 1, end, date) : undefined;
    }
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
 * @remarks No regular expression that a key could blow up, and no state is tried twice. The work grows with the length of the key times the
 * number of parts of the template, whatever a provider calls a file; only where all of a date that stands twice floats it is also times the
 * number of dates that the key may mean, which is at most its length again. That no more dates than these are remembered is what
 * `parseTemplate` sees to.
 * @returns What was captured, or `undefined` for a key that does not match.
 */
export const matchTemplate = ({ parts }: Template, key: string): Captures | undefined => {
  // A longer key cannot exist, so whatever claims to have one is refused before it costs anything.
  if (key.length > MAX_KEY_BYTES) {
    return undefined;
  }
  const plan = planOf(parts);
  const fixed = readFixed(plan, key);
  const found = fixed && matchFrom({ key, parts, remembered: plan.remembered, failed: new Map() }, 0, 0, fixed);

  return found && { date: dateOf(found.date), values: Object.fromEntries(found.values) };
};
