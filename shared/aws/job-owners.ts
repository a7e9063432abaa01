/** Which run a job belongs to: an index of the ledger table finds it by the name of the job. */
import type { RunKey } from '../feeds/run-key.ts';
import { equals } from './expressions.ts';
import { numberIn } from './item-attributes.ts';
import { runKeyOf } from './ledger-items.ts';
import { createTable, type Table } from './table.ts';

/** Finds the run and generation that a job name belongs to. The index lags behind a claim by a moment. */
export type RunOfJob = (
  jobName: string,
  signal: AbortSignal,
) => Promise<{ readonly run: RunKey; readonly generation: number } | undefined>;

/** Makes the function that finds the run of a job. */
export const createRunOfJob =
  ({ tableName }: { readonly tableName: string }, table: Pick<Table, 'query'> = createTable({ tableName })): RunOfJob =>
  async (jobName, signal) => {
    const [item] = await table.query({ index: 'jobs', keys: equals('jobName', jobName) }, signal);
    return item && { run: runKeyOf(item), generation: numberIn(item, 'generation') };
  };
