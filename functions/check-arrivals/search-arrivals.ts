/** Searches S3 for runs whose first event was lost. A run that the ledger knows is evaluated by itself, at its own pace. */
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../shared/durations.ts';
import type { Feed } from '../../shared/feeds/feed.ts';
import { createMatcher } from '../../shared/feeds/match-feeds.ts';
import { type RunKey, runKeyId } from '../../shared/feeds/run-key.ts';
import { processItems } from '../../shared/process-items.ts';
import type { Ledger } from '../../shared/runs/ledger.ts';
import type { StoredObject } from '../../shared/runs/listing.ts';
import type { ObjectStore } from '../../shared/runs/observe-run.ts';
import { type Breadth, comparePlaces, type Place, planSearch, type SearchPlan } from './search-plan.ts';

/** How far a search has come: behind which key of a place. */
export type Position = Place & { readonly after?: string };

/** When a search began, where it goes on, and when the last one ended. Without a position, it has come to its end. */
export type Cursor = { readonly startedAt: Date; readonly position?: Position; readonly completedAt?: Date };

export type Ports = {
  readonly ledger: Pick<Ledger, 'open'>;
  readonly store: Pick<ObjectStore, 'list'>;
  readonly cursors: {
    read(breadth: Breadth, signal: AbortSignal): Promise<Cursor | undefined>;
    keep(breadth: Breadth, cursor: Cursor, signal: AbortSignal): Promise<void>;
  };
  readonly now: () => Date;
};

/** What one tick of a search came to. */
export type Searched = {
  readonly breadth: Breadth;
  readonly requests: number;
  /** Runs that the ledger did not know. They are due. */
  readonly found: readonly RunKey[];
  /** Places that could not be listed, or whose runs could not be opened. */
  readonly failed: readonly { readonly place: Place; readonly error: unknown }[];
  /** Where the next tick goes on; absent when the search has come to its end. */
  readonly position?: Position;
};

/** From the start of a search to that of the next. Ticks are not on the second. */
const EVERY_MS: Readonly<Record<Breadth, number>> = {
  current: 4.5 * MINUTE_MS,
  open: HOUR_MS - 30 * SECOND_MS,
  wide: HOUR_MS - 30 * SECOND_MS,
};

/** What one tick spends on a search. The next goes on where it stops. */
const MAX_REQUESTS: Readonly<Record<Breadth, number>> = { current: 200, open: 100, wide: 20 };
const BUDGET_MS = 12 * SECOND_MS;
const CONCURRENCY = 10;

/** The ledger is asked once for each run, as long as this process lives and has room. */
const MOST_KNOWN = 50_000;

const BREADTHS = ['current', 'open', 'wide'] as const;

/** Returns where a due search goes on; `undefined` when it is not due. */
const dueFrom = (kept: Cursor | undefined, breadth: Breadth, now: Date): Cursor | undefined => {
  if (kept?.position !== undefined) {
    return kept;
  }
  const isRecent = kept !== undefined && now.getTime() - kept.startedAt.getTime() < EVERY_MS[breadth];
  return isRecent ? undefined : { startedAt: now, ...(kept?.completedAt && { completedAt: kept.completedAt }) };
};

/** Lists the places that are left from a position on, each with the key to begin behind. */
const left = (places: readonly Place[], position: Position | undefined): Position[] =>
  position === undefined
    ? [...places]
    : places
        .filter((place) => comparePlaces(place, position) >= 0)
        // A deployment may have taken away the place that the position was in.
        .map((place) => (comparePlaces(place, position) === 0 ? position : place));

/** One tick of a search on its way. */
type Tick = {
  readonly isOpen: SearchPlan['isOpen'];
  readonly isSpent: () => boolean;
  readonly found: RunKey[];
  /** By bucket: an error of one place is the error of the others, most of the time. */
  readonly failed: Map<string, Searched['failed'][number]>;
  requests: number;
  position: Position | undefined;
};

/**
 * Makes the function that searches.
 *
 * @returns a function that reports each search that was due. It rejects when the ledger does not say where to go on
 */
export const createSearchArrivals = ({ ledger, store, cursors, now }: Ports, feeds: readonly Feed[]) => {
  const match = createMatcher(feeds);
  const known = new Set<string>();

  /** Opens the runs of a page that the ledger does not know. */
  const openUnknown = async (
    bucket: string,
    objects: readonly StoredObject[],
    { isOpen, found }: Tick,
    signal: AbortSignal,
  ) => {
    const runs = new Map<string, RunKey>();
    for (const object of objects) {
      for (const one of match({ bucket, ...object })) {
        if (isOpen(one, object.lastModified)) runs.set(runKeyId(one.run), one.run);
      }
    }
    const { failed } = await processItems(
      [...runs].filter(([id]) => !known.has(id)),
      async ([id, run]) => {
        if (await ledger.open(run, now(), now(), signal)) {
          found.push(run);
        }
        if (known.size >= MOST_KNOWN) known.clear();
        known.add(id);
      },
      { concurrency: CONCURRENCY },
    );
    for (const { error } of failed) {
      throw error;
    }
  };

  /** Leaves in `position` where it had to stop. */
  const searchPlace = async (place: Position, tick: Tick, signal: AbortSignal): Promise<void> => {
    const { bucket, prefix, after } = place;
    tick.position = place;
    try {
      for await (const { objects } of store.list(bucket, prefix, after, signal)) {
        tick.requests += 1;
        await openUnknown(bucket, objects, tick, signal);
        const last = objects.at(-1)?.key;
        tick.position = last === undefined ? tick.position : { bucket, prefix, after: last };
        if (tick.isSpent()) {
          return;
        }
      }
      tick.position = undefined;
    } catch (error) {
      if (!signal.aborted) {
        tick.requests += 1;
        tick.failed.set(bucket, { place: { bucket, prefix }, error });
        tick.position = undefined;
      }
    }
  };

  const search = async (
    breadth: Breadth,
    { places, isOpen }: SearchPlan,
    signal: AbortSignal,
  ): Promise<Searched | undefined> => {
    const cursor = dueFrom(await cursors.read(breadth, signal), breadth, now());
    if (cursor === undefined) {
      return undefined;
    }
    const until = now().getTime() + BUDGET_MS;
    const tick: Tick = {
      isOpen,
      isSpent: () => signal.aborted || tick.requests >= MAX_REQUESTS[breadth] || now().getTime() >= until,
      found: [],
      failed: new Map(),
      requests: 0,
      position: undefined,
    };
    for (const place of left(places[breadth], cursor.position)) {
      if (tick.isSpent()) {
        tick.position = place;
        break;
      }
      if (!tick.failed.has(place.bucket)) {
        await searchPlace(place, tick, signal);
      }
      if (tick.position !== undefined) {
        break;
      }
    }
    const { startedAt, completedAt } = cursor;
    const ended = tick.position === undefined ? { completedAt: now() } : { position: tick.position };
    // Without the signal of the tick: the work of its time must not be lost when that is over.
    await cursors.keep(
      breadth,
      { startedAt, ...(completedAt && { completedAt }), ...ended },
      AbortSignal.timeout(5_000),
    );
    const { requests, found, failed, position } = tick;
    return { breadth, requests, found, failed: [...failed.values()], ...(position && { position }) };
  };

  return async (firstSeen: ReadonlyMap<string, Date>, signal: AbortSignal): Promise<Searched[]> => {
    const plan = planSearch(feeds, firstSeen, now());
    const searched = await Promise.all(BREADTHS.map((breadth) => search(breadth, plan, signal)));
    return searched.filter((one) => one !== undefined);
  };
};
