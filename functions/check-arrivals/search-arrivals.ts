/** Searches S3 for arrivals whose event was lost. */
import type { Feed } from '../../shared/feeds/feed.ts';
import { createMatcher } from '../../shared/feeds/match-feeds.ts';
import type { Settings as RunSettings } from '../../shared/runs/advance-runs.ts';
import type { Outcome } from '../../shared/runs/outcome.ts';
import {
  type Ports as AdvancePorts,
  createAdvanceUnknown,
  type FoundArrival,
  type ListedObject,
} from './advance-unknown.ts';
import { type Breadth, comparePlaces, type Place, planSearch, type SearchPlan } from './search-plan.ts';

/** How far a search has come: behind which key of a place. */
export type Position = Place & { readonly after?: string };

/** When a search began, and where it goes on: without a position, it has come to its end. */
export type Cursor = { readonly startedAt: Date; readonly position?: Position };

export type Ports = AdvancePorts & {
  /** Lists what is under a prefix behind a key, in the order of the keys; each page is one request. */
  readonly list: (
    bucket: string,
    prefix: string,
    after: string | undefined,
    signal: AbortSignal,
  ) => AsyncIterable<readonly ListedObject[]>;
  readonly readCursor: (breadth: Breadth, signal: AbortSignal) => Promise<Cursor | undefined>;
  /** It takes no signal: what a tick did in its time must not be lost when that is over. */
  readonly keepCursor: (breadth: Breadth, cursor: Cursor) => Promise<void>;
};

/** The result of one tick of a search. */
export type Searched = {
  readonly breadth: Breadth;
  readonly requests: number;
  readonly found: readonly FoundArrival[];
  readonly outcomes: readonly Outcome[];
  /** Places whose objects are unknown: they could not be listed, or not be compared with the ledger. */
  readonly failed: readonly { readonly place: Place; readonly error: unknown }[];
  /** Where the next tick goes on; absent when the search has come to its end. */
  readonly position?: Position;
};

/** From the start of a search to that of the next: every fifth tick, though ticks are not on the second. */
const EVERY_MS = 4.5 * 60_000;

/** The limits of one tick of a search. The next tick goes on where it stops. */
const MAX_REQUESTS: Readonly<Record<Breadth, number>> = { narrow: 60, wide: 20 };
const BUDGET_MS = 12_000;

/** Says where a search goes on that is due; `undefined` when it is not. */
const dueFrom = (kept: Cursor | undefined, now: Date): Cursor | undefined => {
  if (kept?.position !== undefined) {
    return kept;
  }
  const isRecent = kept !== undefined && now.getTime() - kept.startedAt.getTime() < EVERY_MS;
  return isRecent ? undefined : { startedAt: now };
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
  readonly breadth: Breadth;
  readonly isOpen: SearchPlan['isOpen'];
  readonly isSpent: () => boolean;
  readonly found: FoundArrival[];
  readonly outcomes: Outcome[];
  /** By bucket: what is wrong with one of its places is wrong with the others, most of the time. */
  readonly failed: Map<string, Searched['failed'][number]>;
  requests: number;
  position: Position | undefined;
};

/**
 * Makes the function that searches for lost events.
 *
 * Every fifth tick begins a search of all open dates; each tick does a bounded part, and holds a page of a listing at a time.
 *
 * @returns a function that returns the result of each search that was due. A place that could not be listed is in `failed`, and costs no more than its own
 * bucket until the search begins again. It rejects when the ledger does not say where to go on
 */
export const createSearchArrivals = (ports: Ports, settings: Omit<RunSettings, 'match'>, feeds: readonly Feed[]) => {
  const { now } = ports.runs;
  const advanceUnknown = createAdvanceUnknown(ports, { ...settings, match: createMatcher(feeds) });

  const tickOf = (breadth: Breadth, isOpen: SearchPlan['isOpen'], signal: AbortSignal): Tick => {
    const until = now().getTime() + BUDGET_MS;
    const isSpent = (): boolean => signal.aborted || tick.requests >= MAX_REQUESTS[breadth] || now().getTime() >= until;
    const tick: Tick = {
      breadth,
      isOpen,
      isSpent,
      found: [],
      outcomes: [],
      failed: new Map(),
      requests: 0,
      position: undefined,
    };
    return tick;
  };

  const searchPages = async (place: Position, tick: Tick, signal: AbortSignal): Promise<void> => {
    const { bucket, prefix, after } = place;
    for await (const page of ports.list(bucket, prefix, after, signal)) {
      tick.requests += 1;
      const { found, outcomes, stoppedAt } = await advanceUnknown(bucket, page, tick, signal);
      tick.found.push(...found);
      tick.outcomes.push(...outcomes);
      const last = stoppedAt ?? page.at(-1)?.key;
      tick.position = last === undefined ? tick.position : { bucket, prefix, after: last };
      if (tick.isSpent()) {
        return;
      }
    }
    tick.position = undefined;
  };

  /** Leaves in `position` where it had to stop. */
  const searchPlace = async (place: Position, tick: Tick, signal: AbortSignal): Promise<void> => {
    tick.position = place;
    try {
      await searchPages(place, tick, signal);
    } catch (error) {
      if (!signal.aborted) {
        tick.requests += 1;
        tick.failed.set(place.bucket, { place: { bucket: place.bucket, prefix: place.prefix }, error });
        tick.position = undefined;
      }
    }
  };

  const searchAll = async (places: readonly Position[], tick: Tick, signal: AbortSignal): Promise<void> => {
    for (const place of places) {
      if (tick.failed.has(place.bucket)) {
        continue;
      }
      if (tick.isSpent()) {
        tick.position = place;
      } else {
        await searchPlace(place, tick, signal);
      }
      if (tick.position !== undefined) {
        return;
      }
    }
  };

  const search = async (
    breadth: Breadth,
    { places, isOpen }: SearchPlan,
    signal: AbortSignal,
  ): Promise<Searched | undefined> => {
    const cursor = dueFrom(await ports.readCursor(breadth, signal), now());
    if (cursor === undefined) {
      return undefined;
    }
    const tick = tickOf(breadth, isOpen, signal);
    await searchAll(left(places[breadth], cursor.position), tick, signal);

    const { requests, found, outcomes, failed } = tick;
    const position = tick.position === undefined ? {} : { position: tick.position };
    await ports.keepCursor(breadth, { startedAt: cursor.startedAt, ...position });
    return { breadth, requests, found, outcomes, failed: [...failed.values()], ...position };
  };

  return async (firstSeen: ReadonlyMap<string, Date>, signal: AbortSignal): Promise<Searched[]> => {
    const plan = planSearch(feeds, firstSeen, now());
    const searched = await Promise.all([search('narrow', plan, signal), search('wide', plan, signal)]);
    return searched.filter((one) => one !== undefined);
  };
};
