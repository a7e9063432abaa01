import { unitOf } from './dates.ts';
import type { RunKey } from './run-key.ts';
import type { Template, TemplatePart } from './template.ts';

/**
 * Formats the URI of the objects that a run waits for: `*` for any text, and `{name}` for an
 * unknown value.
 */
export const wantedUri = (
  { bucket, parts }: Template,
  { date = '', values }: Pick<RunKey, 'date' | 'values'>,
): string => {
  const textOf = (part: TemplatePart): string => {
    switch (part.kind) {
      case 'literal':
        return part.text;
      case 'date':
        return unitOf(date, part.unit) ?? `{date:${part.unit}}`;
      case 'capture':
        return values[part.name] ?? `{${part.name}}`;
      case 'any':
        return '*';
    }
  };
  return `s3://${bucket}/${parts.map(textOf).join('')}`;
};
