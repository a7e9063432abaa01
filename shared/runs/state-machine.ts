/**
 * Which state of a run may follow which, and what is done with a claim. Pure: the table is `shared/aws/ledger.ts`.
 *
 * ```
 * waiting -> claimed -> submitted -> running -> succeeded | failed
 *    ^          |-> refused
 *    |----------' released: Batch did not accept the request
 * ```
 */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../durations.ts';
import { later } from '../instants.ts';
import type { Claim, Run, RunState } from './run.ts';

/** At least three times the timeout of the slowest function that submits (120 s): after the lease, its owner is gone. */
export const LEASE_MS = 6 * MINUTE_MS;

/** SubmitJob is not sent with less than this left of the lease: its answer could come after it. */
export const SUBMIT_MARGIN_MS = 10 * SECOND_MS;

/** `ListJobs` may lag behind `SubmitJob`, so one empty answer proves nothing. */
export const LOOKUP_GAP_MS = MINUTE_MS;

/** How far the clocks of two hosts may be apart. */
export const CLOCK_SKEW_MS = 5 * MINUTE_MS;

/**
 * Batch keeps ended jobs for seven days; one day less, so that a name that is looked up is still there.
 *
 * @see https://docs.aws.amazon.com/batch/latest/userguide/job_states.html
 */
export const BATCH_MEMORY_MS = 6 * DAY_MS;

/** A run whose job was not observed for this long is watched by `check-arrivals`: an event may have been lost. */
export const WATCH_MS = 15 * MINUTE_MS;

/** The same while its job runs, since its log may say how far it is. */
export const WATCH_RUNNING_MS = 5 * MINUTE_MS;

/** The event of a failure is handled in seconds, and people are notified after a minute: after this time it was lost. */
export const UNHEARD_MS = 3 * MINUTE_MS;

/** A job that Batch does not know is gone if it is still unknown after this long: reads may lag, and an answer may be wrong once. */
export const UNKNOWN_JOB_MS = HOUR_MS;

/** Files this young cannot have been given to an earlier job of the same name. */
const FRESH_MS = 10 * MINUTE_MS;

const SHORTEST_BACKOFF_MS = 15 * SECOND_MS;
const LONGEST_BACKOFF_MS = 5 * MINUTE_MS;

/** Returns whether the job of the run has come to an end in Batch. */
export const hasEnded = (state: RunState): state is 'succeeded' | 'failed' =>
  state === 'succeeded' || state === 'failed';

/** Returns how long a run waits after Batch did not accept its job: 15 s, doubled with each claim, up to 5 minutes. */
export const backoffMs = (attempt: number): number =>
  Math.min(LONGEST_BACKOFF_MS, SHORTEST_BACKOFF_MS * 2 ** Math.max(0, attempt - 1));

/**
 * Returns whether the job name is looked up before `SubmitJob`: while the table is younger than the memory of Batch,
 * since a restored table forgot its last jobs, and wherever not every file is younger than 10 minutes.
 */
export const needsLookup = (
  files: readonly { readonly lastModified: Date }[],
  tableCreatedAt: Date,
  now: Date,
): boolean =>
  now.getTime() - tableCreatedAt.getTime() < BATCH_MEMORY_MS ||
  files.some(({ lastModified }) => now.getTime() - lastModified.getTime() >= FRESH_MS);

/** Returns whether two observations that found no job are far enough apart to believe the second. */
const isSecondLookup = ({ emptyLookup }: Claim, now: Date, observer: string): boolean => {
  if (emptyLookup === undefined) {
    return false;
  }
  // One process compares its own clock with itself; the clocks of two may differ.
  const gapMs = emptyLookup.by === observer ? LOOKUP_GAP_MS : LOOKUP_GAP_MS + CLOCK_SKEW_MS;
  return now.getTime() - emptyLookup.at.getTime() >= gapMs;
};

export type ClaimStep =
  /** Another process submits at this moment. */
  | { readonly kind: 'leave'; readonly until: Date }
  /** The lease is over: ask Batch whether the job exists. `resubmit` says whether an empty answer is the second. */
  | { readonly kind: 'look up'; readonly resubmit: boolean }
  /** Batch may have forgotten the job: only a person can decide. */
  | { readonly kind: 'give up' };

/**
 * Decides what to do with the claim of a run.
 *
 * @param observer - names this process, whose clock `now` was read from
 */
export const nextOfClaim = (claim: Claim, now: Date, observer: string): ClaimStep => {
  if (claim.leaseUntil > now) {
    return { kind: 'leave', until: claim.leaseUntil };
  }
  if (now.getTime() - claim.claimedAt.getTime() > BATCH_MEMORY_MS) {
    return { kind: 'give up' };
  }
  return { kind: 'look up', resubmit: isSecondLookup(claim, now, observer) };
};

/** Returns when the second look-up may follow an empty one, by any process. */
export const secondLookupAt = (at: Date): Date => later(at, LOOKUP_GAP_MS + SECOND_MS);

/** Returns whether a person may have the next generation run: never while a job is under way, which would then be one of two. */
export const mayRunAgain = ({ state, claim }: Pick<Run, 'state' | 'claim'>, now: Date): boolean =>
  hasEnded(state) || (state === 'claimed' && claim !== undefined && nextOfClaim(claim, now, '').kind === 'give up');
