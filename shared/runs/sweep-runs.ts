/** Finishes runs that were left half done: a claim whose owner died, an event that was lost after its arrival was recorded. */
import { asError } from '../as-error.ts';
import type { Feed } from '../config/configuration.ts';
import { later } from '../instants.ts';
import { settleAll } from '../settle.ts';
import { isUnderWay } from './job-sighting.ts';
import type { Ledger } from './ledger.ts';
import { createCatchUpWithSources } from './look-at-sources.ts';
import type { Outcome } from './outcome.ts';
import { createReleaseDependents, type Ports as ReleasePorts } from './release-dependents.ts';
import type { Run } from './run.ts';
import { nameOf } from './settle-run.ts';
import { WAITING_REVISIT_MS, WAITING_YOUNG_MS } from './state-machine.ts';

export type Ports = ReleasePorts & { readonly ledger: Ledger };

/** A tick takes this many; the next goes on, since what is settled leaves the list. */
const RUNS_PER_TICK = 100;
const CONCURRENCY = 4;

/**
 * Makes the function that looks again at unsettled runs.
 *
 * @returns a function that gives an outcome for each, and for each run that one of them released; what failed for one is an outcome of kind `failed`
 * @throws when the list itself could not be read
 */
export const createSweepRuns = (ports: Ports, feeds: ReadonlyMap<string, Feed>) => {
  const { ledger, settleRun, now } = ports;
  const releaseDependents = createReleaseDependents(ports, feeds);
  const catchUpWithSources = createCatchUpWithSources(ports, feeds);

  /** Settles a run, with what nobody told it. */
  const settle = async (run: Run, signal: AbortSignal): Promise<Outcome> => {
    const feed = feeds.get(run.key.feed);
    const outcome = await settleRun(run.key, feed, signal);
    return outcome.kind === 'waiting' && feed !== undefined && (await catchUpWithSources(feed, run, signal))
      ? settleRun(run.key, feed, signal)
      : outcome;
  };

  /** Whether a run waits for a feed that is not configured: perhaps by mistake, and for a moment. */
  const isWithoutFeed = (run: Run, outcome: Outcome): boolean =>
    outcome.kind === 'settled' && outcome.state === 'waiting' && !feeds.has(run.key.feed);

  /** Takes a run off the list, or puts it where it comes up when it is time. What was left half done for others keeps it on the list. */
  const relist = async (run: Run, outcome: Outcome, isReleased: boolean, signal: AbortSignal): Promise<void> => {
    if (!isReleased) {
      await ledger.revisit(run, now(), signal);
    } else if (isWithoutFeed(run, outcome) || (outcome.kind === 'waiting' && outcome.until === undefined)) {
      const isYoung = now().getTime() - run.openedAt.getTime() < WAITING_YOUNG_MS;
      await ledger.revisit(run, isYoung ? later(now(), WAITING_REVISIT_MS) : 'never', signal);
    } else if (outcome.kind === 'settled') {
      // A job that is under way is watched by others, whatever its run was listed for.
      await ledger.revisit(run, isUnderWay(outcome.state) ? now() : 'never', signal);
    }
  };

  return async (signal: AbortSignal): Promise<Outcome[]> => {
    const runs = await ledger.unsettledRuns(now(), RUNS_PER_TICK, signal);

    const sweep = async (run: Run): Promise<Outcome[]> => {
      // First, since settling the run may open its next generation.
      const released = await releaseDependents(run, signal);
      const outcome = await settle(run, signal);
      await relist(run, outcome, !released.some(({ kind }) => kind === 'failed'), signal);
      return [outcome, ...released];
    };

    const handled = await settleAll(runs, sweep, { concurrency: CONCURRENCY });
    // To the end of the list, so that runs that cannot be settled do not keep the others from their turn.
    await settleAll(handled.failed, ({ item }) => ledger.revisit(item, now(), signal), { concurrency: CONCURRENCY });
    return [
      ...handled.done.flat(),
      ...handled.failed.map(({ item, error }): Outcome => ({ kind: 'failed', ...nameOf(item), error: asError(error) })),
    ];
  };
};
