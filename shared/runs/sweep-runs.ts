/** Finishes runs that were left half done: a claim whose owner died, an event that was lost after its arrival was recorded. */
import type { Feed } from '../config/configuration.ts';
import { runKeyId } from '../feeds/run-key.ts';
import { settleAll } from '../settle.ts';
import type { Ledger } from './ledger.ts';
import type { Outcome } from './outcome.ts';
import type { Run } from './run.ts';
import type { SettleRun } from './settle-run.ts';

export type Ports = { readonly ledger: Ledger; readonly settleRun: SettleRun; readonly now: () => Date };

/** A tick takes this many; the next goes on, since what is settled leaves the list. */
const RUNS_PER_TICK = 100;
const CONCURRENCY = 4;

/**
 * Makes the function that looks again at unsettled runs.
 *
 * @returns a function that gives an outcome for each; what failed for one is an outcome of kind `failed`
 * @throws when the list itself could not be read
 */
export const createSweepRuns =
  ({ ledger, settleRun, now }: Ports, feeds: ReadonlyMap<string, Feed>) =>
  async (signal: AbortSignal): Promise<Outcome[]> => {
    const runs = await ledger.unsettledRuns(now(), RUNS_PER_TICK, signal);

    const sweep = async (run: Run): Promise<Outcome> => {
      const outcome = await settleRun(run.key, feeds.get(run.key.feed), signal);
      if (outcome.kind === 'waiting' || outcome.kind === 'settled') {
        await ledger.revisit(run, 'never', signal);
      }
      return outcome;
    };

    const handled = await settleAll(runs, sweep, { concurrency: CONCURRENCY });
    // To the end of the list, so that runs that cannot be settled do not keep the others from their turn.
    await settleAll(handled.failed, ({ item }) => ledger.revisit(item, now(), signal), { concurrency: CONCURRENCY });
    return [
      ...handled.done,
      ...handled.failed.map(
        ({ item: { key }, error }): Outcome => ({
          kind: 'failed',
          feed: key.feed,
          run: runKeyId(key),
          error: error instanceof Error ? error : new Error(String(error)),
        }),
      ),
    ];
  };
