import type { Feed, FileSlot } from './feed.ts';
import { fileSlotsOf } from './file-slots.ts';
import { type Captures, matchTemplate } from './match.ts';
import type { RunKey } from './run-key.ts';
import type { Template } from './template.ts';
import { createTemplateIndex } from './template-index.ts';

/** A slot of a run that an object belongs to. */
export type Match = { readonly feed: Feed; readonly slot: FileSlot; readonly run: RunKey };

/** The place of an object in S3. The key is not encoded. */
export type ObjectPlace = { readonly bucket: string; readonly key: string };

/** An object. Without a size, an object whose key ends with a slash counts as empty. */
export type MatchedObject = ObjectPlace & { readonly sizeBytes?: number };

type Candidate = {
  readonly feed: Feed;
  readonly slot: FileSlot;
  /** Position in the configuration: the order of the matches. */
  readonly order: number;
};

/**
 * Checks that every object of a feed is a run of its own: the feed has one file slot, and its keys
 * have no captures and no date.
 */
export const hasRunForEachObject = ({ slots: [slot, ...others] }: Pick<Feed, 'slots'>): boolean =>
  slot?.kind === 'files' &&
  others.length === 0 &&
  slot.template.parts.every(({ kind }) => kind === 'literal' || kind === 'any');

/** Reads the text before the first capture of a template. */
export const literalPrefix = ({ parts: [first] }: Template): string => (first?.kind === 'literal' ? first.text : '');

const runOf = (feed: Feed, { bucket, key }: ObjectPlace, { date, values }: Captures): RunKey => {
  if (hasRunForEachObject(feed)) {
    return { feed: feed.name, values: { object: `s3://${bucket}/${key}` } };
  }
  return { feed: feed.name, ...(date === undefined ? {} : { date }), values };
};

/**
 * The S3 console makes a folder by an empty object whose key ends with a slash. It is a file only
 * if the template ends with a slash.
 */
const isFolderMarker = ({ key, sizeBytes = 0 }: MatchedObject, { parts }: Template): boolean =>
  key.endsWith('/') && sizeBytes === 0 && parts.at(-1)?.kind !== 'literal';

/**
 * Makes the function that finds all slots of all feeds that an object belongs to, in the order of
 * the configuration.
 *
 * Call it once: it indexes the templates by bucket and by the text before their first capture, so
 * that an object is matched against few templates even if a thousand feeds share a folder.
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

/**
 * Finds all slots of all feeds that one object belongs to; {@link createMatcher} is for many
 * objects.
 */
export const matchObject = (feeds: readonly Feed[], object: MatchedObject): Match[] => createMatcher(feeds)(object);
