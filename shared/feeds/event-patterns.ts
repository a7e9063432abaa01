import type { Feed } from './feed.ts';
import { fileSlotsOf } from './file-slots.ts';
import { literalPrefix } from './match-feeds.ts';

/**
 * An EventBridge pattern for the arrivals in one bucket, all of them or those under some prefixes.
 */
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
 * Cuts a prefix before its first character that is not ASCII, since CloudFormation may store a
 * question mark in its place. A shorter prefix matches the same keys and more.
 *
 * @see https://github.com/aws/aws-cdk/pull/25912
 */
const plain = (prefix: string): string => prefix.replace(/[^ -~].*$/s, '');

/** Cuts a prefix that is too long for a pattern of its own. */
const cutToFit = (bucket: string, prefix: string): string => {
  let fitting = prefix;
  while (!fits(bucket, [fitting])) {
    fitting = fitting.slice(0, -1);
  }
  return fitting;
};

/** Drops each prefix that starts with another prefix, since that one matches its keys too. */
const withoutCovered = (prefixes: readonly string[]): string[] => {
  const kept: string[] = [];
  // In sorted order, the prefixes that start with a prefix come right after it.
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
 * Derives the EventBridge patterns that match every object which could fill a slot.
 *
 * Each pattern is for one bucket and within the limit of 2,048 characters. A bucket with many
 * prefixes has several patterns. Their order is stable.
 */
export const arrivalPatterns = (feeds: readonly Feed[]): EventPattern[] => {
  const templates = feeds.flatMap(fileSlotsOf).map(({ template }) => template);

  return Array.from(Map.groupBy(templates, ({ bucket }) => bucket))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([bucket, ofBucket]) => patternsOfBucket(bucket, ofBucket.map(literalPrefix)));
};
