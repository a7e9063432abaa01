/** Reads the declared outputs of a job as patterns of keys. */
import type { Feed } from '../shared/feeds/feed.ts';
import { fileSlotsOf } from '../shared/feeds/file-slots.ts';
import { type FileProperty, readValue, type ValuePart } from '../shared/feeds/render.ts';
import { bucketNameProblem } from '../shared/feeds/s3-names.ts';
import type { Template } from '../shared/feeds/template.ts';
import type { TextProblem } from '../shared/feeds/text-problem.ts';
import { type KeyPattern, mergeLiterals, type PatternPart } from './key-pattern.ts';

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

/**
 * Lists the parts that a part of an output can mean; `undefined` for a placeholder without a
 * meaning in an output.
 */
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

/**
 * Replaces a placeholder without a meaning, so that the start of the output is not reported as a
 * problem, too.
 */
const standIn = (part: ValuePart): PatternPart => ({
  kind: 'literal',
  text: part.kind === 'file' && part.property !== 'uri' ? 'unknown' : 's3://unknown/',
});

/** The keys that a declared output can mean. */
export type OutputReading =
  /** The output means keys of any of these patterns. */
  | { readonly kind: 'patterns'; readonly patterns: readonly KeyPattern[] }
  | { readonly kind: 'problems'; readonly problems: readonly TextProblem[] };

/** Lists the patterns of an output, which can mean a file, or a folder without its `/`. */
const meantBy = (key: readonly PatternPart[]): readonly (readonly PatternPart[])[] => {
  const last = key.at(-1);

  return last === undefined || (last.kind === 'literal' && last.text.endsWith('/'))
    ? [[...key, { kind: 'rest' }]]
    : [key, [...mergeLiterals([...key, { kind: 'literal', text: '/' }]), { kind: 'rest' }]];
};

/**
 * Reads a declared output: an S3 URI with the placeholders of job values and `*`. A URI that ends
 * with `/` means everything below it. Any other URI means the object with this key and everything
 * below it, since the output folder of Spark and Hive has no `/` at its end, and users write `in/*`
 * for a whole folder.
 *
 * A capture that occurs twice may have two different values here.
 */
export const readOutput = (output: string, feed: Feed): OutputReading => {
  const { parts, problems } = readValue(output);
  if (problems.length > 0) {
    return { kind: 'problems', problems };
  }
  const read = parts.map((part) => ({ part, possible: patternParts(part, feed) }));
  const meaningless = read.flatMap(({ part: { at }, possible }) =>
    possible === undefined ? [{ at, message: 'this placeholder has no meaning in an output' }] : [],
  );
  const [first, ...rest] = mergeLiterals(read.flatMap(({ part, possible }) => possible ?? [standIn(part)]));
  const [, bucket, start] = (first?.kind === 'literal' && /^s3:\/\/([^/]*)\/(.*)$/s.exec(first.text)) || [];
  if (bucket === undefined || start === undefined) {
    const message = 'an output starts with s3://bucket/, without placeholders in the bucket';
    return { kind: 'problems', problems: [{ at: 0, message }, ...meaningless] };
  }
  const bucketProblem = bucketNameProblem(bucket);
  if (bucketProblem !== undefined) {
    return { kind: 'problems', problems: [{ at: 's3://'.length, message: bucketProblem }, ...meaningless] };
  }
  if (meaningless.length > 0) {
    return { kind: 'problems', problems: meaningless };
  }
  const key: PatternPart[] = [...(start === '' ? [] : [{ kind: 'literal' as const, text: start }]), ...rest];

  return {
    kind: 'patterns',
    patterns: meantBy(key).map((meant) => ({ bucket, parts: meant })),
  };
};
