/** What the writes to runs have in common. */
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

/** Lists the run among those to settle, from an instant on. */
export const settleAt = (at: Date): Item => ({ candidate: UNSETTLED, candidateAt: at.toISOString() });

/** Lists the run among those whose job is watched, from an instant on. */
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

/** The run is in the state before a move, and the claim is its owner's. */
export const isOwnClaim = ({ owner }: Claim, { from: state }: Move): Condition => equalsAll({ state, owner });

/** Changes a run on a condition. */
export type UpdateRun = (
  run: RunKey,
  change: Change,
  condition: Condition,
  signal: AbortSignal,
) => Promise<Run | undefined>;

/** @returns the function that changes a run; it returns `undefined` when the change was made, else the run as it is */
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
