/** Reads the runs whose success another waits for, in case that success was not recorded there. */

import { sourceRuns } from '../feeds/dependents.ts';
import type { Feed, FeedSlot } from '../feeds/feed.ts';
import type { RunKey } from '../feeds/run-key.ts';
import { processItems } from '../process-items.ts';
import type { Ledger } from './ledger.ts';
import { createRecordSuccess, type Ports as RecordPorts } from './record-success.ts';
import type { Run } from './run.ts';
import { isDone, missingSlots } from './state-machine.ts';

/** A run that another waits for; `found` is absent where nothing is known of it. */
export type Source = { readonly slot: FeedSlot; readonly key: RunKey; readonly found?: Run };

export type ReadSources = (feed: Feed, run: Run, signal: AbortSignal) => Promise<Source[]>;

const CONCURRENCY = 4;

/**
 * Makes the function that reads the runs for which the slots wait that are not filled yet.
 *
 * @returns a function that rejects when one of them could not be read
 */
export const createReadSources =
  ({ ledger }: { readonly ledger: Pick<Ledger, 'readRun'> }, feeds: ReadonlyMap<string, Feed>): ReadSources =>
  async (feed, run, signal) => {
    const missing = new Set(missingSlots(feed.slots, run.filled).map(({ slot }) => slot));
    const keys = feed.slots.flatMap((slot) =>
      slot.kind === 'feed' && missing.has(slot.name)
        ? sourceRuns(slot, run.key, [...feeds.values()]).map((key) => ({ slot, key }))
        : [],
    );
    const { done, failed } = await processItems(
      keys,
      async ({ slot, key }): Promise<Source> => {
        const found = await ledger.readRun(key, signal);
        return { slot, key, ...(found === undefined ? {} : { found }) };
      },
      { concurrency: CONCURRENCY },
    );
    for (const { error } of failed) {
      throw error;
    }
    return done;
  };

/** Records the successes that a run does not know of; tells whether there were any. */
export type CatchUpWithSources = (feed: Feed, run: Run, signal: AbortSignal) => Promise<boolean>;

/** Makes the function that records missed successes: of a lost event, or from before the feed waited for them. */
export const createCatchUpWithSources = (ports: RecordPorts, feeds: ReadonlyMap<string, Feed>): CatchUpWithSources => {
  const recordSuccess = createRecordSuccess(ports);
  const readSources = createReadSources(ports, feeds);

  return async (feed, run, signal) => {
    let isNews = false;
    for (const { slot, found } of await readSources(feed, run, signal)) {
      if (found !== undefined && isDone(found, feed.shadow)) {
        isNews = (await recordSuccess({ feed, slot, run: run.key }, found, signal)) !== 'repeated' || isNews;
      }
    }
    return isNews;
  };
};
