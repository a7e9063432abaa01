/** Tells the runs that wait for a run of its success, and submits each that is complete with it. */

import { type Dependent, dependentRuns } from '../feeds/dependents.ts';
import type { Feed } from '../feeds/feed.ts';
import { runKeyId } from '../feeds/run-key.ts';
import { processItems } from '../process-items.ts';
import type { Outcome } from './outcome.ts';
import { createRecordSuccess, type Ports as RecordPorts } from './record-success.ts';
import type { Run } from './run.ts';
import { failedOutcome, type SettleRun } from './settle-run.ts';
import { isDone } from './state-machine.ts';

export type Ports = RecordPorts & { readonly settleRun: SettleRun };

/**
 * Gives an outcome for each run that waits for this one; none where this one has not succeeded, or nothing waits for it. A failure of one is an
 * outcome of kind `failed` and costs the others nothing. A repeat is harmless.
 */
export type ReleaseDependents = (run: Run, signal: AbortSignal) => Promise<Outcome[]>;

const CONCURRENCY = 4;

/** Makes the function that releases what waits for a run. */
export const createReleaseDependents = (ports: Ports, feeds: ReadonlyMap<string, Feed>): ReleaseDependents => {
  const recordSuccess = createRecordSuccess(ports);
  const all = [...feeds.values()];

  return async (source, signal) => {
    const dependents = isDone(source, true)
      ? dependentRuns(all, source.key).filter(({ feed }) => isDone(source, feed.shadow))
      : [];
    // One run may wait for another in two slots.
    const runs = [...new Map(dependents.map((dependent) => [runKeyId(dependent.run), dependent])).values()];

    const release = async ({ run, feed }: Dependent): Promise<Outcome> => {
      for (const dependent of dependents.filter((other) => runKeyId(other.run) === runKeyId(run))) {
        await recordSuccess(dependent, source, signal);
      }
      // Also after a repeat: the one before may have died right after its record.
      return ports.settleRun(run, feed, signal);
    };

    const { done, failed } = await processItems(runs, release, { concurrency: CONCURRENCY });
    return [...done, ...failed.map(({ item: { run }, error }) => failedOutcome(run, error))];
  };
};
