/**
 * Whether two templates can match the same key: what tells that the output of a job would start it again.
 *
 * Both patterns are walked side by side, one character at a time. The digits of a date are unknowns, which a character of the other
 * pattern fixes or a digit of the other date equates; at the end both dates must exist.
 */
import { isInRange, isPossibleDate } from '../shared/feeds/dates.ts';
import type { DateUnit, TemplatePart } from '../shared/feeds/template.ts';

/** A part of a template, or of a job's output, which may hold more. */
export type PatternPart =
  | TemplatePart
  /** One or more digits. */
  | { readonly kind: 'number' }
  /** Any number of characters, slashes too: all below a folder. */
  | { readonly kind: 'rest' };

export type KeyPattern = { readonly bucket: string; readonly parts: readonly PatternPart[] };

type CharacterClass = 'digit' | 'notSlash' | 'any';

/** What may stand at one place of a key. */
type Figure =
  | { readonly kind: 'character'; readonly text: string }
  /** A digit of a date, by its place in the unknowns. */
  | { readonly kind: 'unknown'; readonly index: number }
  | { readonly kind: 'class'; readonly of: CharacterClass };

/** A figure, once or any number of times. */
type Atom = { readonly figure: Figure; readonly isRepeated: boolean };

/**
 * What is known of the twelve digits of each date: the digit, or a letter that all digits share which must be equal.
 *
 * The first half belongs to the one pattern, the second half to the other.
 */
type Unknowns = string;

const NOTHING_KNOWN: Unknowns = 'abcdefghijklmnopqrstuvwx';

const OFFSETS: Readonly<Record<DateUnit, number>> = { yyyy: 0, MM: 4, dd: 6, HH: 8, mm: 10 };

/** Where the digits of each pattern's date start. */
const SIDES = [0, 12] as const;

const isDigit = (text: string): boolean => text >= '0' && text <= '9';

const once = (figure: Figure): Atom => ({ figure, isRepeated: false });

const repeated = (of: CharacterClass): Atom => ({ figure: { kind: 'class', of }, isRepeated: true });

const atomsOf = (part: PatternPart, side: number): Atom[] => {
  switch (part.kind) {
    case 'literal':
      return Array.from(part.text, (text) => once({ kind: 'character', text }));
    case 'date':
      return Array.from(part.unit, (_, index) => once({ kind: 'unknown', index: side + OFFSETS[part.unit] + index }));
    case 'capture':
      return [once({ kind: 'class', of: 'notSlash' }), repeated('notSlash')];
    case 'any':
      return [repeated('notSlash')];
    case 'number':
      return [once({ kind: 'class', of: 'digit' }), repeated('digit')];
    default:
      return [repeated('any')];
  }
};

const isIn = (text: string, of: CharacterClass): boolean =>
  of === 'any' || (of === 'digit' ? isDigit(text) : text !== '/');

const BREADTHS: Readonly<Record<CharacterClass, number>> = { digit: 1, notSlash: 2, any: 3 };

const narrower = (one: CharacterClass, other: CharacterClass): CharacterClass =>
  BREADTHS[one] < BREADTHS[other] ? one : other;

/** Makes two digits of dates equal, each given as its digit or its letter. */
const equate = (unknowns: Unknowns, one: string, other: string): Unknowns | undefined => {
  if (isDigit(one) && isDigit(other)) {
    return one === other ? unknowns : undefined;
  }
  // Digits sort before letters, so a digit is what is kept.
  const [kept, replaced] = one < other ? [one, other] : [other, one];

  return unknowns.replaceAll(replaced, kept);
};

/** Takes the digit, or the letter of one, that may stand at a place of a date; there is none for other characters. */
const digitOf = (figure: Exclude<Figure, { kind: 'class' }>, unknowns: Unknowns): string | undefined => {
  if (figure.kind === 'unknown') {
    return unknowns.charAt(figure.index);
  }
  return isDigit(figure.text) ? figure.text : undefined;
};

type Meeting = { readonly figure: Figure; readonly unknowns: Unknowns };

/** Finds what two patterns can have in common at one place. */
const meet = (one: Figure, other: Figure, unknowns: Unknowns): Meeting | undefined => {
  if (one.kind === 'class') {
    return other.kind === 'class'
      ? { figure: { kind: 'class', of: narrower(one.of, other.of) }, unknowns }
      : meet(other, one, unknowns);
  }
  if (other.kind === 'class') {
    return one.kind === 'unknown' || isIn(one.text, other.of) ? { figure: one, unknowns } : undefined;
  }
  if (one.kind === 'character' && other.kind === 'character') {
    return one.text === other.text ? { figure: one, unknowns } : undefined;
  }
  const [left, right] = [digitOf(one, unknowns), digitOf(other, unknowns)];
  const equated = left !== undefined && right !== undefined ? equate(unknowns, left, right) : undefined;

  return equated === undefined ? undefined : { figure: one, unknowns: equated };
};

/** All that a unit can be; of the years those of today first, so that an example looks familiar. */
const valuesOf = (unit: DateUnit, count: number, first = 0): string[] =>
  Array.from({ length: count }, (_, index) => String((first + index) % count).padStart(unit.length, '0')).filter(
    (digits) => isInRange(unit, digits),
  );

const VALUES: Readonly<Record<DateUnit, readonly string[]>> = {
  yyyy: valuesOf('yyyy', 10_000, 2026),
  MM: valuesOf('MM', 100),
  dd: valuesOf('dd', 100),
  HH: valuesOf('HH', 100),
  mm: valuesOf('mm', 100),
};

/** Month and day first: nearly every year has every day, so the year is quickly found last. */
const SEARCH_ORDER = ['MM', 'dd', 'yyyy', 'HH', 'mm'] as const satisfies readonly DateUnit[];

/** A unit that a pattern has, and where its digits are among the unknowns. */
type Wanted = { readonly unit: DateUnit; readonly side: number; readonly start: number };

const wantedOf = ({ parts }: KeyPattern, side: number): Wanted[] =>
  SEARCH_ORDER.filter((unit) => parts.some((part) => part.kind === 'date' && part.unit === unit)).map((unit) => ({
    unit,
    side,
    start: side + OFFSETS[unit],
  }));

const digitsOf = (unknowns: Unknowns, { unit, start }: Wanted): string => unknowns.slice(start, start + unit.length);

/** Tells whether the units that are known in full still allow for both dates. */
const areDatesPossible = (unknowns: Unknowns, wanted: readonly Wanted[]): boolean => {
  const known = wanted
    .map((want) => ({ ...want, digits: digitsOf(unknowns, want) }))
    .filter(({ digits }) => Array.from(digits).every(isDigit));

  return (
    known.every(({ unit, digits }) => isInRange(unit, digits)) &&
    SIDES.every((side) =>
      isPossibleDate(
        Object.fromEntries(known.filter((want) => want.side === side).map(({ unit, digits }) => [unit, digits])),
      ),
    )
  );
};

const assign = (unknowns: Unknowns, { start }: Wanted, digits: string): Unknowns | undefined =>
  Array.from(digits).reduce<Unknowns | undefined>(
    (known, digit, index) => known && equate(known, known.charAt(start + index), digit),
    unknowns,
  );

/** Tells whether no other digit hangs on those of a unit. */
const isPrivate = (unknowns: Unknowns, want: Wanted): boolean =>
  Array.from(digitsOf(unknowns, want)).every(
    (known) => isDigit(known) || unknowns.indexOf(known) === unknowns.lastIndexOf(known),
  );

/** Finds digits for both dates that agree with all that is known; `undefined` if there are none. */
const solve = (
  unknowns: Unknowns,
  wanted: readonly Wanted[],
  open: readonly Wanted[] = wanted,
): Unknowns | undefined => {
  const [first, ...others] = open;
  if (!areDatesPossible(unknowns, wanted)) {
    return undefined;
  }
  if (first === undefined) {
    return unknowns;
  }
  // Nothing else hangs on such a year or time, so where one that is possible fails, all would.
  const isOneEnough = first.unit !== 'MM' && first.unit !== 'dd' && isPrivate(unknowns, first);
  for (const digits of VALUES[first.unit]) {
    const known = assign(unknowns, first, digits);
    const solved = known && solve(known, wanted, others);
    if (solved !== undefined || (isOneEnough && known !== undefined && areDatesPossible(known, wanted))) {
      return solved;
    }
  }
  return undefined;
};

const textOf = (figures: readonly Figure[], unknowns: Unknowns): string =>
  figures
    .map((figure) => {
      switch (figure.kind) {
        case 'character':
          return figure.text;
        case 'unknown':
          return unknowns.charAt(figure.index);
        default:
          return figure.of === 'digit' ? '1' : 'x';
      }
    })
    .join('');

const literalStart = ({ parts: [first] }: KeyPattern): string => (first?.kind === 'literal' ? first.text : '');

/** Tells quickly of most pairs of patterns that they have nothing in common. */
const mayMeet = (one: KeyPattern, other: KeyPattern): boolean => {
  const [start, otherStart] = [literalStart(one), literalStart(other)];

  return one.bucket === other.bucket && (start.startsWith(otherStart) || otherStart.startsWith(start));
};

/** Two patterns side by side. */
type Walk = {
  readonly left: readonly Atom[];
  readonly right: readonly Atom[];
  readonly wanted: readonly Wanted[];
  /** States from which no common key is reached. */
  readonly failed: Set<string>;
};

/** How far both patterns are, and what the key is up to there. */
type Place = {
  readonly i: number;
  readonly j: number;
  readonly unknowns: Unknowns;
  readonly figures: readonly Figure[];
};

/** Leaves out a repetition of either pattern. */
const skip = (walk: Walk, place: Place): string | undefined =>
  (walk.left[place.i]?.isRepeated ? search(walk, { ...place, i: place.i + 1 }) : undefined) ??
  (walk.right[place.j]?.isRepeated ? search(walk, { ...place, j: place.j + 1 }) : undefined);

/** Takes a character that both patterns have at this place. */
const take = (walk: Walk, { i, j, unknowns, figures }: Place): string | undefined => {
  const [atom, other] = [walk.left[i], walk.right[j]];
  // Where both repeat, a character for both leads nowhere new.
  if (atom === undefined || other === undefined || (atom.isRepeated && other.isRepeated)) {
    return undefined;
  }
  const meeting = meet(atom.figure, other.figure, unknowns);

  return (
    meeting &&
    search(walk, {
      i: atom.isRepeated ? i : i + 1,
      j: other.isRepeated ? j : j + 1,
      unknowns: meeting.unknowns,
      figures: [...figures, meeting.figure],
    })
  );
};

const search = (walk: Walk, place: Place): string | undefined => {
  const { i, j, unknowns, figures } = place;
  if (i === walk.left.length && j === walk.right.length) {
    const solved = solve(unknowns, walk.wanted);
    // Two patterns that have the empty text in common are nothing but repetitions, and a key is never empty.
    return solved && (textOf(figures, solved) || 'x');
  }
  const state = `${i} ${j} ${unknowns}`;
  if (walk.failed.has(state)) {
    return undefined;
  }
  walk.failed.add(state);
  return skip(walk, place) ?? take(walk, place);
};

/**
 * Finds a key that two patterns both match.
 *
 * The answer is exact, dates and all, but that no limit is set to the length of the key.
 *
 * @returns An example, or `undefined` if no key can match both.
 */
export const commonKey = (one: KeyPattern, other: KeyPattern): string | undefined => {
  if (!mayMeet(one, other)) {
    return undefined;
  }
  const walk: Walk = {
    left: one.parts.flatMap((part) => atomsOf(part, SIDES[0])),
    right: other.parts.flatMap((part) => atomsOf(part, SIDES[1])),
    wanted: [...wantedOf(one, SIDES[0]), ...wantedOf(other, SIDES[1])],
    failed: new Set(),
  };

  return search(walk, { i: 0, j: 0, unknowns: NOTHING_KNOWN, figures: [] });
};
