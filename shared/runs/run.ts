/** What the ledger knows of a run: one feed at one set of captured values, in its newest generation. */
import type { RunKey } from '../feeds/run-key.ts';
import type { Progress } from '../jobs/progress.ts';

export type RunState = 'waiting' | 'claimed' | 'submitted' | 'running' | 'succeeded' | 'failed' | 'refused';

/**
 * The `SubmitJob` request of a run, with every placeholder filled in.
 *
 * It is frozen at the claim: a retry sends exactly this, whatever arrived or was deployed meanwhile.
 */
export type JobRequest = {
  readonly jobName: string;
  readonly jobQueue: string;
  readonly jobDefinition: string;
  readonly parameters?: Record<string, string>;
  readonly containerOverrides?: {
    readonly command?: string[];
    readonly environment?: { readonly name: string; readonly value: string }[];
    readonly resourceRequirements?: { readonly type: 'VCPU' | 'MEMORY' | 'GPU'; readonly value: string }[];
  };
  readonly arrayProperties?: { readonly size: number };
  readonly timeout?: { readonly attemptDurationSeconds: number };
  readonly retryStrategy?: {
    readonly attempts: number;
    readonly evaluateOnExit?: {
      readonly action: 'RETRY' | 'EXIT';
      readonly onStatusReason?: string;
      readonly onReason?: string;
      readonly onExitCode?: string;
    }[];
  };
  readonly shareIdentifier?: string;
  readonly schedulingPriorityOverride?: number;
  readonly tags?: Record<string, string>;
  readonly propagateTags?: boolean;
};

/** The right to submit the job of a run, until a time. */
export type Claim = {
  /** New for each attempt. */
  readonly owner: string;
  /** When the generation was first claimed; a takeover keeps it. */
  readonly claimedAt: Date;
  readonly leaseUntil: Date;
  readonly jobName: string;
  readonly queue: string;
  readonly definition: string;
  /** The first look-up after the lease that found no job, and the process that made it, since clocks differ. */
  readonly emptyLookup?: { readonly at: Date; readonly by: string };
};

/** Where the frozen request and the files of a generation lie: in the run item while they are small, else in the suite's bucket. */
export type DocumentPlace =
  | { readonly kind: 'inline'; readonly data: Uint8Array }
  | { readonly kind: 'stored'; readonly key: string };

/** What is known of a run's job. */
export type RunJob = {
  readonly id: string;
  readonly submittedAt: Date;
  /** How many attempts have begun; the fields below are of the newest. */
  readonly attempts?: number;
  readonly startedAt?: Date;
  readonly stoppedAt?: Date;
  readonly exitCode?: number;
  /** Why it failed, in the words of Batch, redacted. */
  readonly reason?: string;
  /** How far the job said it was. */
  readonly progress?: Progress;
  /** Since when Batch does not know the job. */
  readonly unknownSince?: Date;
};

/** The digests of the listing that was dealt with last, of the slots under which it was made, and of the changes in it that were reported. */
export type Judged = { readonly listing: string; readonly slots: string; readonly changes?: string };

export type Run = {
  readonly key: RunKey;
  readonly generation: number;
  readonly state: RunState;
  readonly openedAt: Date;
  /** Counts the touches. A due time is postponed only if no touch came meanwhile. */
  readonly touched: number;
  /** Counts the claims, so that a released claim is not taken with an older listing. */
  readonly attempt: number;
  /** When the run is evaluated next; absent while nothing but a touch could change it. */
  readonly evaluateAt?: Date;
  /** An evaluation before this time would only repeat the last one: large listings are paced. */
  readonly notBefore?: Date;
  readonly judged?: Judged;
  /** The value of `touched` at the last evaluation that came to a result. */
  readonly comparedTouch?: number;
  /** The digest of the last listing, and when the evaluation that first saw it had ended. */
  readonly lastListing?: { readonly digest: string; readonly since: Date };
  /** Since when there are changes that the marker does not cover. */
  readonly changedAt?: Date;
  readonly document?: DocumentPlace;
  /** How many files the job of the newest generation was given, or would have been. */
  readonly fileCount?: number;
  /** The manifest object of the newest generation, where there is one. */
  readonly manifestKey?: string;
  readonly claim?: Claim;
  readonly job?: RunJob;
  readonly refusal?: string;
  /** The newest generation that succeeded, which may be an earlier one. */
  readonly succeededGeneration?: number;
  /** When a run of a shadow feed was complete. It stays as it is, since another system does its work. */
  readonly shadowAt?: Date;
  /** Since when the run is one of a burst that waits for a person. */
  readonly heldAt?: Date;
  /** A person let this run out of a burst. */
  readonly isReleased?: boolean;
  /** Since when S3 could not be asked. */
  readonly unaskedAt?: Date;
  /** What a person asked for: `again` the next generation, `drop` to take what is there as dealt with. */
  readonly asked?: 'again' | 'drop';
};

/** Names a run and generation on every log line, so that one search finds everything that happened to it. */
export type RunName = { readonly feed: string; readonly run: string; readonly generation: number };
