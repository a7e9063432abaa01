import type { Feed, FileSlot } from './feed.ts';
import { fileSlotsOf } from './file-slots.ts';
import { type Captures, matchTemplate } from './match.ts';
import type { RunKey } from './run-key.ts';
import type { Template } from './template.ts';
import { createTemplateIndex } from './template-index.ts';

/** A slot of a run that an object belongs to. */
export type Match = { readonly feed: Feed; readonly slot: FileSlot; readonly run: RunKey };

/** An object's place in S3. The key is as S3 has it, not encoded for a URL. */
export type ObjectPlace = { readonly bucket: string; readonly key: string };

/** What is known of an object. One whose key ends with a slash, and whose size nobody said, is taken for empty. */
export type MatchedObject = ObjectPlace & { readonly sizeBytes?: number };

type Candidate = {
  readonly feed: Feed;
  readonly slot: FileSlot;
  /** Place in the configuration, in which order matches are told. */
  readonly order: number;
};

/** Tells whether every object is a run of its own: one file slot, and nothing in its key that could tell runs apart. */
export const hasRunForEachObject = ({ slots: [slot, ...others] }: Pick<Feed, 'slots'>): boolean =>
  slot?.kind === 'files' &&
  others.length === 0 &&
  slot.template.parts.every(({ kind }) => kind === 'literal' || kind === 'any');

/** Takes the text that every matching key starts with. */
export const literalPrefix = ({ parts: [first] }: Template): string => (first?.kind === 'literal' ? first.text : '');

const runOf = (feed: Feed, { bucket, key }: ObjectPlace, { date, values }: Captures): RunKey => {
  if (hasRunForEachObject(feed)) {
    return { feed: feed.name, values: { object: `s3://${bucket}/${key}` } };
  }
  return { feed: feed.name, ...(date === undefined ? {} : { date }), values };
};

/** A zero-byte object that ends with a slash is how the S3 console makes a folder: no file, unless a template itself ends so. */
const isFolderMarker = ({ key, sizeBytes = 0 }: MatchedObject, { parts }: Template): boolean =>
  sizeBytes === 0 &&
  ((key.endsWith('/') && parts.at(-1)?.kind !== 'literal') ||
    // EMR and Hadoop make these for folders.
    key.endsWith('_$folder$'));

/**
 * Makes a function that finds all slots, of all feeds, which an object belongs to, in the order of the configuration.
 *
 * Make it once: it files the templates by bucket and by the literals before their first capture, so that an object meets only the few that
 * could match, also among a thousand feeds that share a folder. Its size only tells whether it is a folder marker.
 */
export const createMatcher = (feeds: readonly Feed[]): ((object: MatchedObject) => Match[]) => {
  const candidates = feeds
    .flatMap((feed) => fileSlotsOf(feed).map((slot) => ({ feed, slot })))
    .map((candidate, order): Candidate => ({ ...candidate, order }));
  const mayMatch = createTemplateIndex(candidates, ({ slot }) => slot.template);

  return (object) =>
    mayMatch(object)
      .sort((one, other) => one.order - other.order)
      .flatMap(({ feed, slot }) => {
        const { template } = slot;
        const captures = isFolderMarker(object, template) ? undefined : matchTemplate(template, object.key);
        return captures === undefined ? [] : [{ feed, slot, run: runOf(feed, object, captures) }];
      });
};

/** Finds all slots, of all feeds, which one object belongs to; {@link createMatcher} is for many objects. */
export const matchObject = (feeds: readonly Feed[], object: MatchedObject): Match[] => createMatcher(feeds)(object);
