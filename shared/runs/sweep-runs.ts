/** Finishes runs that were left half done: a claim whose owner died, an event that was lost after its arrival was recorded. */
import type { Feed } from '../config/configuration.ts';
import { settleAll } from '../settle.ts';
import { isUnderWay } from './job-sighting.ts';
import type { Ledger } from './ledger.ts';
import type { Outcome } from './outcome.ts';
import type { Run } from './run.ts';
import { nameOf, type SettleRun } from './settle-run.ts';
import { WAITING_REVISIT_MS, WAITING_YOUNG_MS } from './state-machine.ts';

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
      if (outcome.kind === 'waiting') {
        const isYoung = now().getTime() - run.openedAt.getTime() < WAITING_YOUNG_MS;
        await ledger.revisit(run, isYoung ? new Date(now().getTime() + WAITING_REVISIT_MS) : 'never', signal);
      }
      if (outcome.kind === 'settled') {
        // A job that is under way is watched by others, whatever its run was listed for.
        await ledger.revisit(run, isUnderWay(outcome.state) ? now() : 'never', signal);
      }
      return outcome;
    };

    const handled = await settleAll(runs, sweep, { concurrency: CONCURRENCY });
    // To the end of the list, so that runs that cannot be settled do not keep the others from their turn.
    await settleAll(handled.failed, ({ item }) => ledger.revisit(item, now(), signal), { concurrency: CONCURRENCY });
    return [
      ...handled.done,
      ...handled.failed.map(
        ({ item, error }): Outcome => ({
          kind: 'failed',
          ...nameOf(item),
          error: error instanceof Error ? error : new Error(String(error)),
        }),
      ),
    ];
  };
