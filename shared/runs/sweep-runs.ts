/** Finishes runs that were left half done: a claim whose owner died, an event that was lost after its arrival was recorded. */

import type { Feed } from '../feeds/feed.ts';
import { later } from '../instants.ts';
import { processItems } from '../process-items.ts';
import { toError } from '../to-error.ts';
import { isUnderWay } from './job-observation.ts';
import type { Ledger } from './ledger.ts';
import type { Outcome } from './outcome.ts';
import { createCatchUpWithSources } from './read-sources.ts';
import { createReleaseDependents, type Ports as ReleasePorts } from './release-dependents.ts';
import type { Run, RunState } from './run.ts';
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

  /** Settles a run, with the successes that it missed. */
  const settle = async (run: Run, signal: AbortSignal): Promise<Outcome> => {
    const feed = feeds.get(run.key.feed);
    const outcome = await settleRun(run.key, feed, signal);
    return outcome.kind === 'waiting' && feed !== undefined && (await catchUpWithSources(feed, run, signal))
      ? settleRun(run.key, feed, signal)
      : outcome;
  };

  /** Whether a run waits for a feed that is not configured: perhaps by mistake, and for a moment. */
  const isWithoutFeed = (run: Run, state: RunState): boolean => state === 'waiting' && !feeds.has(run.key.feed);

  const nextLookAtWaiting = (run: Run, until: Date | undefined): Date | 'never' => {
    const nextHour = later(now(), WAITING_REVISIT_MS);
    if (until !== undefined) {
      // Once an hour before that: another configuration may have another time.
      return until < nextHour ? until : nextHour;
    }
    return now().getTime() - run.openedAt.getTime() < WAITING_YOUNG_MS ? nextHour : 'never';
  };

  /** Tells when to look at a run again: `never` if it is settled, `undefined` where the table knows already. */
  const nextLook = (run: Run, outcome: Outcome): Date | 'never' | undefined => {
    if (outcome.kind === 'waiting') {
      return nextLookAtWaiting(run, outcome.until);
    }
    if (outcome.kind !== 'settled') {
      return undefined;
    }
    if (isWithoutFeed(run, outcome.state)) {
      return nextLookAtWaiting(run, undefined);
    }
    // A job that is under way is watched by others, whatever its run was listed for.
    return isUnderWay(outcome.state) ? now() : 'never';
  };

  /** Takes a run off the list, or puts it where it comes up when it is time. Work for other runs that is left keeps it on the list. */
  const relist = async (run: Run, outcome: Outcome, isReleased: boolean, signal: AbortSignal): Promise<void> => {
    const at = isReleased ? nextLook(run, outcome) : now();
    if (at !== undefined) {
      await ledger.revisit(run, at, signal);
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

    const handled = await processItems(runs, sweep, { concurrency: CONCURRENCY });
    // To the end of the list, so that runs that cannot be settled do not keep the others from their turn.
    await processItems(handled.failed, ({ item }) => ledger.revisit(item, now(), signal), { concurrency: CONCURRENCY });
    return [
      ...handled.done.flat(),
      ...handled.failed.map(({ item, error }): Outcome => ({ kind: 'failed', ...nameOf(item), error: toError(error) })),
    ];
  };
};
