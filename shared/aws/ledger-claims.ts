/** How the ledger claims runs and records the submission of their jobs. */
import { later } from '../instants.ts';
import type { Ledger } from '../runs/ledger.ts';
import type { Claim } from '../runs/run.ts';
import { MOVES, WATCH_MS } from '../runs/state-machine.ts';
import { and, attributeNotExists, equals } from './expressions.ts';
import {
  CANDIDATE_ATTRIBUTES,
  CLAIM_ATTRIBUTES,
  isBefore,
  isOwnClaim,
  settleAt,
  stateAfter,
  type UpdateRun,
  watchAt,
} from './ledger-changes.ts';
import { jobItemKey, runItemKey, runKeyAttributes } from './ledger-items.ts';
import type { Item, Table } from './table.ts';

const claimAttributes = (claim: Claim): Item => ({
  owner: claim.owner,
  claimedAt: claim.claimedAt.toISOString(),
  leaseUntil: claim.leaseUntil.toISOString(),
  request: JSON.stringify(claim.request),
  problem: claim.problem,
  jobName: claim.request.jobName,
  queue: claim.request.jobQueue,
  ...settleAt(claim.leaseUntil),
});

export const createLedgerClaims = (
  table: Table,
  update: UpdateRun,
): Pick<Ledger, 'claim' | 'takeOver' | 'release' | 'noteEmptyLookup' | 'recordSubmission' | 'recordRefusal'> => ({
  claim: async (run, claim, signal) => {
    const job = { ...jobItemKey(claim.request.jobName), ...runKeyAttributes(run.key), generation: run.generation };
    const written = await table.transact(
      [
        {
          kind: 'update',
          key: runItemKey(run.key),
          change: { set: { ...stateAfter(MOVES.claim), ...claimAttributes(claim) } },
          condition: isBefore(MOVES.claim, run),
        },
        { kind: 'put', item: job },
      ],
      signal,
    );
    return written.kind === 'written';
  },

  takeOver: async (run, claim, signal) => {
    const now = await update(
      run.key,
      {
        set: { ...stateAfter(MOVES.takeOver), ...claimAttributes(claim) },
        remove: ['emptyLookupAt', 'emptyLookupBy'],
      },
      and(isBefore(MOVES.takeOver, run), equals('owner', run.claim?.owner ?? '')),
      signal,
    );
    // The claim is this one if the first answer was lost and the SDK sent the write again.
    return now === undefined || now.claim?.owner === claim.owner;
  },

  release: async (run, claim, now, signal) => {
    await update(
      run.key,
      {
        set: { ...stateAfter(MOVES.release), ...settleAt(now) },
        // The next claim covers every file that arrives before it, so that no rerun is needed.
        remove: [...CLAIM_ATTRIBUTES, 'rerunRequestedAt'],
      },
      isOwnClaim(claim, MOVES.release),
      signal,
    );
  },

  noteEmptyLookup: async (run, claim, at, by, signal) => {
    await update(
      run.key,
      { set: { emptyLookupAt: at.toISOString(), emptyLookupBy: by, ...settleAt(at) } },
      and(isOwnClaim(claim, MOVES.takeOver), attributeNotExists('emptyLookupAt')),
      signal,
    );
  },

  recordSubmission: async (run, claim, jobId, now, signal) => {
    const submitted = { jobId, submittedAt: now.toISOString(), ...watchAt(later(now, WATCH_MS)) };
    const other = await update(
      run.key,
      { set: { ...stateAfter(MOVES.recordSubmission), ...submitted } },
      isOwnClaim(claim, MOVES.recordSubmission),
      signal,
    );
    return other ?? 'recorded';
  },

  recordRefusal: async (run, claim, reason, signal) => {
    await update(
      run.key,
      { set: { ...stateAfter(MOVES.recordRefusal), refusal: reason }, remove: CANDIDATE_ATTRIBUTES },
      isOwnClaim(claim, MOVES.recordRefusal),
      signal,
    );
  },
});
