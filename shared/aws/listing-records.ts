/**
 * The ledger table as the search for lost events uses it: it reads the recorded arrivals, and keeps
 * its position.
 *
 * | item | pk | sk |
 * | --- | --- | --- |
 * | position of a search | `LISTING` | its name |
 */
import type { RunKey } from '../feeds/run-key.ts';
import type { Arrival } from '../runs/run.ts';
import { dateIn, optionalTextIn } from './item-attributes.ts';
import { arrivalItemKey } from './ledger-items.ts';
import { createTable, type Item } from './table.ts';

/** The start time of a search, and the position where it continues. */
export type ListingCursor = {
  readonly startedAt: Date;
  readonly position?: { readonly bucket: string; readonly prefix: string; readonly after?: string };
};

/** The name of an arrival, and its run. */
export type ArrivalName = { readonly run: RunKey; readonly arrival: Pick<Arrival, 'slot' | 'bucket' | 'key'> };

export type ListingRecords = {
  /** Reads the position of a search; `undefined` before its first start. */
  readCursor(search: string, signal: AbortSignal): Promise<ListingCursor | undefined>;
  keepCursor(search: string, cursor: ListingCursor): Promise<void>;
  /**
   * Reads the ETags of arrivals in the given order; `undefined` for one that is not recorded.
   *
   * @remarks The read lags, so a new arrival may be missing. To record it again changes nothing.
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

/** Opens the part of the ledger that the search for lost events needs. */
export const createListingRecords = ({ tableName }: { readonly tableName: string }): ListingRecords => {
  const table = createTable({ tableName });

  return {
    readCursor: async (search, signal) => {
      const item = await table.get(cursorKey(search), signal);
      return item && cursorOf(item);
    },

    keepCursor: async (search, { startedAt, position }) => {
      const item = { ...cursorKey(search), startedAt: startedAt.toISOString(), ...position };
      // The position is written after the time of the search is over, so no signal ends the write.
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
