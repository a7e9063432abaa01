/**
 * What may follow what, and what to do next with a run. Pure: the table is `shared/aws/ledger.ts`.
 *
 * ```
 * waiting -> claimed -> submitted -> running -> succeeded | failed
 *    ^          |-> refused
 *    |----------' released: Batch did not take the request
 * ```
 */
import type { Feed, Slot } from '../config/configuration.ts';
import type { Claim, Run, RunState } from './run.ts';

/** Longer than any function lives that submits (50 s), so that whoever finds it over knows that the owner is gone. */
export const LEASE_MS = 300_000;

/** SubmitJob is not sent with less than this left of the lease: its answer could come after it. */
export const SUBMIT_MARGIN_MS = 10_000;

/** `ListJobs` may lag behind `SubmitJob`, so one empty answer proves nothing. */
export const LOOKUP_GAP_MS = 60_000;

/** How far the clocks of two hosts may be apart. */
export const CLOCK_SKEW_MS = 300_000;

/**
 * Batch keeps ended jobs for seven days; a day less, since a name that is looked up must still be there.
 *
 * @see https://docs.aws.amazon.com/batch/latest/userguide/job_states.html
 */
export const BATCH_MEMORY_MS = 6 * 24 * 3_600_000;

/** A run in which nothing has happened for this long is looked at again by `check-arrivals`, in case an event died half way. */
export const SETTLE_MS = 300_000;

/** A run that waits is looked at again this often while it is young: another configuration may have completed it. */
export const WAITING_REVISIT_MS = 3_600_000;
export const WAITING_YOUNG_MS = 14 * 24 * 3_600_000;

/** A run whose job has not been heard of for this long is asked about by `check-arrivals`, in case an event was lost. */
export const WATCH_MS = 15 * 60_000;

/** The same while its job runs, since its log may say how far it is. */
export const WATCH_RUNNING_MS = 5 * 60_000;

/** A job that Batch does not know is gone if it is still unknown after this long: reads may lag, and an answer may be wrong once. */
export const UNKNOWN_JOB_MS = 3_600_000;

const FOLLOWS: Readonly<Record<RunState, readonly RunState[]>> = {
  waiting: ['claimed'],
  claimed: ['waiting', 'claimed', 'submitted', 'running', 'succeeded', 'failed', 'refused'],
  submitted: ['running', 'succeeded', 'failed'],
  running: ['succeeded', 'failed'],
  succeeded: ['waiting'],
  failed: ['waiting'],
  refused: ['waiting'],
};

/**
 * Tells whether a run may go from one state to another.
 *
 * @remarks `succeeded`, `failed` and `refused` go back to `waiting` only as the next generation.
 */
export const mayFollow = (from: RunState, to: RunState): boolean => FOLLOWS[from].includes(to);

/** Whether the job of the run has come to an end in Batch. */
export const hasEnded = (state: RunState): boolean => state === 'succeeded' || state === 'failed';

export type MissingSlot = { readonly slot: string; readonly have: number; readonly need: number };

export type NextStep =
  | { readonly kind: 'wait'; readonly missing: readonly MissingSlot[] }
  | { readonly kind: 'claim'; readonly feed: Feed }
  /** Somebody else submits at this moment. */
  | { readonly kind: 'leave'; readonly until: Date }
  /** The lease is over: ask Batch whether the job exists; `resubmit` says whether an empty answer is the second. */
  | { readonly kind: 'look-up'; readonly claim: Claim; readonly resubmit: boolean }
  /** Batch may have forgotten the job: only a person can tell. */
  | { readonly kind: 'give-up'; readonly claim: Claim }
  | { readonly kind: 'open-next-generation' }
  | { readonly kind: 'nothing' };

/** Lists the required slots that are not filled yet. */
export const missingSlots = (slots: readonly Slot[], filled: ReadonlyMap<string, number>): MissingSlot[] =>
  slots
    .filter((slot) => !slot.optional)
    .map((slot) => ({ slot: slot.name, have: filled.get(slot.name) ?? 0, need: slot.min }))
    .filter(({ have, need }) => have < need);

/** Tells whether two observations that found no job are far enough apart to believe the second. */
const isSecondLookup = (first: { at: Date; by: string } | undefined, now: Date, observer: string): boolean => {
  if (first === undefined) {
    return false;
  }
  // One process compares its own clock with itself; two may be apart by as much as their clocks are.
  const gapMs = first.by === observer ? LOOKUP_GAP_MS : LOOKUP_GAP_MS + CLOCK_SKEW_MS;
  return now.getTime() - first.at.getTime() >= gapMs;
};

/**
 * Decides what to do next with a run.
 *
 * @param feed - `undefined` when it is no longer configured, so that nothing new is started
 * @param observer - names this process, whose clock `now` was read from
 */
export const nextStep = (run: Run, feed: Feed | undefined, now: Date, observer: string): NextStep => {
  switch (run.state) {
    case 'waiting': {
      if (feed === undefined) {
        return { kind: 'nothing' };
      }
      const missing = missingSlots(feed.slots, run.filled);
      return missing.length > 0 ? { kind: 'wait', missing } : { kind: 'claim', feed };
    }
    case 'claimed': {
      const { claim } = run;
      if (claim === undefined) {
        throw new Error(`Run ${run.key.feed} is claimed without a claim`);
      }
      if (claim.leaseUntil > now) {
        return { kind: 'leave', until: claim.leaseUntil };
      }
      if (now.getTime() - claim.claimedAt.getTime() > BATCH_MEMORY_MS) {
        return { kind: 'give-up', claim };
      }
      return { kind: 'look-up', claim, resubmit: isSecondLookup(claim.emptyLookup, now, observer) };
    }
    case 'succeeded':
    case 'failed':
      return run.rerunRequestedAt === undefined ? { kind: 'nothing' } : { kind: 'open-next-generation' };
    case 'submitted':
    case 'running':
    case 'refused':
      return { kind: 'nothing' };
  }
};
