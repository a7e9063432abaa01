/**
 * The states of a run, their order, and the next step of a run. Pure: the table is `shared/aws/ledger.ts`.
 *
 * ```
 * waiting -> claimed -> submitted -> running -> succeeded | failed
 *    ^          |-> refused
 *    |----------' released: Batch did not take the request
 * ```
 */
import type { Feed, Slot } from '../feeds/feed.ts';
import { firstTimeFrom } from '../feeds/schedule-times.ts';
import { isUnderWay } from './job-observation.ts';
import type { Claim, Run, RunState } from './run.ts';

/** Longer than the timeout of every function that submits (50 s), so that after a lease its owner is gone. */
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

/** A failure whose event has not moved its run for this long was lost: the event is handled in seconds, and people are told after a minute. */
export const UNHEARD_MS = 3 * 60_000;

/** A job that Batch does not know is gone if it is still unknown after this long: reads may lag, and an answer may be wrong once. */
export const UNKNOWN_JOB_MS = 3_600_000;

/**
 * The state of a run after each act of the suite. Each is a write of the ledger, whose condition is made of it.
 *
 * A sighting of a job moves its run by the rules of `job-observation.ts`.
 */
export const MOVES = {
  claim: { from: 'waiting', to: 'claimed' },
  takeOver: { from: 'claimed', to: 'claimed' },
  release: { from: 'claimed', to: 'waiting' },
  recordSubmission: { from: 'claimed', to: 'submitted' },
  recordRefusal: { from: 'claimed', to: 'refused' },
} as const satisfies Readonly<Record<string, { readonly from: RunState; readonly to: RunState }>>;

/**
 * Tells whether the next generation of a run may be opened: never while a job is under way, which would then be one of two, and not where this one
 * only waits. A claim whose fate is unknown may be left behind, since a person decides that.
 */
export const mayOpenNext = ({ state, wouldSubmitAt }: Pick<Run, 'state' | 'wouldSubmitAt'>): boolean =>
  state === 'waiting' ? wouldSubmitAt !== undefined : !isUnderWay(state);

/** Whether the job of the run has come to an end in Batch. */
export const hasEnded = (state: RunState): boolean => state === 'succeeded' || state === 'failed';

export type MissingSlot = {
  readonly slot: string;
  readonly have: number;
  readonly need: number;
  /** When it will be filled, where that is known: a time slot. */
  readonly at?: Date;
};

export type NextStep =
  /** `until` says when nothing will be missing any longer, where only times are. */
  | { readonly kind: 'wait'; readonly missing: readonly MissingSlot[]; readonly until?: Date }
  | { readonly kind: 'claim'; readonly feed: Feed }
  /** It would be claimed, but somebody else does the work of the feed. */
  | { readonly kind: 'stand-by'; readonly feed: Feed }
  /** Somebody else submits at this moment. */
  | { readonly kind: 'leave'; readonly until: Date }
  /** The lease is over: ask Batch whether the job exists; `resubmit` says whether an empty answer is the second. */
  | { readonly kind: 'look-up'; readonly claim: Claim; readonly resubmit: boolean }
  /** Batch may have forgotten the job: only a person can tell. */
  | { readonly kind: 'give-up'; readonly claim: Claim }
  | { readonly kind: 'open-next-generation' }
  | { readonly kind: 'nothing' };

/** Lists the required slots that something else than a time fills, and that are not filled yet. */
export const missingSlots = (slots: readonly Slot[], filled: ReadonlyMap<string, number>): MissingSlot[] =>
  slots
    .filter((slot) => !slot.optional && slot.kind !== 'time')
    .map((slot) => ({ slot: slot.name, have: filled.get(slot.name) ?? 0, need: slot.min }))
    .filter(({ have, need }) => have < need);

/** Lists the time slots whose time has not come yet. A time without a date never comes, which a checked configuration rules out. */
const missingTimes = ({ slots, timeZone }: Feed, { key: { date } }: Run, now: Date): MissingSlot[] =>
  slots
    .filter((slot) => slot.kind === 'time')
    .map(({ name, at }) => ({ name, at: date === undefined ? undefined : firstTimeFrom(at, date, timeZone) }))
    .filter(({ at }) => at === undefined || at > now)
    .map(({ name, at }) => ({ slot: name, have: 0, need: 1, ...(at === undefined ? {} : { at }) }));

/** Lists all that a run waits for, in the order of its feed's slots. */
export const missingOf = (feed: Feed, run: Run, now: Date): MissingSlot[] => {
  const missing = new Map(
    [...missingSlots(feed.slots, run.filled), ...missingTimes(feed, run, now)].map((one) => [one.slot, one]),
  );
  return feed.slots.flatMap(({ name }) => missing.get(name) ?? []);
};

/** Decides what is next for a run that waits. */
const nextOfWaiting = (run: Run, feed: Feed, now: Date): NextStep => {
  const missing = missingOf(feed, run, now);
  if (missing.length === 0) {
    return { kind: feed.shadow ? 'stand-by' : 'claim', feed };
  }
  const times = missing.flatMap(({ at }) => at ?? []);
  return times.length === missing.length
    ? { kind: 'wait', missing, until: new Date(Math.max(...times.map((at) => at.getTime()))) }
    : { kind: 'wait', missing };
};

/**
 * Tells whether the feeds that wait for a run may go on: it has succeeded, or would have been submitted, which among shadow feeds is the
 * same.
 */
export const isDone = ({ state, wouldSubmitAt }: Run, forShadow: boolean): boolean =>
  state === 'succeeded' || (forShadow && wouldSubmitAt !== undefined);

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
    case 'waiting':
      // The old server does a run of a shadow feed, also after the feed has stopped to be one.
      return feed === undefined || run.wouldSubmitAt !== undefined
        ? { kind: 'nothing' }
        : nextOfWaiting(run, feed, now);
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
