import { unitOf } from './dates.ts';
import type { Template, TemplatePart } from './template.ts';

/** What the keys of a date begin with. */
export type KeyPrefixes = {
  readonly prefixes: readonly string[];
  /** Whether all that is known of the date is in them, so that nothing of another date is under them. */
  readonly haveDate: boolean;
};

/**
 * Says what the keys begin with that a template matches for a date: as much, from the left, as is the same for all of them.
 *
 * A capture is spelled out, a prefix for each value, only where its values are listed and a date comes after it: keys with other values are under
 * none of these prefixes, but the prefix that ends before the capture would have every date under it. Anywhere else it does end there, so that
 * a value that nobody has listed is under it too.
 *
 * @param date - as fine as it is known: a unit of the template that is finer ends the prefix
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
