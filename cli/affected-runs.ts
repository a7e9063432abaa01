/** What follows for other feeds when runs happen again. */

import { dependentRuns } from '../shared/feeds/dependents.ts';
import type { Feed } from '../shared/feeds/feed.ts';
import { type RunKey, runKeyId } from '../shared/feeds/run-key.ts';
import type { Ledger } from '../shared/runs/ledger.ts';
import type { Run } from '../shared/runs/run.ts';
import { truncateList } from './truncate-list.ts';

/** A run that waits for one that happens again, and what follows for it. */
export type Affected = {
  readonly run: string;
  readonly effect: 'first run' | 'runs again' | 'people are told' | 'nothing';
};

const effectOn = (feed: Feed, state: Run['state'] | undefined): Affected['effect'] => {
  if (feed.shadow) {
    return 'nothing';
  }
  if (state === undefined || state === 'waiting') {
    return 'first run';
  }
  return ({ rerun: 'runs again', alert: 'people are told', ignore: 'nothing' } as const)[feed.onOverwrite];
};

/** Makes the function that reads the state of a run; `undefined` where nothing is known of it. */
export const readStates =
  (ledger: Pick<Ledger, 'readRun'>, signal: AbortSignal) =>
  async (key: RunKey): Promise<Run['state'] | undefined> =>
    (await ledger.readRun(key, signal))?.state;

/** Does not go on for ever, nor for longer than anybody reads. */
const MOST_AFFECTED = 200;

/**
 * Lists what follows for the runs that wait for those that happen again, once these have succeeded: the nearest first.
 *
 * @param stateOf - reads the state of a run; `undefined` where nothing is known of it
 */
export const affectedBy = async (
  feeds: readonly Feed[],
  sources: readonly RunKey[],
  stateOf: (key: RunKey) => Promise<Run['state'] | undefined>,
): Promise<Affected[]> => {
  const affected = new Map<string, Affected>();
  let next = sources;
  while (next.length > 0 && affected.size < MOST_AFFECTED) {
    const dependents = next.flatMap((source) => dependentRuns(feeds, source));
    const further: RunKey[] = [];
    for (const { feed, run } of dependents) {
      const id = runKeyId(run);
      if (!affected.has(id) && affected.size < MOST_AFFECTED) {
        const effect = effectOn(feed, await stateOf(run));
        affected.set(id, { run: id, effect });
        // What does not run tells nobody.
        further.push(...(effect === 'runs again' || effect === 'first run' ? [run] : []));
      }
    }
    next = further;
  }
  return [...affected.values()];
};

/** Writes a line for each run that something follows for; none where nothing does. */
export const affectedLines = (affected: readonly Affected[]): string[] =>
  truncateList(
    affected.filter(({ effect }) => effect !== 'nothing').map(({ run, effect }) => `  then      ${run}: ${effect}`),
  );
