/**
 * How far the searches for lost events have come, in the ledger table.
 *
 * | item | pk | sk |
 * | --- | --- | --- |
 * | how far a search has come | `SEARCH` | its name |
 */
import { dateIn, ifExists, optionalTextIn } from './item-attributes.ts';
import { createTable, type Item, type Table } from './table.ts';

/** When a search began, where it goes on, and when the last one ended. */
export type SearchCursor = {
  readonly startedAt: Date;
  readonly position?: { readonly bucket: string; readonly prefix: string; readonly after?: string };
  readonly completedAt?: Date;
};

export type SearchCursors = {
  /** Reads how far a search has come; `undefined` when it never began. */
  read(search: string, signal: AbortSignal): Promise<SearchCursor | undefined>;
  keep(search: string, cursor: SearchCursor, signal: AbortSignal): Promise<void>;
};

const PARTITION = 'SEARCH';

const cursorOf = (item: Item): SearchCursor => {
  const [bucket, prefix, after] = ['bucket', 'prefix', 'after'].map((name) => optionalTextIn(item, name));
  return {
    startedAt: dateIn(item, 'startedAt'),
    ...ifExists(item, 'completedAt', () => ({ completedAt: dateIn(item, 'completedAt') })),
    ...(bucket === undefined || prefix === undefined
      ? {}
      : { position: { bucket, prefix, ...(after === undefined ? {} : { after }) } }),
  };
};

/** Opens the cursors; both methods reject when the table did not answer. */
export const createSearchCursors = (
  { tableName }: { readonly tableName: string },
  table: Pick<Table, 'get' | 'put'> = createTable({ tableName }),
): SearchCursors => ({
  read: async (search, signal) => {
    const item = await table.get({ pk: PARTITION, sk: search }, signal);
    return item && cursorOf(item);
  },
  keep: async (search, { startedAt, completedAt, position }, signal) => {
    const item = {
      pk: PARTITION,
      sk: search,
      startedAt: startedAt.toISOString(),
      completedAt: completedAt?.toISOString(),
      ...position,
    };
    await table.put({ item }, signal);
  },
});
