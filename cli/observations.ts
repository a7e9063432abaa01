/** What S3 holds for runs now, as the functions see it. */
import { createObjectStore } from '../shared/aws/object-store.ts';
import type { Feed } from '../shared/feeds/feed.ts';
import { type RunKey, runKeyId } from '../shared/feeds/run-key.ts';
import { processItems } from '../shared/process-items.ts';
import type { Ledger } from '../shared/runs/ledger.ts';
import { createObserveRun, type Observation } from '../shared/runs/observe-run.ts';
import { toError } from '../shared/to-error.ts';

/** What S3 holds for a run, or why it could not be asked, which is not "nothing". */
export type Observed = Observation | Error;

const CONCURRENCY = 8;

/** Makes the function that observes runs, completely; what could not be asked is an Error in the place of the observation. */
export const createObservations = (ledger: Pick<Ledger, 'read'>, feeds: readonly Feed[]) => {
  const byName = new Map(feeds.map((feed) => [feed.name, feed]));
  const observe = createObserveRun({ store: createObjectStore(), readRun: ledger.read, now: () => new Date() }, byName);

  return async (runs: readonly RunKey[], signal: AbortSignal): Promise<Map<string, Observed>> => {
    const observed = new Map<string, Observed>();
    await processItems(
      runs,
      async (run) => {
        const feed = byName.get(run.feed);
        if (feed !== undefined) {
          const found = observe(feed, run, { everything: true }, signal);
          observed.set(runKeyId(run), await found.catch((error: unknown) => toError(error)));
        }
      },
      { concurrency: CONCURRENCY },
    );
    return observed;
  };
};
