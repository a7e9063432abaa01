/** The run of each job in the ledger table: one item for each job name. */
import type { RunKey } from '../feeds/run-key.ts';
import { numberIn } from './item-attributes.ts';
import { jobItemKey, runKeyOf } from './ledger-items.ts';
import { createTable, type Table } from './table.ts';

/** Finds the run and generation that a job name belongs to. */
export type RunOfJob = (
  jobName: string,
  signal: AbortSignal,
) => Promise<{ readonly run: RunKey; readonly generation: number } | undefined>;

/** Makes the function that finds the run of a job. */
export const createRunOfJob = (
  { tableName }: { readonly tableName: string },
  table: Pick<Table, 'get'> = createTable({ tableName }),
): RunOfJob => {
  return async (jobName, signal) => {
    const item = await table.get(jobItemKey(jobName), signal);
    return item && { run: runKeyOf(item), generation: numberIn(item, 'generation') };
  };
};
