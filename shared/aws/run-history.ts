/** The earlier generations of a run, from the ledger table. */
import type { RunKey } from '../feeds/run-key.ts';
import type { Run } from '../runs/run.ts';
import { and, beginsWith, equals } from './expressions.ts';
import { GENERATION, runOf, runPartition } from './ledger-items.ts';
import { createTable } from './table.ts';

/** Lists the generations of a run that came before the newest, the oldest first. */
export type RunHistory = (run: RunKey, signal: AbortSignal) => Promise<Run[]>;

/** Makes the function that lists earlier generations. It rejects when the table did not answer. */
export const createRunHistory = ({ tableName }: { readonly tableName: string }): RunHistory => {
  const table = createTable({ tableName });

  return async (run, signal) => {
    const keys = and(equals('pk', runPartition(run)), beginsWith('sk', GENERATION));
    return (await table.query({ keys }, signal)).map(runOf);
  };
};
