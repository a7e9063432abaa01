/** Groups the arrivals of a batch by the runs that they belong to. Pure. */
import type { Match, MatchedObject } from '../../shared/feeds/match-feeds.ts';
import { type RunKey, runKeyId } from '../../shared/feeds/run-key.ts';
import type { Arrival } from './event.ts';

export type RunsOfBatch<Record> = {
  readonly runs: readonly RunKey[];
  /** Returns the records that a run needs: they come back when it cannot be touched. */
  readonly recordsOf: (run: RunKey) => readonly Record[];
  /** Objects that no feed waits for. */
  readonly unmatched: readonly Arrival[];
};

/** Matches each arrival of each record against all templates. */
export const groupByRun = <Record extends { readonly item: readonly Arrival[] }>(
  batch: readonly Record[],
  match: (object: MatchedObject) => readonly Match[],
): RunsOfBatch<Record> => {
  const runs = new Map<string, RunKey>();
  const records = new Map<string, Set<Record>>();
  const unmatched: Arrival[] = [];
  for (const record of batch) {
    for (const arrival of record.item) {
      const matches = match(arrival);
      if (matches.length === 0) {
        unmatched.push(arrival);
      }
      for (const { run } of matches) {
        const id = runKeyId(run);
        runs.set(id, run);
        records.set(id, (records.get(id) ?? new Set()).add(record));
      }
    }
  }
  return { runs: [...runs.values()], recordsOf: (run) => [...(records.get(runKeyId(run)) ?? [])], unmatched };
};
