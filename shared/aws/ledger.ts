/** The ledger in DynamoDB. */
import { isUnderWay } from '../runs/job-observation.ts';
import type { Ledger } from '../runs/ledger.ts';
import { mayOpenNext } from '../runs/state-machine.ts';
import { and, attributeNotExists } from './expressions.ts';
import { createRunOfJob } from './job-owners.ts';
import {
  asSeen,
  CANDIDATE_ATTRIBUTES,
  CLAIM_ATTRIBUTES,
  createUpdateRun,
  isNew,
  settleAt,
  type UpdateRun,
  watchAt,
} from './ledger-changes.ts';
import { createLedgerClaims } from './ledger-claims.ts';
import { generationItemKey, JOB_ATTRIBUTES, newRunAttributes, runItemKey } from './ledger-items.ts';
import { createLedgerJobs } from './ledger-jobs.ts';
import { createLedgerReads } from './ledger-reads.ts';
import { createLedgerSlots } from './ledger-slots.ts';
import { createTable, type Table } from './table.ts';

const createGenerations = (
  table: Table,
  update: UpdateRun,
): Pick<Ledger, 'openRun' | 'openNextGeneration' | 'noteWouldSubmit' | 'revisit'> => ({
  openRun: async (run, now, signal) => {
    const set = { ...newRunAttributes(run, now), revision: 0, updatedAt: now.toISOString(), ...settleAt(now) };
    return (await update(run, { set }, isNew, signal)) === undefined;
  },

  openNextGeneration: async (run, now, signal) => {
    if (!mayOpenNext(run)) {
      return false;
    }
    const item = await table.get(runItemKey(run.key), signal);
    if (item?.['revision'] !== run.revision) {
      return false;
    }
    // The indexes list only the newest generation: an ended one would stay in them for ever.
    const { candidate: _, candidateAt: __, runAt: ___, ...kept } = item;
    const generation = run.generation + 1;
    const written = await table.transact(
      [
        { kind: 'put', item: { ...kept, ...generationItemKey(run.key, run.generation) }, condition: isNew },
        {
          kind: 'update',
          key: runItemKey(run.key),
          change: {
            set: { state: 'waiting', generation, openedAt: now.toISOString(), ...settleAt(now) },
            remove: [...CLAIM_ATTRIBUTES, ...JOB_ATTRIBUTES, 'refusal', 'rerunRequestedAt', 'wouldSubmitAt'],
          },
          condition: asSeen(run),
        },
      ],
      signal,
    );
    return written.kind === 'written';
  },

  noteWouldSubmit: async (run, now, signal) => {
    const change = { set: { wouldSubmitAt: now.toISOString(), ...settleAt(now) } };
    const condition = and(asSeen(run), attributeNotExists('wouldSubmitAt'));
    return (await update(run.key, change, condition, signal)) === undefined;
  },

  revisit: async (run, at, signal) => {
    const listAt = isUnderWay(run.state) ? watchAt : settleAt;
    const change = at === 'never' ? { remove: CANDIDATE_ATTRIBUTES } : { set: listAt(at) };
    await update(run.key, change, asSeen(run), signal);
  },
});

/**
 * Opens the ledger.
 *
 * @returns the port of `shared/runs`; every method rejects when the table did not answer
 */
export const createLedger = ({ tableName }: { readonly tableName: string }): Ledger => {
  const table = createTable({ tableName });
  const update = createUpdateRun(table);
  return {
    ...createLedgerReads(table),
    ...createLedgerSlots(table),
    ...createGenerations(table, update),
    ...createLedgerClaims(table, update),
    ...createLedgerJobs(table, update),
    runOfJob: createRunOfJob({ tableName }, table),
  };
};
