import { cutAtBraces } from './braces.ts';
import { readDateFormat, unitOf } from './dates.ts';
import type { Job } from './feed.ts';
import type { ObjectPlace } from './match-feeds.ts';
import type { RunKey } from './run-key.ts';
import type { DateUnit } from './template.ts';
import { describeTextProblem, type TextProblem } from './text-problem.ts';

/** The properties of a slot's file that `{<slot>.…}` can name. */
export type FileProperty = 'uri' | 'bucket' | 'key';

/** A part of a job's value: text or a placeholder. */
export type ValuePart =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'date'; readonly unit: DateUnit }
  | { readonly kind: 'capture'; readonly name: string }
  | { readonly kind: 'file'; readonly slot: string; readonly property: FileProperty }
  | { readonly kind: 'feed' | 'generation' | 'manifest' };

/** The values of the placeholders for one generation of a run. */
export type RenderContext = {
  readonly run: RunKey;
  readonly generation: number;
  /** The URI of the manifest; absent when the job does not name it. */
  readonly manifest?: string;
  /** By slot, the file of each slot of one file; an optional slot may have none. */
  readonly files: ReadonlyMap<string, ObjectPlace>;
};

/** A part, and the position of its placeholder in the text. */
export type PlacedValuePart = ValuePart & { readonly at: number };

const FILE_PLACEHOLDER = /^([^.]+)\.(uri|bucket|key)$/;

const isFileProperty = (text: string | undefined): text is FileProperty =>
  text === 'uri' || text === 'bucket' || text === 'key';

const namedPart = (name: string): ValuePart => {
  if (name === 'feed' || name === 'generation' || name === 'manifest') {
    return { kind: name };
  }
  const [, slot, property] = FILE_PLACEHOLDER.exec(name) ?? [];

  return slot !== undefined && isFileProperty(property) ? { kind: 'file', slot, property } : { kind: 'capture', name };
};

/**
 * Reads a value with placeholders. It does not check that a feed has such a capture or slot.
 */
export const readValue = (
  text: string,
): { readonly parts: readonly PlacedValuePart[]; readonly problems: readonly TextProblem[] } => {
  const { pieces, problems } = cutAtBraces(text);
  const read = pieces.map(({ kind, text: inside, at }) => {
    if (kind === 'text') {
      return { parts: [{ kind: 'literal' as const, text: inside, at }], problems: [] };
    }
    if (!inside.startsWith('date:')) {
      return { parts: [{ ...namedPart(inside), at }], problems: [] };
    }
    const format = readDateFormat(inside.slice('date:'.length));
    const formatAt = at + '{date:'.length;
    return {
      parts: format.parts.map((part) => ({ ...part, at })),
      problems: format.problems.map((problem) => ({ ...problem, at: formatAt + problem.at })),
    };
  });

  return {
    parts: read.flatMap(({ parts }) => parts),
    problems: [...problems, ...read.flatMap((piece) => piece.problems)].sort((one, other) => one.at - other.at),
  };
};

/**
 * Parses a value with placeholders.
 *
 * @throws Error that names each problem with its position
 */
export const parseValue = (text: string): readonly ValuePart[] => {
  const { parts, problems } = readValue(text);
  if (problems.length > 0) {
    throw new Error(problems.map((problem) => describeTextProblem(text, problem)).join('\n'));
  }
  return parts;
};

const present = <Value>(value: Value | undefined, what: string, { run }: RenderContext): Value => {
  if (value === undefined) {
    throw new Error(`A run of feed ${run.feed} has no ${what} for its job`);
  }
  return value;
};

const renderPart = (part: ValuePart, context: RenderContext): string | undefined => {
  switch (part.kind) {
    case 'literal':
      return part.text;
    case 'date':
      return present(unitOf(context.run.date ?? '', part.unit), `{date:${part.unit}}`, context);
    case 'capture': {
      const { values } = context.run;
      return present(Object.hasOwn(values, part.name) ? values[part.name] : undefined, `{${part.name}}`, context);
    }
    case 'feed':
      return context.run.feed;
    case 'generation':
      return String(context.generation);
    case 'manifest':
      return present(context.manifest, '{manifest}', context);
    default: {
      const file = context.files.get(part.slot);
      return part.property === 'uri' ? file && `s3://${file.bucket}/${file.key}` : file?.[part.property];
    }
  }
};

/**
 * Fills in the placeholders of a value.
 *
 * Text from a key is not read again: a file with the name `{feed}` stays `{feed}`.
 *
 * @returns the value, or `undefined` when it names the file of an optional slot without a file: the
 * value is then left out
 * @throws Error when the run lacks a value, which the checks of the configuration exclude
 */
export const renderValue = (value: string | readonly ValuePart[], context: RenderContext): string | undefined => {
  const parts = typeof value === 'string' ? parseValue(value) : value;
  const rendered = parts.map((part) => renderPart(part, context));

  return rendered.includes(undefined) ? undefined : rendered.join('');
};

/** Finds out whether the values of a job need the manifest or single files. */
export const placeholdersOf = ({ batch }: Job): { readonly manifest: boolean; readonly files: boolean } => {
  const { parameters, command = [], environment, tags } = batch;
  const values = [...Object.values(parameters), ...command, ...Object.values(environment), ...Object.values(tags)];
  const kinds = new Set(values.flatMap(parseValue).map(({ kind }) => kind));

  return { manifest: kinds.has('manifest'), files: kinds.has('file') };
};
