import type { Feed } from './feed.ts';
import { fileSlotsOf } from './file-slots.ts';
import { literalPrefix } from './match-feeds.ts';

/** An EventBridge pattern that takes the arrivals in one bucket, all of them or those under some prefixes. */
export type EventPattern = {
  readonly source: readonly ['aws.s3'];
  readonly 'detail-type': readonly ['Object Created'];
  readonly detail: {
    readonly bucket: { readonly name: readonly [string] };
    readonly object?: { readonly key: readonly { readonly prefix: string }[] };
  };
};

/**
 * The most characters of a pattern.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
 */
const MAX_PATTERN_LENGTH = 2048;

const patternOf = (bucket: string, prefixes: readonly string[]): EventPattern => ({
  source: ['aws.s3'],
  'detail-type': ['Object Created'],
  detail: {
    bucket: { name: [bucket] },
    ...(prefixes.length === 0 ? {} : { object: { key: prefixes.map((prefix) => ({ prefix })) } }),
  },
});

const fits = (bucket: string, prefixes: readonly string[]): boolean =>
  JSON.stringify(patternOf(bucket, prefixes)).length <= MAX_PATTERN_LENGTH;

/**
 * Cuts a prefix before what is not ASCII, of which CloudFormation may keep question marks: a shorter one takes the same keys and more.
 *
 * @see https://github.com/aws/aws-cdk/pull/25912
 */
const plain = (prefix: string): string => prefix.replace(/[^ -~].*$/s, '');

/** Cuts a prefix that alone is too long for a pattern. */
const cutToFit = (bucket: string, prefix: string): string => {
  let fitting = prefix;
  while (!fits(bucket, [fitting])) {
    fitting = fitting.slice(0, -1);
  }
  return fitting;
};

/** Drops each prefix that starts with another one, which takes its keys too. */
const withoutCovered = (prefixes: readonly string[]): string[] => {
  const kept: string[] = [];
  // Sorted, what starts with a prefix comes right after it.
  for (const prefix of prefixes.toSorted()) {
    const last = kept.at(-1);
    if (last === undefined || !prefix.startsWith(last)) {
      kept.push(prefix);
    }
  }
  return kept;
};

const patternsOfBucket = (bucket: string, prefixes: readonly string[]): EventPattern[] => {
  const wanted = withoutCovered(prefixes.map((prefix) => cutToFit(bucket, plain(prefix))));
  // A template that starts with a capture may match any key.
  if (wanted.includes('')) {
    return [patternOf(bucket, [])];
  }
  const groups: string[][] = [];
  for (const prefix of wanted) {
    const group = groups.at(-1);
    if (group !== undefined && fits(bucket, [...group, prefix])) {
      group.push(prefix);
    } else {
      groups.push([prefix]);
    }
  }
  return groups.map((group) => patternOf(bucket, group));
};

/**
 * Derives the EventBridge patterns that take every object which could fill a slot.
 *
 * One bucket a pattern, in a stable order, each within the limit of 2,048 characters; a bucket takes several if its prefixes need more.
 */
export const arrivalPatterns = (feeds: readonly Feed[]): EventPattern[] => {
  const templates = feeds.flatMap(fileSlotsOf).map(({ template }) => template);

  return Array.from(Map.groupBy(templates, ({ bucket }) => bucket))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([bucket, ofBucket]) => patternsOfBucket(bucket, ofBucket.map(literalPrefix)));
};
