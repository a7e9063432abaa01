/** The conditions and changes that several writes to runs share. */
import type { RunKey } from '../feeds/run-key.ts';
import type { Claim, Run } from '../runs/run.ts';
import type { MOVES } from '../runs/state-machine.ts';
import { attributeNotExists, type Change, type Condition, equalsAll } from './expressions.ts';
import { runItemKey, runOf, runPartition } from './ledger-items.ts';
import type { Item, Table } from './table.ts';

type Move = (typeof MOVES)[keyof typeof MOVES];

/** Names in the index `candidates`: a run to settle, and a run whose job is under way. */
export const UNSETTLED = 'RUN';
export const WATCHED = 'JOB';

export const CANDIDATE_ATTRIBUTES = ['candidate', 'candidateAt'];

export const CLAIM_ATTRIBUTES = [
  'owner',
  'claimedAt',
  'leaseUntil',
  'request',
  'problem',
  'emptyLookupAt',
  'emptyLookupBy',
  'jobName',
  'queue',
];

/** Lists the run, from an instant on, among the runs to settle. */
export const settleAt = (at: Date): Item => ({ candidate: UNSETTLED, candidateAt: at.toISOString() });

/** Lists the run, from an instant on, among the runs whose job is watched. */
export const watchAt = (at: Date): Item => ({ candidate: WATCHED, candidateAt: at.toISOString() });

/** The state after a move, as a change. */
export const stateAfter = ({ to }: Move): Item => ({ state: to });

/** No item has the key. */
export const isNew: Condition = attributeNotExists('pk');

/** The run is as its reader saw it. */
export const asSeen = ({ generation, revision, state }: Run): Condition => equalsAll({ generation, revision, state });

/** The run is as its reader saw it, and in the state before a move. */
export const isBefore = ({ from: state }: Move, { generation, revision }: Run): Condition =>
  equalsAll({ generation, revision, state });

/** The run is in the state before a move, and the claim still has the same owner. */
export const isOwnClaim = ({ owner }: Claim, { from: state }: Move): Condition => equalsAll({ state, owner });

/**
 * Changes a run if a condition holds.
 *
 * @returns `undefined` when the run was changed; else the run that the condition does not hold for
 * @throws Error when the run does not exist
 */
export type UpdateRun = (
  run: RunKey,
  change: Change,
  condition: Condition,
  signal: AbortSignal,
) => Promise<Run | undefined>;

/** Makes the function that changes runs. */
export const createUpdateRun =
  (table: Table): UpdateRun =>
  async (run, change, condition, signal) => {
    const written = await table.update({ key: runItemKey(run), change, condition }, signal);
    if (written.kind === 'written') {
      return undefined;
    }
    if (written.item === undefined) {
      throw new Error(`The ledger has no run ${runPartition(run)}`);
    }
    return runOf(written.item);
  };
