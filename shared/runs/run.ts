/** A run in the ledger: one feed at one set of captured values, in its newest generation. */
import type { RunKey } from '../feeds/run-key.ts';
import type { Progress } from '../jobs/progress.ts';

export type RunState = 'waiting' | 'claimed' | 'submitted' | 'running' | 'succeeded' | 'failed' | 'refused';

/**
 * The `SubmitJob` request of a run, with every placeholder filled in.
 *
 * It is frozen in the claim: another submission of it sends exactly this, although more arrived or was deployed meanwhile.
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

/** The right of one process to submit one request, until its lease ends. */
export type Claim = {
  /** New for each attempt. */
  readonly owner: string;
  /** When the run was first claimed in this generation; a takeover keeps it. */
  readonly claimedAt: Date;
  readonly leaseUntil: Date;
  readonly request: JobRequest;
  /** Why the request must not be sent: the process that finds the claim refuses the run. */
  readonly problem?: string;
  /** The first look-up after the lease that found no job, and by which process, since clocks differ. */
  readonly emptyLookup?: { readonly at: Date; readonly by: string };
};

/** The job of a run, as it was last seen. */
export type RunJob = {
  readonly id: string;
  readonly submittedAt: Date;
  /** How many have begun; what follows is of the newest. */
  readonly attempts?: number;
  readonly startedAt?: Date;
  readonly stoppedAt?: Date;
  readonly exitCode?: number;
  /** Why it failed, as Batch says it. */
  readonly reason?: string;
  /** How far the job said it was. */
  readonly progress?: Progress;
  /** Since when Batch does not know the job. */
  readonly unknownSince?: Date;
};

export type Run = {
  readonly key: RunKey;
  readonly generation: number;
  /** Counts the changes to the run's arrivals. A claim holds only for the revision it was decided on. */
  readonly revision: number;
  readonly state: RunState;
  /** How many objects, or successes of other runs, fill each slot. */
  readonly filled: ReadonlyMap<string, number>;
  readonly openedAt: Date;
  readonly claim?: Claim;
  readonly job?: RunJob;
  readonly refusal?: string;
  /** Set when files changed after the claim and the feed asks for a rerun: the next generation opens once this one has ended. */
  readonly rerunRequestedAt?: Date;
  /** When a run of a shadow feed was complete. It stays waiting: the old server does its work. */
  readonly wouldSubmitAt?: Date;
};

/** One object in S3 that came for a slot of a run. */
export type Arrival = {
  readonly slot: string;
  readonly bucket: string;
  readonly key: string;
  readonly etag: string;
  readonly sizeBytes: number;
  /** Whether it is large enough to count. */
  readonly fills: boolean;
};

/** The success of another feed's run, which fills a slot. */
export type Success = {
  readonly slot: string;
  readonly source: RunKey;
  /** Of the source. */
  readonly generation: number;
};

/** Names a run and generation on every log line, so that one search finds all of its story. */
export type RunName = { readonly feed: string; readonly run: string; readonly generation: number };
