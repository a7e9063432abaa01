/** What the search for lost events needs: buckets, a ledger and cursors in memory, and a clock that a test moves. */
import type { ListedObject } from '../../functions/check-arrivals/advance-unknown.ts';
import { type Cursor, createSearchArrivals, type Ports } from '../../functions/check-arrivals/search-arrivals.ts';
import { MINUTE_MS } from '../../shared/durations.ts';
import type { Feed } from '../../shared/feeds/feed.ts';
import { createMatcher } from '../../shared/feeds/match-feeds.ts';
import { runKeyId } from '../../shared/feeds/run-key.ts';
import { createAdvanceRuns } from '../../shared/runs/advance-runs.ts';
import { runPorts, START } from './run-ports.ts';

type Put = { readonly etag?: string; readonly sizeBytes?: number; readonly writtenAt?: Date };

/** @param pageSize - how many objects a page of a listing has */
export const listingWorld = (feeds: readonly Feed[], { pageSize = 3 }: { pageSize?: number } = {}) => {
  const world = runPorts();
  const { ledger, ports: runs } = world;
  const buckets = new Map<string, Map<string, ListedObject>>();
  const cursors = new Map<string, Cursor>();
  const listed: { bucket: string; prefix: string; after: string | undefined }[] = [];
  const compared: string[] = [];
  const faults = { list: (_bucket: string, _prefix: string): Error | undefined => undefined };

  const ports: Ports = {
    runs,
    async *list(bucket, prefix, after) {
      const under = [...(buckets.get(bucket)?.values() ?? [])]
        .filter(({ key }) => key.startsWith(prefix) && (after === undefined || key > after))
        .sort((one, other) => (one.key < other.key ? -1 : 1));
      for (let start = 0; start === 0 || start < under.length; start += pageSize) {
        listed.push({ bucket, prefix, after });
        const error = faults.list(bucket, prefix);
        if (error !== undefined) {
          throw error;
        }
        yield under.slice(start, start + pageSize);
      }
    },
    knownEtags: async (arrivals) =>
      arrivals.map(({ run, arrival: { slot, bucket, key } }) => {
        compared.push(key);
        const known = [...(ledger.entries.get(runKeyId(run))?.arrivals.values() ?? [])];
        return known.find((one) => one.slot === slot && one.bucket === bucket && one.key === key)?.etag;
      }),
    readCursor: async (breadth) => cursors.get(breadth),
    keepCursor: async (breadth, cursor) => {
      cursors.set(breadth, cursor);
    },
  };
  const settings = { stage: 'test', pausesMs: [] };
  const advanceRuns = createAdvanceRuns(runs, { ...settings, match: createMatcher(feeds) });
  const { signal } = new AbortController();

  return {
    ...world,
    ports,
    cursors,
    listed,
    compared,
    faults,
    /** Stores an object, of which no event is sent. */
    put: (
      bucket: string,
      key: string,
      { etag = 'etag-1', sizeBytes = 1_000, writtenAt = runs.now() }: Put = {},
    ): void => {
      const objects = buckets.get(bucket) ?? new Map<string, ListedObject>();
      buckets.set(bucket, objects);
      objects.set(key, { key, etag, sizeBytes, writtenAt });
      world.heads.set(`${bucket}/${key}`, { etag, sizeBytes, writtenAt });
    },
    /** Sends the event of an object. */
    tell: (bucket: string, key: string) => advanceRuns({ bucket, key, ...world.heads.get(`${bucket}/${key}`) }, signal),
    minutes: (count: number): void => world.pass(count * MINUTE_MS),
    /** A tick, as it comes every minute. */
    tick: (
      firstSeen: ReadonlyMap<string, Date> = new Map(feeds.map(({ name }) => [name, new Date(START.getTime() - 1)])),
      until: AbortSignal = signal,
    ) => createSearchArrivals(ports, settings, feeds)(firstSeen, until),
  };
};
