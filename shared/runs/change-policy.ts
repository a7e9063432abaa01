/** What happens when S3 holds something else than the manifest of a run's newest job. Pure. */
import { HOUR_MS, MINUTE_MS } from '../durations.ts';
import type { Feed } from '../feeds/feed.ts';
import { hasExactKey } from '../feeds/slot-keys.ts';
import { later } from '../instants.ts';
import { type Changes, changesSince, type Listing, listingDigest } from './listing.ts';
import type { MissingSlot } from './observe-run.ts';
import type { Run } from './run.ts';

/** Two equal listings this far apart end a delivery that has no marker. */
export const RERUN_QUIET_MS = 5 * MINUTE_MS;

/** Changes that no marker follows are reported after this long. */
export const UNCOVERED_MS = HOUR_MS;

export type ChangeStep =
  /** The listing is the one that was dealt with before, or holds nothing new. */
  | { readonly kind: 'nothing' }
  /** The slots of the feed changed, not the files. */
  | { readonly kind: 'other slots' }
  | { readonly kind: 'alert'; readonly changes: Changes }
  /** The next generation will follow, but not yet. */
  | {
      readonly kind: 'wait';
      readonly for: 'files' | 'job' | 'marker' | 'quiet';
      readonly changes: Changes;
      readonly until?: Date;
    }
  | { readonly kind: 'rerun'; readonly changes: Changes };

/** What is compared. */
export type Comparison = {
  readonly feed: Feed;
  readonly run: Run;
  readonly listing: Listing;
  readonly digest: string;
  readonly slots: string;
  readonly missing: readonly MissingSlot[];
  /** `undefined` when it is not known. */
  readonly manifest: Listing | undefined;
  /** When the evaluation began to ask S3. */
  readonly startedAt: Date;
};

/** Returns the buckets in which a file changed without the marker of that bucket. */
const uncoveredBuckets = ({ slots }: Feed, changes: Changes): Set<string> => {
  const markers = slots.flatMap((slot) => (slot.kind === 'files' && slot.isMarker ? [slot] : []));
  const written = new Set(changes.files.map(({ slot }) => slot));
  return new Set(
    changes.files
      .map(({ bucket }) => bucket)
      .filter((bucket) => {
        const own = markers.filter(({ template }) => template.bucket === bucket);
        return own.length > 0 && !own.some(({ name }) => written.has(name));
      }),
  );
};

/** Returns whether files changed of which nothing says that they are complete. */
const needsQuiet = (feed: Feed, changes: Changes): boolean => {
  const covered = new Set(
    feed.slots.flatMap((slot) => (slot.kind === 'files' && slot.isMarker ? [slot.template.bucket] : [])),
  );
  const many = new Set(
    feed.slots.flatMap((slot) => (slot.kind === 'files' && !hasExactKey(feed, slot) ? [slot.name] : [])),
  );
  return changes.files.some(({ slot, bucket }) => many.has(slot) && !covered.has(bucket));
};

const isUnderWay = ({ state }: Run): boolean => state === 'claimed' || state === 'submitted' || state === 'running';

/** Decides about a feed that asks for a rerun. */
const stepOfRerun = (changes: Changes, comparison: Comparison): ChangeStep => {
  const { feed, run, digest, missing, startedAt } = comparison;
  if (uncoveredBuckets(feed, changes).size > 0) {
    const until = later(run.changedAt ?? startedAt, UNCOVERED_MS);
    return until > startedAt ? { kind: 'wait', for: 'marker', changes, until } : { kind: 'alert', changes };
  }
  if (missing.length > 0) {
    return { kind: 'wait', for: 'files', changes };
  }
  if (isUnderWay(run)) {
    // The end of the job touches the run.
    return { kind: 'wait', for: 'job', changes };
  }
  if (needsQuiet(feed, changes)) {
    const since = run.lastListing?.digest === digest ? run.lastListing.since : undefined;
    const until = later(since ?? startedAt, RERUN_QUIET_MS);
    if (since === undefined || until > startedAt) {
      return { kind: 'wait', for: 'quiet', changes, until };
    }
  }
  return { kind: 'rerun', changes };
};

/** Decides what follows from a listing of a run that has a manifest. */
export const stepOfChange = (comparison: Comparison): ChangeStep => {
  const { feed, run, listing, digest, slots, manifest } = comparison;
  if (run.judged?.listing === digest) {
    return { kind: 'nothing' };
  }
  if (run.judged?.slots !== slots) {
    return { kind: 'other slots' };
  }
  const changes = changesSince(manifest, listing);
  if (changes.files.length === 0 && changes.sources.length === 0) {
    return { kind: 'nothing' };
  }
  if (run.judged.changes === listingDigest(changes)) {
    // Reported before; since then, a file has gone.
    return { kind: 'nothing' };
  }
  switch (feed.onOverwrite) {
    case 'ignore':
      return { kind: 'nothing' };
    case 'alert':
      return { kind: 'alert', changes };
    case 'rerun':
      return stepOfRerun(changes, comparison);
  }
};
