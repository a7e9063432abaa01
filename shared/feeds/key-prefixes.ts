import { unitOf } from './dates.ts';
import type { Template, TemplatePart } from './template.ts';

/** The prefixes of the keys of a date. */
export type KeyPrefixes = {
  readonly prefixes: readonly string[];
  /**
   * Whether the prefixes contain the whole known date, so that no key of another date starts with
   * them.
   */
  readonly haveDate: boolean;
};

/**
 * Finds the longest prefixes that the keys of a template have for a date.
 *
 * A prefix ends before a capture, so that keys with every value start with it. Only a capture with
 * listed values and a date after it makes one prefix for each value: keys with other values start
 * with none of these, but a prefix that ends before the capture would fit every date.
 *
 * @param date - a date of any unit: a finer unit of the template ends the prefix
 */
export const keyPrefixes = (
  { parts }: Template,
  date: string | undefined,
  listed: Readonly<Record<string, readonly string[]>>,
): KeyPrefixes => {
  const digitsOf = (part: TemplatePart): string | undefined =>
    part.kind === 'date' && date !== undefined ? unitOf(date, part.unit) : undefined;
  const lastDate = parts.findLastIndex((part) => digitsOf(part) !== undefined);
  const textsOf = (part: TemplatePart, index: number): readonly string[] | undefined => {
    if (part.kind === 'literal') {
      return [part.text];
    }
    const digits = digitsOf(part);
    if (digits !== undefined) {
      return [digits];
    }
    return part.kind === 'capture' && index < lastDate ? listed[part.name] : undefined;
  };

  let prefixes = [''];
  let reached = -1;
  for (const [index, part] of parts.entries()) {
    const texts = textsOf(part, index);
    if (texts === undefined) {
      break;
    }
    prefixes = prefixes.flatMap((prefix) => texts.map((text) => `${prefix}${text}`));
    reached = index;
  }
  return { prefixes, haveDate: lastDate !== -1 && reached >= lastDate };
};
