/** Patterns of keys, of templates and of declared outputs, and examples of keys. */
import { matchTemplate } from '../shared/feeds/match.ts';
import type { DateUnit, Template, TemplatePart } from '../shared/feeds/template.ts';

/** A part of a template, or of a declared output, which can have two more kinds of parts. */
export type PatternPart =
  | TemplatePart
  /** One or more digits. */
  | { readonly kind: 'number' }
  /** Any number of characters, slashes included: everything below a folder. */
  | { readonly kind: 'rest' };

export type KeyPattern = { readonly bucket: string; readonly parts: readonly PatternPart[] };

const EXAMPLE_DATE: Readonly<Record<DateUnit, string>> = { yyyy: '2026', MM: '01', dd: '01', HH: '00', mm: '00' };

const exampleOf = (part: PatternPart, rest: string): string => {
  switch (part.kind) {
    case 'literal':
      return part.text;
    case 'date':
      return EXAMPLE_DATE[part.unit];
    case 'number':
      return '1';
    case 'rest':
      return rest;
    default:
      return 'x';
  }
};

/**
 * Writes the URI of an example for a pattern if a template matches the example, too; else returns
 * `undefined`.
 */
export const sharedExample = ({ bucket, parts }: KeyPattern, template: Template): string | undefined => {
  // A file of a folder, and the object that some tools write to mark a folder.
  const keys = ['x', ''].map((rest) => parts.map((part) => exampleOf(part, rest)).join(''));
  const key = bucket === template.bucket ? keys.find((one) => matchTemplate(template, one) !== undefined) : undefined;

  return key === undefined ? undefined : `s3://${bucket}/${key}`;
};

type Literal = { readonly kind: 'literal'; readonly text: string };

/** Merges neighbouring literals, so that at most one literal is between two other parts. */
export const mergeLiterals = <Part extends PatternPart>(parts: readonly Part[]): (Part | Literal)[] => {
  const merged: (Part | Literal)[] = [];
  for (const part of parts) {
    const last = merged.at(-1);
    if (part.kind === 'literal' && last?.kind === 'literal') {
      merged[merged.length - 1] = { kind: 'literal', text: last.text + part.text };
    } else {
      merged.push(part);
    }
  }
  return merged;
};

const literalEnd = ({ parts }: KeyPattern): string => {
  const last = parts.at(-1);
  return last?.kind === 'literal' ? last.text : '';
};

/** Tells whether the ends of two patterns allow a common key. */
export const canEndAlike = (one: KeyPattern, other: KeyPattern): boolean => {
  const [end, otherEnd] = [literalEnd(one), literalEnd(other)];

  return end.endsWith(otherEnd) || otherEnd.endsWith(end);
};
