import type { KeyPattern, PatternPart } from '../feeds/common-key.ts';
import { fileSlotsOf } from '../feeds/file-slots.ts';
import { type FileProperty, readValue, type ValuePart } from '../feeds/render.ts';
import { bucketNameProblem } from '../feeds/s3-names.ts';
import type { Template } from '../feeds/template.ts';
import type { TextProblem } from '../feeds/text-problem.ts';
import type { Feed } from './configuration.ts';

const textParts = (text: string): PatternPart[] =>
  Array.from(text.matchAll(/\*|[^*]+/g), ([found]) =>
    found === '*' ? { kind: 'any' } : { kind: 'literal', text: found },
  );

const fileParts = (template: Template, property: FileProperty): readonly PatternPart[] => {
  switch (property) {
    case 'uri':
      return [{ kind: 'literal', text: `s3://${template.bucket}/` }, ...template.parts];
    case 'bucket':
      return [{ kind: 'literal', text: template.bucket }];
    default:
      return template.parts;
  }
};

/** Says what a part of an output can stand for; nothing for a placeholder that has no meaning there. */
const patternParts = (part: ValuePart, feed: Feed): readonly PatternPart[] | undefined => {
  switch (part.kind) {
    case 'literal':
      return textParts(part.text);
    case 'feed':
      return [{ kind: 'literal', text: feed.name }];
    case 'generation':
      return [{ kind: 'number' }];
    case 'manifest':
      return undefined;
    case 'file': {
      const slot = fileSlotsOf(feed).find(({ name }) => name === part.slot);
      return slot && fileParts(slot.template, part.property);
    }
    case 'date':
      return [{ kind: 'date', unit: part.unit }];
    default:
      return [{ kind: 'capture', name: part.name }];
  }
};

const mergeLiterals = (parts: readonly PatternPart[]): readonly PatternPart[] => {
  const merged: PatternPart[] = [];
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

/** What a declared output may write. */
export type OutputReading =
  | { readonly kind: 'pattern'; readonly pattern: KeyPattern }
  | { readonly kind: 'problems'; readonly problems: readonly TextProblem[] };

const refuse = (at: number, message: string): OutputReading => ({ kind: 'problems', problems: [{ at, message }] });

/**
 * Reads a declared output: an S3 URI with the placeholders of job values and `*`; one that ends with `/` means all below it.
 *
 * Captures are taken at their widest: one that stands twice may have two values here.
 */
export const readOutput = (output: string, feed: Feed): OutputReading => {
  const { parts, problems } = readValue(output);
  if (problems.length > 0) {
    return { kind: 'problems', problems };
  }
  const read: PatternPart[] = [];
  for (const part of parts) {
    const possible = patternParts(part, feed);
    if (possible === undefined) {
      return refuse(part.at, 'this placeholder has no meaning in an output');
    }
    read.push(...possible);
  }

  const [first, ...rest] = mergeLiterals(read);
  const [, bucket, start] = (first?.kind === 'literal' && /^s3:\/\/([^/]*)\/(.*)$/s.exec(first.text)) || [];
  if (bucket === undefined || start === undefined) {
    return refuse(0, 'an output starts with s3://bucket/, the bucket in full');
  }
  const bucketProblem = bucketNameProblem(bucket);
  if (bucketProblem !== undefined) {
    return refuse('s3://'.length, bucketProblem);
  }
  const key: PatternPart[] = [...(start === '' ? [] : [{ kind: 'literal' as const, text: start }]), ...rest];

  return { kind: 'pattern', pattern: { bucket, parts: output.endsWith('/') ? [...key, { kind: 'rest' }] : key } };
};
