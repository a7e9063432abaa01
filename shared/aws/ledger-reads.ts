/** How the ledger reads runs. */
import type { RunKey } from '../feeds/run-key.ts';
import type { Ledger, RunRead } from '../runs/ledger.ts';
import type { Arrival, Run } from '../runs/run.ts';
import { and, equals, isAtMost, isBetween } from './expressions.ts';
import { UNSETTLED, WATCHED } from './ledger-changes.ts';
import { arrivalOf, CURRENT, FILE, isSuccessItem, runItemKey, runOf, runPartition, slotOf } from './ledger-items.ts';
import type { Table } from './table.ts';

/** About a third of a megabyte. A run with more items is read whole only when it is complete. */
const PAGE_SIZE = 1_000;

/** How often a run and its arrivals are read again when they do not agree. */
const READ_TRIES = 5;

/** A run as it was read, with the slot of each arrival and success that counts. */
type CountedRun = RunRead & { readonly counted: readonly string[] };

const sameCounts = (run: Run, slots: readonly string[]): boolean => {
  const counted = new Map<string, number>();
  for (const slot of slots) {
    counted.set(slot, (counted.get(slot) ?? 0) + 1);
  }
  return [...run.filled].every(([slot, count]) => (counted.get(slot) ?? 0) === count);
};

const readCounted = async (
  table: Table,
  key: RunKey,
  wanted: (run: Run) => boolean,
  signal: AbortSignal,
): Promise<CountedRun | undefined> => {
  // '$' comes after '#', so that the range ends behind the last arrival.
  const keys = and(equals('pk', runPartition(key)), isBetween('sk', CURRENT, FILE.replace('#', '$')));
  let run: Run | undefined;
  const arrivals: Arrival[] = [];
  const tooSmall: Arrival[] = [];
  const counted: string[] = [];
  for await (const items of table.queryPages({ keys, pageSize: PAGE_SIZE }, signal)) {
    if (run === undefined) {
      const current = items.find(({ sk }) => sk === CURRENT);
      run = current && runOf(current);
      if (run === undefined || !wanted(run)) {
        return run && { run, counted: [] };
      }
    }
    const files = items.filter((item) => item['sk'] !== CURRENT && !isSuccessItem(item)).map(arrivalOf);
    const filling = files.filter(({ fills }) => fills);
    arrivals.push(...filling);
    tooSmall.push(...files.filter(({ fills }) => !fills));
    counted.push(...items.filter(isSuccessItem).map(slotOf), ...filling.map(({ slot }) => slot));
  }
  return run && { run, arrivals, counted, ...(tooSmall.length === 0 ? {} : { tooSmall }) };
};

/** Reads the runs that the index lists under a name, each from the table. */
const readCandidates = async (
  table: Table,
  name: string,
  now: Date,
  limit: number,
  signal: AbortSignal,
): Promise<Run[]> => {
  const keys = and(equals('candidate', name), isAtMost('candidateAt', now.toISOString()));
  const found = await table.query({ index: 'candidates', keys, limit }, signal);
  const items = await table.getFound(found, signal);
  // The index lags: a run that is listed under another name by now, or no longer, is left out.
  return items.filter(({ candidate }) => candidate === name).map(runOf);
};

export const createLedgerReads = (
  table: Table,
): Pick<Ledger, 'readRun' | 'readRunWithArrivals' | 'watchedRuns' | 'unsettledRuns'> => ({
  readRun: async (run, signal) => {
    const item = await table.get(runItemKey(run), signal);
    return item && runOf(item);
  },

  readRunWithArrivals: async (key, wanted, signal) => {
    // A query may see one half of a transaction without the other, which the counts reveal.
    // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-isolation
    for (let tried = 1; ; tried += 1) {
      const read = await readCounted(table, key, wanted, signal);
      if (read === undefined) {
        return undefined;
      }
      const { counted, ...found } = read;
      if (found.arrivals === undefined || sameCounts(found.run, counted)) {
        return found;
      }
      if (tried >= READ_TRIES) {
        throw new Error(`The arrivals of run ${runPartition(key)} do not add up to its counts`);
      }
    }
  },

  watchedRuns: (now, limit, signal) => readCandidates(table, WATCHED, now, limit, signal),

  unsettledRuns: (now, limit, signal) => readCandidates(table, UNSETTLED, now, limit, signal),
});
