/** Parses S3 URIs with captures, and reports their problems. */
import { type BracePiece, cutAtBraces } from '../shared/feeds/braces.ts';
import { cutIntoStretches } from '../shared/feeds/date-positions.ts';
import { DATE_UNITS, readDateFormat } from '../shared/feeds/dates.ts';
import { bucketNameProblem, MAX_KEY_BYTES } from '../shared/feeds/s3-names.ts';
import type { DateUnit, Template, TemplatePart } from '../shared/feeds/template.ts';
import { describeTextProblem, type TextProblem } from '../shared/feeds/text-problem.ts';
import { mergeLiterals } from './key-pattern.ts';

/** Names with another meaning in the values of a job. */
export const RESERVED_NAMES: readonly string[] = ['date', 'feed', 'generation', 'manifest'];

/** Tells whether a text can be the name of a capture or a slot. */
export const isName = (name: string): boolean => /^[A-Za-z][A-Za-z0-9_-]{0,39}$/.test(name);

/** A part, and its position in the URI. */
type PlacedPart = { readonly part: TemplatePart; readonly at: number };

type Placed = { readonly parts: readonly PlacedPart[]; readonly problems: readonly TextProblem[] };

/**
 * Keeps the position of a placeholder that cannot be read, so that its neighbours do not become
 * neighbours of each other.
 */
const unreadable = (at: number, message: string): Placed => ({
  parts: [{ part: { kind: 'literal', text: '' }, at }],
  problems: [{ at, message }],
});

const placeDate = (format: string, at: number): Placed => {
  const { parts, problems } = readDateFormat(format);
  const formatAt = at + '{date:'.length;

  return {
    parts: [...parts.map((part) => ({ part, at })), ...(problems.length > 0 ? unreadable(at, '').parts : [])],
    problems: problems.map(({ at: inFormat, message }) => ({ at: formatAt + inFormat, message })),
  };
};

const placeCapture = (name: string, at: number): Placed => {
  if (name === 'date') {
    return unreadable(at, '{date} needs a format, for example {date:yyyyMMdd}');
  }
  if (RESERVED_NAMES.includes(name)) {
    return unreadable(at, `{${name}} has another meaning in a job: use another name`);
  }
  return isName(name)
    ? { parts: [{ part: { kind: 'capture', name }, at }], problems: [] }
    : unreadable(at, `{${name}} is not a name: a letter, then at most 39 letters, digits, "_" or "-"`);
};

const placeText = (text: string, at: number): Placed => ({
  parts: Array.from(text.matchAll(/\*|[^*]+/g), ({ 0: found, index }) => ({
    part: found === '*' ? { kind: 'any' } : { kind: 'literal', text: found },
    at: at + index,
  })),
  problems: [],
});

const placePiece = ({ kind, text, at }: BracePiece): Placed => {
  if (kind === 'text') {
    return placeText(text, at);
  }
  return text.startsWith('date:') ? placeDate(text.slice('date:'.length), at) : placeCapture(text, at);
};

const isVariable = ({ kind }: TemplatePart): boolean => kind === 'capture' || kind === 'any';

const doubleCaptures = (parts: readonly PlacedPart[]): TextProblem[] => {
  const seen = new Set<string>();

  return parts.flatMap(({ part, at }) => {
    if (part.kind !== 'capture') {
      return [];
    }
    if (seen.has(part.name)) {
      return [{ at, message: `{${part.name}} occurs for the second time; only a date may occur twice` }];
    }
    seen.add(part.name);
    return [];
  });
};

const adjacentVariables = (parts: readonly PlacedPart[]): TextProblem[] =>
  parts.flatMap(({ part, at }, index) => {
    const before = parts[index - 1];

    return before !== undefined && isVariable(before.part) && isVariable(part)
      ? [
          {
            at,
            message:
              'there must be some text between this and the placeholder before it, or the end of the first is unknown',
          },
        ]
      : [];
  });

const missingUnits = (parts: readonly PlacedPart[]): TextProblem[] => {
  const placeOf = (unit: DateUnit) => parts.find(({ part }) => part.kind === 'date' && part.unit === unit);
  const missing = DATE_UNITS.find((unit) => placeOf(unit) === undefined);
  const finer = missing && DATE_UNITS.slice(DATE_UNITS.indexOf(missing)).find((unit) => placeOf(unit) !== undefined);
  const place = finer && placeOf(finer);
  const hint = missing === 'MM' && placeOf('mm') !== undefined ? '; mm is minutes, write MM for the month' : '';

  return place === undefined
    ? []
    : [
        {
          at: place.at,
          message: `${finer} without ${missing}: a date has all units from the year down to its smallest${hint}`,
        },
      ];
};

/**
 * Refuses a date in which two pieces float apart.
 *
 * A piece floats when it has no fixed place in the key. Matching remembers the possible values of a
 * piece as long as they matter: until year, month and day are known to fit, and until the piece has
 * occurred again. When two such pieces float apart, all combinations count, and a malicious key
 * could keep a function busy.
 */
const scatteredPieces = (parts: readonly PlacedPart[]): TextProblem[] => {
  const { stretches } = cutIntoStretches(parts.map(({ part }) => part));
  const pieces = stretches.flatMap((stretch) => stretch.pieces.map((piece) => ({ ...piece, stretch })));
  const hasDay = pieces.some(({ unit }) => unit === 'dd');
  const [first, ...others] = DATE_UNITS.flatMap((unit) => {
    const places = pieces.filter((piece) => piece.unit === unit);
    const floats = places.every(({ stretch }) => stretch.border === undefined);
    const isRemembered = places.length > 1 || (hasDay && unit !== 'HH' && unit !== 'mm');
    return floats && isRemembered ? places.slice(0, 1) : [];
  }).sort((one, other) => one.index - other.index);
  const apart = others.find(({ stretch }) => stretch !== first?.stretch);
  const at = apart && parts[apart.index]?.at;

  return at === undefined
    ? []
    : [
        {
          at,
          message:
            'this piece has no fixed place and is apart from the rest of its date, so a key could mean too many dates: write the pieces side by side, as in {date:yyyyMMdd}, or remove the {…} or * between this piece and a slash, the start or the end of the key',
        },
      ];
};

/** Counts the bytes of the shortest key that can match. */
const leastKeyBytes = (parts: readonly PlacedPart[]): number =>
  parts.reduce((bytes, { part }) => {
    switch (part.kind) {
      case 'literal':
        return bytes + new TextEncoder().encode(part.text).length;
      case 'date':
        return bytes + part.unit.length;
      case 'capture':
        return bytes + 1;
      default:
        return bytes;
    }
  }, 0);

const overlong = (parts: readonly PlacedPart[], at: number): TextProblem[] => {
  const bytes = leastKeyBytes(parts);

  return bytes > MAX_KEY_BYTES
    ? [{ at, message: `the shortest key that could match has ${bytes} bytes, and a key has at most ${MAX_KEY_BYTES}` }]
    : [];
};

const bucketProblems = (bucket: string, at: number): TextProblem[] => {
  if (/[{}*]/.test(bucket)) {
    return [{ at, message: 'a bucket is a plain name; only the key may have {…} and *' }];
  }
  const message = bucketNameProblem(bucket);

  return message === undefined ? [] : [{ at, message }];
};

const SCHEME = 's3://';

/** The text before the bucket; `undefined` where the start of the bucket is unknown. */
const schemeOf = (uri: string): string | undefined =>
  uri.startsWith(SCHEME) ? SCHEME : /^s3[an]?[:/]+/i.exec(uri)?.[0];

/**
 * Reads an S3 URI with captures.
 *
 * @returns The template, or all its problems.
 */
export const readTemplate = (
  uri: string,
):
  | { readonly kind: 'template'; readonly template: Template }
  | { readonly kind: 'problems'; readonly problems: readonly TextProblem[] } => {
  const scheme = schemeOf(uri);
  const bucketAt = scheme?.length ?? 0;
  const slash = uri.indexOf('/', bucketAt);
  const bucket = uri.slice(bucketAt, slash === -1 ? undefined : slash);
  const ofStart = [
    ...(scheme === SCHEME ? [] : [{ at: 0, message: 'a template starts with s3://' }]),
    ...(uri.isWellFormed() ? [] : [{ at: 0, message: 'half of a surrogate pair cannot be part of a key' }]),
    ...(scheme === undefined ? [] : bucketProblems(bucket, bucketAt)),
  ];
  if (scheme !== undefined && (slash === -1 || slash === uri.length - 1)) {
    const problems = [...ofStart, { at: uri.length, message: 'the key is missing: s3://bucket/key' }];
    return { kind: 'problems', problems };
  }

  const keyAt = scheme === undefined ? 0 : slash + 1;
  const { pieces, problems: braceProblems } = cutAtBraces(uri.slice(keyAt));
  const placed = pieces.map(({ at, ...piece }) => placePiece({ ...piece, at: keyAt + at }));
  const parts = placed.flatMap((piece) => piece.parts);
  const problems = [
    ...ofStart,
    ...braceProblems.map(({ at, message }) => ({ at: keyAt + at, message })),
    ...placed.flatMap((piece) => piece.problems),
  ];
  const all = [
    ...problems,
    ...doubleCaptures(parts),
    ...adjacentVariables(parts),
    // A piece that could not be read would be reported as missing, too.
    ...(problems.length > ofStart.length ? [] : [...missingUnits(parts), ...scatteredPieces(parts)]),
    ...overlong(parts, keyAt),
  ].sort((one, other) => one.at - other.at);

  return all.length > 0
    ? { kind: 'problems', problems: all }
    : { kind: 'template', template: { uri, bucket, parts: mergeLiterals(parts.map(({ part }) => part)) } };
};

/**
 * Parses an S3 URI with captures.
 *
 * @throws Error with each problem and its position.
 */
export const parseTemplate = (uri: string): Template => {
  const read = readTemplate(uri);
  if (read.kind === 'problems') {
    throw new Error(read.problems.map((problem) => describeTextProblem(uri, problem)).join('\n'));
  }
  return read.template;
};
