/** The effects on other feeds when runs are repeated. */

import { dependentRuns } from '../shared/feeds/dependents.ts';
import type { Feed } from '../shared/feeds/feed.ts';
import { type RunKey, runKeyId } from '../shared/feeds/run-key.ts';
import type { Ledger } from '../shared/runs/ledger.ts';
import type { Run } from '../shared/runs/run.ts';
import { truncateList } from './truncate.ts';

/** A run that waits for a repeated one, and the effect on it. */
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

/** Makes the function that reads the state of a run; `undefined` means that it does not exist. */
export const readStates =
  (ledger: Pick<Ledger, 'read'>, signal: AbortSignal) =>
  async (key: RunKey): Promise<Run['state'] | undefined> =>
    (await ledger.read(key, signal))?.state;

const MAX_AFFECTED = 200;

/**
 * Lists the effects on runs that wait for the repeated ones, the nearest first. They follow once
 * the repeated runs have succeeded.
 *
 * @param stateOf - reads the state of a run; `undefined` means that the run does not exist
 */
export const affectedBy = async (
  feeds: readonly Feed[],
  repeated: readonly RunKey[],
  stateOf: (key: RunKey) => Promise<Run['state'] | undefined>,
): Promise<Affected[]> => {
  const affected = new Map<string, Affected>();
  let sources = repeated;
  while (sources.length > 0 && affected.size < MAX_AFFECTED) {
    const dependents = sources.flatMap((source) => dependentRuns(feeds, source));
    const next: RunKey[] = [];
    for (const { feed, run } of dependents) {
      const id = runKeyId(run);
      if (!affected.has(id) && affected.size < MAX_AFFECTED) {
        const effect = effectOn(feed, await stateOf(run));
        affected.set(id, { run: id, effect });
        // A run that does not start has no effect on others.
        next.push(...(effect === 'runs again' || effect === 'first run' ? [run] : []));
      }
    }
    sources = next;
  }
  return [...affected.values()];
};

/** Writes a line for each run with an effect. */
export const affectedLines = (affected: readonly Affected[]): string[] =>
  truncateList(
    affected.filter(({ effect }) => effect !== 'nothing').map(({ run, effect }) => `  then      ${run}: ${effect}`),
  );
