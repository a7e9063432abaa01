/**
 * What the runs ask of the ledger. The adapter is `shared/aws/ledger.ts`.
 *
 * Every write is conditional on what it was decided on, so that of any number of writers one wins and the others learn it.
 */
import type { RunKey } from '../feeds/run-key.ts';
import type { Progress } from '../jobs/progress.ts';
import type { JobObservation, JobStanding } from './job-observation.ts';
import type { Claim, DocumentPlace, Judged, Run } from './run.ts';

/**
 * Thrown when an item has a newer schema than this code, or is damaged. Only this item is affected: it is reported,
 * counted and skipped, and nothing is written to it.
 */
export class UnreadableItemError extends Error {
  override name = 'UnreadableItemError' as const;
}

/** A touched run, and whether this touch made it due: only then is a message sent. */
export type Touched = { readonly run: Run; readonly isFirst: boolean };

/** What an evaluation writes down; `undefined` takes an attribute away, and what is left out stays. */
export type Noted = {
  /** When the run is evaluated next; `undefined` when nothing but a touch could change it. */
  readonly evaluateAt: Date | undefined;
  readonly notBefore?: Date | undefined;
  readonly judged?: Judged;
  readonly lastListing?: Run['lastListing'] | undefined;
  readonly changedAt?: Date | undefined;
  readonly heldAt?: Date | undefined;
  readonly unaskedAt?: Date | undefined;
  readonly shadowAt?: Date | undefined;
  readonly fileCount?: number;
  readonly asked?: undefined;
  readonly isReleased?: undefined;
  /** The evaluation came to a result: whatever is found later without another touch was found without an event. */
  readonly isResult?: true;
};

/** What a claim rests on. */
export type NewClaim = {
  readonly claim: Claim;
  /** The one that was read, or the next. */
  readonly generation: number;
  readonly judged: Judged;
  readonly document: DocumentPlace;
  readonly fileCount: number;
  readonly manifestKey?: string;
};

/** The manifest that an adopted job ran on, where it is not that of the claim. */
export type Adopted = { readonly listing: string; readonly manifestKey?: string };

/** What an observation was to its run, and the run as it is now. */
export type JobRecorded = { readonly standing: JobStanding; readonly run: Run };

export type Ledger = {
  /**
   * Notes that there may be news of a run: creates it if it is absent, counts the touch, and brings its due time to `now`, never postpones it.
   *
   * @throws UnreadableItemError
   */
  touch(run: RunKey, now: Date, signal: AbortSignal): Promise<Touched>;
  /**
   * Opens a run, due at a time, if the ledger does not know it.
   *
   * @returns whether this opened it
   */
  open(run: RunKey, evaluateAt: Date, now: Date, signal: AbortSignal): Promise<boolean>;
  /**
   * Begins the evaluation of a due run: puts its due time off, so that a touch from now on makes it due again, and so does the death of the evaluator.
   *
   * @returns the run as it is, and whether it was due; `undefined` when the ledger does not know it
   * @throws UnreadableItemError
   */
  begin(
    run: RunKey,
    now: Date,
    putOffUntil: Date,
    signal: AbortSignal,
  ): Promise<{ readonly run: Run; readonly isDue: boolean } | undefined>;
  /**
   * Reads a run consistently; `undefined` when the ledger does not know it.
   *
   * @throws UnreadableItemError
   */
  read(run: RunKey, signal: AbortSignal): Promise<Run | undefined>;
  /**
   * Writes down what an evaluation came to.
   *
   * @returns false, with nothing written, when the run was touched or changed since it was read
   */
  note(run: Run, noted: Noted, signal: AbortSignal): Promise<boolean>;
  /**
   * `waiting -> claimed`, or, where the generation is the next one, from an ended generation, which is kept as history by the same step.
   * A touch meanwhile does not break the claim, and stays due.
   *
   * @returns false when the state, the generation or the attempt has changed since `run` was read
   */
  claim(run: Run, claim: NewClaim, signal: AbortSignal): Promise<boolean>;
  /** Takes an expired claim over from its owner; false when it is not the owner's any more. */
  takeOver(run: Run, claim: Claim, signal: AbortSignal): Promise<boolean>;
  /** Gives a claim back, by its owner: Batch certainly has no job. A claim that opened a generation brings the one before back. */
  release(run: Run, claim: Claim, evaluateAt: Date, signal: AbortSignal): Promise<void>;
  /** Notes that a look-up after the lease found no job. */
  noteEmptyLookup(run: Run, claim: Claim, at: Date, by: string, evaluateAt: Date, signal: AbortSignal): Promise<void>;
  /**
   * `claimed -> submitted`, by the owner.
   *
   * @param evaluateAt - when the run is evaluated next, unless it was touched since the claim
   * @returns the run as it is when the claim is not the owner's any more
   */
  recordSubmission(
    run: Run,
    claim: Claim,
    job: { readonly id: string; readonly adopted?: Adopted },
    evaluateAt: Date | undefined,
    now: Date,
    signal: AbortSignal,
  ): Promise<'recorded' | Run>;
  /** `claimed -> refused`, by the owner. */
  recordRefusal(run: Run, claim: Claim, reason: string, signal: AbortSignal): Promise<void>;
  /**
   * Moves a run with its job, forward only; `claimed` takes the job that it did not know of yet.
   *
   * @returns `undefined` when there is no such run and generation
   */
  recordJob(
    run: RunKey,
    generation: number,
    observation: JobObservation,
    now: Date,
    signal: AbortSignal,
  ): Promise<JobRecorded | undefined>;
  /** Keeps how far a running job says it is; unless the run has moved on. */
  recordProgress(run: Run, progress: Progress, signal: AbortSignal): Promise<void>;
  /** Notes that Batch does not know the job of a run, if that is new; any later observation of the job takes the note away. */
  noteUnknownJob(run: Run, now: Date, signal: AbortSignal): Promise<void>;
  /** Reads the runs whose job is under way and was not observed for a while, the longest first, at most `limit` of them. */
  watchedRuns(now: Date, limit: number, signal: AbortSignal): Promise<Run[]>;
  /** Postpones the next watch of a run; unless it has moved on. */
  watchAgain(run: Run, at: Date, signal: AbortSignal): Promise<void>;
  /** Finds the run and generation that a job name belongs to. Reads may lag behind the claim by a moment. */
  runOfJob(
    jobName: string,
    signal: AbortSignal,
  ): Promise<{ readonly run: RunKey; readonly generation: number } | undefined>;
  /** Reads the keys of the runs that are due by a time, the longest due first, at most `limit` of them. */
  dueRuns(until: Date, limit: number, signal: AbortSignal): Promise<DueRuns>;
};

export type DueRuns = {
  readonly runs: readonly { readonly run: RunKey; readonly evaluateAt: Date }[];
  /** Items that could not be read, by their partition key. */
  readonly unreadable: readonly string[];
};
