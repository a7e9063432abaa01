/**
 * The compiled configuration of the deployed functions, as data that others read: an object in the suite's bucket, and an item that names it.
 *
 * | item | pk | sk |
 * | --- | --- | --- |
 * | the newest configuration | `CONFIGURATION` | `CURRENT` |
 */
import { createHash } from 'node:crypto';
import { optionalTextIn } from './item-attributes.ts';
import { createObjects, type Objects } from './s3.ts';
import { createTable, type Table } from './table.ts';

const KEY = { pk: 'CONFIGURATION', sk: 'CURRENT' };

/** A stored configuration, and since when it is deployed. */
export type StoredConfiguration = { readonly hash: string; readonly deployedAt: Date; readonly text: string };

export const hashOfConfiguration = (text: string): string =>
  createHash('sha256').update(text).digest('hex').slice(0, 32);

/** Opens the deployed configuration; every method rejects when the table or S3 did not answer. */
export const createDeployedConfiguration = (
  { tableName, bucket }: { readonly tableName: string; readonly bucket: string },
  table: Pick<Table, 'get' | 'put'> = createTable({ tableName }),
  objects: Pick<Objects, 'get' | 'put'> = createObjects(),
) => {
  let stored: string | undefined;

  return {
    /** Stores a configuration, unless it is the one that is stored. The object comes first, so that the item never names one that is not there. */
    store: async (configuration: object, now: Date, signal: AbortSignal): Promise<'stored' | 'known'> => {
      const text = JSON.stringify(configuration);
      const hash = hashOfConfiguration(text);
      if (stored !== hash) {
        const item = await table.get(KEY, signal);
        if (item?.['hash'] !== hash) {
          const key = `configuration/${hash}.json`;
          await objects.put(bucket, key, text, 'application/json', signal);
          await table.put({ item: { ...KEY, hash, key, deployedAt: now.toISOString() } }, signal);
          stored = hash;
          return 'stored';
        }
        stored = hash;
      }
      return 'known';
    },

    /** Reads the stored configuration; `undefined` before the first. */
    read: async (signal: AbortSignal): Promise<StoredConfiguration | undefined> => {
      const item = await table.get(KEY, signal);
      const [hash, key, at] = ['hash', 'key', 'deployedAt'].map((name) => item && optionalTextIn(item, name));
      const body = key === undefined ? undefined : await objects.get(bucket, key, signal);
      return hash === undefined || at === undefined || body === undefined
        ? undefined
        : { hash, deployedAt: new Date(at), text: Buffer.from(body).toString('utf8') };
    },
  };
};
