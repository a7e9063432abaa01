/**
 * The port of the ledger. The adapter is `shared/aws/ledger.ts`.
 *
 * Every write is conditional on what it was decided on, so that of any number of writers one wins and the others learn it.
 */
import type { RunKey } from '../feeds/run-key.ts';
import type { Progress } from '../jobs/progress.ts';
import type { JobObservation, Standing } from './job-observation.ts';
import type { Arrival, Claim, Run, Success } from './run.ts';

/** The arrival that the table had before. */
export type KnownArrival = Pick<Arrival, 'etag' | 'sizeBytes' | 'fills'>;

export type Recorded =
  /** The arrival is new and counted. */
  | { readonly kind: 'recorded' }
  /** The key is known already, with this etag. */
  | { readonly kind: 'known'; readonly arrival: KnownArrival }
  /** The key is new, but the run has been claimed. */
  | { readonly kind: 'late' };

export type SuccessRecorded =
  /** The source is new and counted. */
  | { readonly kind: 'recorded' }
  /** The source is known already, with this generation. */
  | { readonly kind: 'known'; readonly generation: number }
  /** The source is new, but the run has been claimed. */
  | { readonly kind: 'late' };

export type RunRead = {
  readonly run: Run;
  /** The arrivals that count; `undefined` when they were not asked for. */
  readonly arrivals?: readonly Arrival[];
  /** Those that are too small to count, if there are any. */
  readonly tooSmall?: readonly Arrival[];
};

/** The standing of a sighting to its run, and the run now. */
export type JobRecorded = { readonly standing: Standing; readonly run: Run };

export type Ledger = {
  /** Puts an arrival if its key is not known, and counts it, in one transaction; while the run waits. */
  recordArrival(run: RunKey, arrival: Arrival, now: Date, signal: AbortSignal): Promise<Recorded>;
  /**
   * Replaces a known arrival, or adds a late one, in the state that the caller saw.
   *
   * @returns false when the run or the arrival has changed since
   */
  changeArrival(change: ArrivalChange, now: Date, signal: AbortSignal): Promise<boolean>;
  /**
   * Opens a run that is expected, if nothing is known of it.
   *
   * @returns whether this opened it
   */
  openRun(run: RunKey, now: Date, signal: AbortSignal): Promise<boolean>;
  /** Puts the success of another run if that run is not known as a source, and counts it, in one transaction; while the run waits. */
  fillSlot(run: RunKey, success: Success, now: Date, signal: AbortSignal): Promise<SuccessRecorded>;
  /**
   * Replaces the generation of a known source, or adds a late one, in the state that the caller saw.
   *
   * @returns false when the run or the source has changed since
   */
  changeSuccess(change: SuccessChange, now: Date, signal: AbortSignal): Promise<boolean>;
  /**
   * Notes that a shadow feed's run is complete, if that is new and nothing has arrived since `run` was read.
   *
   * @returns whether this noted it
   */
  noteWouldSubmit(run: Run, now: Date, signal: AbortSignal): Promise<boolean>;
  /** Reads a run consistently; `undefined` when nothing is known of it. */
  readRun(run: RunKey, signal: AbortSignal): Promise<Run | undefined>;
  /**
   * Reads a run and, if it is one that `wanted` asks for, the arrivals that its counts speak of.
   *
   * @remarks Small runs take one request. Of a run of 10,000 files only the first page is read until it is complete.
   */
  readRunWithArrivals(run: RunKey, wanted: (run: Run) => boolean, signal: AbortSignal): Promise<RunRead | undefined>;
  /** `waiting -> claimed`, with the job-name item, if nothing has arrived since `run` was read. */
  claim(run: Run, claim: Claim, signal: AbortSignal): Promise<boolean>;
  /** Takes an expired claim over from its owner. */
  takeOver(run: Run, claim: Claim, signal: AbortSignal): Promise<boolean>;
  /** `claimed -> waiting`, by the owner: Batch certainly has no job. */
  release(run: Run, claim: Claim, now: Date, signal: AbortSignal): Promise<void>;
  /** Notes that a look-up after the lease found no job. */
  noteEmptyLookup(run: Run, claim: Claim, at: Date, by: string, signal: AbortSignal): Promise<void>;
  /**
   * `claimed -> submitted`, by the owner.
   *
   * @returns the run now when the claim was no longer the owner's
   */
  recordSubmission(run: Run, claim: Claim, jobId: string, now: Date, signal: AbortSignal): Promise<'recorded' | Run>;
  /** `claimed -> refused`, by the owner. */
  recordRefusal(run: Run, claim: Claim, reason: string, signal: AbortSignal): Promise<void>;
  /**
   * Keeps a generation beside the run and opens the next.
   *
   * @returns false when the run has changed since it was read, or is in no state for it
   */
  openNextGeneration(run: Run, now: Date, signal: AbortSignal): Promise<boolean>;
  /**
   * Moves a run with its job, forward only; `claimed` takes the job that it did not know of yet.
   *
   * @returns `undefined` when the table has no run of this generation
   */
  recordJob(
    run: RunKey,
    generation: number,
    sighting: JobObservation,
    now: Date,
    signal: AbortSignal,
  ): Promise<JobRecorded | undefined>;
  /** Keeps how far a running job says it is; unless the run has moved on. */
  recordProgress(run: Run, progress: Progress, signal: AbortSignal): Promise<void>;
  /** Notes that Batch does not know the job of a run, if that is new; whatever is seen of the job takes the note away. */
  noteUnknownJob(run: Run, now: Date, signal: AbortSignal): Promise<void>;
  /** Reads the runs whose job is under way and has not been heard of for a while, the longest first, at most `limit` of them. */
  watchedRuns(now: Date, limit: number, signal: AbortSignal): Promise<Run[]>;
  /** Says when an unsettled or watched run is to be looked at again, `never` if it is settled; unless it has changed. */
  revisit(run: Run, at: Date | 'never', signal: AbortSignal): Promise<void>;
  /** Finds the run and generation that a job name belongs to. */
  runOfJob(
    jobName: string,
    signal: AbortSignal,
  ): Promise<{ readonly run: RunKey; readonly generation: number } | undefined>;
  /** Reads the runs that may have been left half done, the longest waiting first, at most `limit` of them. */
  unsettledRuns(now: Date, limit: number, signal: AbortSignal): Promise<Run[]>;
};

export type ArrivalChange = {
  readonly run: Run;
  readonly arrival: Arrival;
  /** The arrival that is replaced; `undefined` for a late one. */
  readonly replaces?: KnownArrival;
  readonly requestRerun: boolean;
};

export type SuccessChange = {
  readonly run: Run;
  readonly success: Success;
  /** The generation that is replaced; `undefined` for a late source. */
  readonly replaces?: number;
  readonly requestRerun: boolean;
};
