/** Asks S3 and the ledger what is there for a run. Nothing that an event said is used. */

import { SECOND_MS } from '../durations.ts';
import { sourceRuns } from '../feeds/dependents.ts';
import type { Feed, FeedSlot, FileSlot } from '../feeds/feed.ts';
import { createMatcher, type Match, type MatchedObject } from '../feeds/match-feeds.ts';
import { type RunKey, runKeyId } from '../feeds/run-key.ts';
import { firstTimeFrom } from '../feeds/schedule-times.ts';
import { exactKeyOf, hasExactKey, keyPrefixOf } from '../feeds/slot-keys.ts';
import { later } from '../instants.ts';
import { isSameWrite, type ListedFile, type Listing, type StoredObject, type UsedSource } from './listing.ts';
import type { Run } from './run.ts';

/** What S3 answered, and the time on S3's clock, where the answer carried it. */
export type HeadAnswer = { readonly object?: StoredObject; readonly at?: Date };
export type ListPage = { readonly objects: readonly StoredObject[]; readonly at?: Date };

/** What the evaluation asks of S3. The adapter is `shared/aws/s3.ts`. */
export type ObjectStore = {
  head(bucket: string, key: string, signal: AbortSignal): Promise<HeadAnswer>;
  /** Lists the objects below a prefix, page by page; a page is requested when it is taken. */
  list(bucket: string, prefix: string, after: string | undefined, signal: AbortSignal): AsyncIterable<ListPage>;
};

/**
 * Thrown when S3 refuses to answer: the bucket is not there, is in another Region, or does not let the suite ask.
 *
 * It says nothing about the files, and the next answer will be the same until a person has acted.
 */
export class StoreRefusedError extends Error {
  override name = 'StoreRefusedError' as const;
  readonly bucket: string;

  constructor(bucket: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.bucket = bucket;
  }
}

export type Ports = {
  readonly store: ObjectStore;
  readonly readRun: (run: RunKey, signal: AbortSignal) => Promise<Run | undefined>;
  readonly now: () => Date;
};

/** A slot that is not filled yet. */
export type MissingSlot = {
  readonly slot: string;
  readonly have: number;
  readonly need: number;
  /** Files that are there and too small to count. */
  readonly tooSmall?: number;
  /** When a time slot is filled. */
  readonly at?: Date;
};

/** A run that another one waits for; `found` is absent where the ledger does not know it. */
export type Source = { readonly slot: FeedSlot; readonly key: RunKey; readonly found?: Run };

export type Observation = {
  readonly listing: Listing;
  readonly missing: readonly MissingSlot[];
  /** Every source of every feed slot, also those that did not succeed. */
  readonly sources: readonly Source[];
  /** The listing does not count: an exact key changed during the evaluation, or a marker is too young to trust. */
  readonly movedUntil?: Date;
  /** A listing has more pages than one evaluation reads. */
  readonly tooWide?: { readonly bucket: string; readonly prefix: string; readonly objects: number };
};

/** An evaluation reads at most so many pages of listings. */
export const MAX_PAGES = 100;

/** S3's clock counts whole seconds: within the same second a rewrite of a marker cannot be seen. */
export const MARKER_AGE_MS = 5 * SECOND_MS;

/** How soon an evaluation is repeated after an exact key changed under it. */
const MOVED_AGAIN_MS = 3 * SECOND_MS;

const SOURCES_CONCURRENTLY = 8;

/** A succeeded generation of a source fills its slot, unless a newer one is under way. */
export const usableGeneration = (source: Run | undefined, forShadow: boolean): number | undefined => {
  switch (source?.state) {
    case 'succeeded':
      return source.generation;
    case 'failed':
    case 'refused':
      return source.succeededGeneration;
    case 'waiting':
      return source.shadowAt !== undefined && forShadow ? source.generation : source.succeededGeneration;
    default:
      return undefined;
  }
};

const inBatches = async <Item, Result>(items: readonly Item[], read: (item: Item) => Promise<Result>) => {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += SOURCES_CONCURRENTLY) {
    results.push(...(await Promise.all(items.slice(start, start + SOURCES_CONCURRENTLY).map(read))));
  }
  return results;
};

type Pages = { left: number };

/** What one file slot holds: the files that count, and how many are too small. */
type SlotFiles = { readonly slot: FileSlot; readonly files: readonly ListedFile[]; readonly tooSmall: number };

const slotFiles = (slot: FileSlot, objects: readonly StoredObject[]): SlotFiles => {
  const files = objects
    .filter(({ sizeBytes }) => sizeBytes >= slot.minBytes)
    .map((object) => ({ ...object, slot: slot.name, bucket: slot.template.bucket }));
  return { slot, files, tooSmall: objects.length - files.length };
};

const missingFiles = ({ slot, files, tooSmall }: SlotFiles): MissingSlot[] =>
  slot.optional || files.length >= slot.min
    ? []
    : [{ slot: slot.name, have: files.length, need: slot.min, ...(tooSmall > 0 ? { tooSmall } : {}) }];

type Heads = ReadonlyMap<FileSlot, HeadAnswer>;

const isSameHead = (one: HeadAnswer | undefined, other: HeadAnswer | undefined): boolean =>
  one?.object === undefined || other?.object === undefined
    ? one?.object === other?.object
    : isSameWrite(one.object, other.object);

/** Returns when the youngest marker is old enough to trust; `undefined` when all are. */
const youngUntil = (heads: Heads, now: Date): Date | undefined => {
  const times = Array.from(heads).flatMap(([{ isMarker }, { object, at }]) => {
    if (!isMarker || object === undefined) {
      return [];
    }
    const ageMs = (at ?? now).getTime() - object.lastModified.getTime();
    return ageMs < MARKER_AGE_MS ? [later(now, MARKER_AGE_MS - ageMs)] : [];
  });
  return times.sort((one, other) => other.getTime() - one.getTime())[0];
};

/**
 * Makes the function that observes runs.
 *
 * It asks in this order: sources and times, then `HEAD` of each exact key, then the listings, then each exact key again where something was listed.
 *
 * @returns a function that stops as soon as something required is missing, unless it is asked for everything: then `missing` is complete. It rejects with
 * {@link StoreRefusedError} when S3 refuses, and with the error of the SDK when S3 or the ledger could not be asked
 */
export const createObserveRun = ({ store, readRun, now }: Ports, feeds: ReadonlyMap<string, Feed>) => {
  const all = [...feeds.values()];
  const matchers = new WeakMap<Feed, (object: MatchedObject) => Match[]>();
  const matcherOf = (feed: Feed) => {
    const known = matchers.get(feed) ?? createMatcher([feed]);
    matchers.set(feed, known);
    return known;
  };

  const readSources = async (feed: Feed, run: RunKey, signal: AbortSignal): Promise<Source[]> => {
    const keys = feed.slots.flatMap((slot) =>
      slot.kind === 'feed' ? sourceRuns(slot, run, all).map((key) => ({ slot, key })) : [],
    );
    return inBatches(keys, async ({ slot, key }): Promise<Source> => {
      const found = await readRun(key, signal);
      return { slot, key, ...(found === undefined ? {} : { found }) };
    });
  };

  const missingFeeds = (feed: Feed, used: readonly UsedSource[]): MissingSlot[] =>
    feed.slots
      .filter((slot) => slot.kind === 'feed')
      .map(({ name, min, optional }) => ({
        slot: name,
        have: used.filter(({ slot }) => slot === name).length,
        need: min,
        optional,
      }))
      .filter(({ have, need, optional }) => !optional && have < need)
      .map(({ optional: _, ...missing }) => missing);

  const missingTimes = (feed: Feed, { date }: RunKey): MissingSlot[] =>
    feed.slots
      .filter((slot) => slot.kind === 'time')
      .map(({ name, at }) => ({ name, at: date === undefined ? undefined : firstTimeFrom(at, date, feed.timeZone) }))
      .filter(({ at }) => at === undefined || at > now())
      .map(({ name, at }) => ({ slot: name, have: 0, need: 1, ...(at === undefined ? {} : { at }) }));

  const headAll = async (feed: Feed, run: RunKey, signal: AbortSignal): Promise<Heads> => {
    const slots = feed.slots.filter((slot) => slot.kind === 'files');
    const heads = await Promise.all(
      slots.map(async (slot) => {
        const place = exactKeyOf(feed, slot, run);
        return place && ([slot, await store.head(place.bucket, place.key, signal)] as const);
      }),
    );
    return new Map(heads.filter((one) => one !== undefined));
  };

  /** @returns `undefined` when there are more pages than are left */
  const listSlot = async (feed: Feed, slot: FileSlot, run: RunKey, pages: Pages, signal: AbortSignal) => {
    const { bucket } = slot.template;
    const prefix = keyPrefixOf(slot, run);
    const match = matcherOf(feed);
    const id = runKeyId(run);
    const objects: StoredObject[] = [];
    let seen = 0;
    for await (const page of store.list(bucket, prefix, undefined, signal)) {
      pages.left -= 1;
      seen += page.objects.length;
      objects.push(
        // A prefix may be shared with another run: `orders_a_` lists `orders_a_b_1` too.
        ...page.objects.filter((object) =>
          match({ bucket, ...object }).some((found) => found.slot.name === slot.name && runKeyId(found.run) === id),
        ),
      );
      if (pages.left <= 0 && page.objects.length > 0) {
        return { tooWide: { bucket, prefix, objects: seen } };
      }
    }
    return { files: slotFiles(slot, objects) };
  };

  return async (
    feed: Feed,
    run: RunKey,
    { everything = false }: { readonly everything?: boolean },
    signal: AbortSignal,
  ): Promise<Observation> => {
    const sources = await readSources(feed, run, signal);
    const used = sources.flatMap(({ slot, key, found }): UsedSource[] => {
      const generation = usableGeneration(found, feed.shadow);
      return generation === undefined ? [] : [{ slot: slot.name, run: key, generation }];
    });
    const missing = [...missingFeeds(feed, used), ...missingTimes(feed, run)];
    const files: ListedFile[] = [];
    const observed = (more: Partial<Observation> = {}): Observation => ({
      listing: { files, sources: used },
      missing: feed.slots.flatMap(({ name }) => missing.find(({ slot }) => slot === name) ?? []),
      sources,
      ...more,
    });
    if (missing.length > 0 && !everything) {
      return observed();
    }

    const heads = await headAll(feed, run, signal);
    for (const [slot, { object }] of heads) {
      const found = slotFiles(slot, object === undefined ? [] : [object]);
      files.push(...found.files);
      missing.push(...missingFiles(found));
    }
    const listed = feed.slots.filter((slot): slot is FileSlot => slot.kind === 'files' && !hasExactKey(feed, slot));
    if (missing.length > 0 && !everything) {
      return observed();
    }
    const young = listed.length > 0 ? youngUntil(heads, now()) : undefined;
    if (young !== undefined && !everything) {
      return observed({ movedUntil: young });
    }

    const pages: Pages = { left: MAX_PAGES };
    for (const slot of listed) {
      const answer = await listSlot(feed, slot, run, pages, signal);
      if (answer.files === undefined) {
        return observed({ tooWide: answer.tooWide });
      }
      files.push(...answer.files.files);
      missing.push(...missingFiles(answer.files));
    }
    if (listed.length > 0 && heads.size > 0) {
      const again = await headAll(feed, run, signal);
      if (Array.from(heads).some(([slot, head]) => !isSameHead(head, again.get(slot)))) {
        return observed({ movedUntil: later(now(), MOVED_AGAIN_MS) });
      }
    }
    return observed(young === undefined ? {} : { movedUntil: young });
  };
};

export type ObserveRun = ReturnType<typeof createObserveRun>;
