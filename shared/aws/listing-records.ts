/**
 * What the search for lost events reads and keeps in the ledger table: the arrivals that are known, and how far it has come.
 *
 * | item | pk | sk |
 * | --- | --- | --- |
 * | how far a search has come | `LISTING` | its name |
 */
import type { RunKey } from '../feeds/run-key.ts';
import type { Arrival } from '../runs/run.ts';
import { dateIn, optionalTextIn } from './item-attributes.ts';
import { arrivalItemKey } from './ledger-items.ts';
import { createTable, type Item } from './table.ts';

/** When a search began, and where it goes on. */
export type ListingCursor = {
  readonly startedAt: Date;
  readonly position?: { readonly bucket: string; readonly prefix: string; readonly after?: string };
};

/** Which arrival of which run. */
export type ArrivalName = { readonly run: RunKey; readonly arrival: Pick<Arrival, 'slot' | 'bucket' | 'key'> };

export type ListingRecords = {
  /** Reads how far a search has come; `undefined` when it never began. */
  readCursor(search: string, signal: AbortSignal): Promise<ListingCursor | undefined>;
  keepCursor(search: string, cursor: ListingCursor): Promise<void>;
  /**
   * Reads the ETags of arrivals, in their order; `undefined` for one that is not recorded.
   *
   * @remarks One that was recorded a moment ago may seem not to be: to record it again changes nothing.
   */
  knownEtags(arrivals: readonly ArrivalName[], signal: AbortSignal): Promise<(string | undefined)[]>;
};

const cursorKey = (search: string) => ({ pk: 'LISTING', sk: search });

const idOf = ({ pk, sk }: Item): string => JSON.stringify([pk, sk]);

const cursorOf = (item: Item): ListingCursor => {
  const startedAt = dateIn(item, 'startedAt');
  const [bucket, prefix, after] = ['bucket', 'prefix', 'after'].map((name) => optionalTextIn(item, name));
  return bucket === undefined || prefix === undefined
    ? { startedAt }
    : { startedAt, position: { bucket, prefix, ...(after === undefined ? {} : { after }) } };
};

/** Opens what the search for lost events reads and keeps. */
export const createListingRecords = ({ tableName }: { readonly tableName: string }): ListingRecords => {
  const table = createTable({ tableName });

  return {
    readCursor: async (search, signal) => {
      const item = await table.get(cursorKey(search), signal);
      return item && cursorOf(item);
    },

    keepCursor: async (search, { startedAt, position }) => {
      const item = { ...cursorKey(search), startedAt: startedAt.toISOString(), ...position };
      // The cursor is kept after the time of the search is over, so nothing ends this write early.
      await table.put({ item }, new AbortController().signal);
    },

    knownEtags: async (arrivals, signal) => {
      const keys = arrivals.map(({ run, arrival }) => arrivalItemKey(run, arrival));
      const items = await table.getAll(keys, signal, { isConsistent: false });
      const etags = new Map(items.map((item) => [idOf(item), optionalTextIn(item, 'etag')]));
      return keys.map((key) => etags.get(idOf(key)));
    },
  };
};
