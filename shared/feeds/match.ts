import { cutIntoStretches, type FixedPiece, fixedPieces } from './date-positions.ts';
import { DATE_UNITS, type DatePieces, dateOf, isInRange, isPossibleDate } from './dates.ts';
import { MAX_KEY_BYTES } from './s3-names.ts';
import type { DateUnit, Template, TemplatePart } from './template.ts';

/** The date and the captured values of a key. */
export type Captures = {
  /**
   * `2026`, `2026-11`, `2026-11-22`, `2026-11-22T05` or `2026-11-22T05:30`; `undefined` for a
   * template without a date.
   */
  readonly date: string | undefined;
  readonly values: Readonly<Record<string, string>>;
};

type Found = { readonly date: DatePieces; readonly values: readonly (readonly [name: string, value: string])[] };

type VariablePart = Extract<TemplatePart, { kind: 'capture' | 'any' }>;

const isDigit = (character: string): boolean => character >= '0' && character <= '9';

/** The facts about a template that hold for every key. */
type Plan = {
  readonly slashes: number;
  readonly fixed: readonly FixedPiece[];
  /**
   * By part, the units whose value decides about the rest of a match: those that float before the
   * part and are repeated after it.
   *
   * This keeps the work small. Fixed units are known from the start. `parseTemplate` does not allow
   * a year, a month and a day to float apart, so between two captures either all of them are known
   * or none.
   */
  readonly remembered: readonly (readonly DateUnit[])[];
};

/**
 * A plan is the same for every key, and most of the work for a key that does not match: it is made
 * once for each template.
 */
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

/**
 * Adds the digits of a unit to a date, if they are in range and agree with the rest of the date.
 */
const addUnit = (date: DatePieces, unit: DateUnit, digits: string): DatePieces | undefined => {
  const isReadable = digits.length === unit.length && Array.from(digits).every(isDigit) && isInRange(unit, digits);
  if (!isReadable || (date[unit] ?? digits) !== digits) {
    return undefined;
  }
  const added = { ...date, [unit]: digits };

  return isPossibleDate(added) ? added : undefined;
};

/**
 * Reads the pieces of the date at fixed positions of the key. If such a unit floats elsewhere in
 * the key too, its value is known then.
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

/** The match of one key with one template. */
type Walk = {
  readonly key: string;
  readonly parts: readonly TemplatePart[];
  readonly remembered: Plan['remembered'];
  /**
   * By part and remembered digits: the first position from which, and after which, the rest does
   * not match.
   */
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
  // An earlier attempt has tried the positions after that one.
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
 * The whole key must match. A capture is one or more characters and `*` any number, in both cases
 * without a slash. If there are several matches, the captures are as short as possible, from left
 * to right, and the pieces of the date form a real date. Keys are not decoded: a space, `+` or `%`
 * is that character.
 *
 * @remarks The matcher uses no regular expression and tries no state twice, so the work grows with
 * the length of the key times the number of parts of the template, for every name of a file. A
 * template in which a whole date floats twice also multiplies it by the number of dates in the key,
 * at most its length. `parseTemplate` ensures that there are no more.
 * @returns the captures, or `undefined` for a key that does not match
 */
export const matchTemplate = ({ parts }: Template, key: string): Captures | undefined => {
  // S3 has no longer key.
  if (key.length > MAX_KEY_BYTES) {
    return undefined;
  }
  const plan = planOf(parts);
  const fixed = readFixed(plan, key);
  const found = fixed && matchFrom({ key, parts, remembered: plan.remembered, failed: new Map() }, 0, 0, fixed);

  return found && { date: dateOf(found.date), values: Object.fromEntries(found.values) };
};
