/** The outcome of an arrival, or of another look at a run. */
import type { RunName, RunState } from './run.ts';
import type { MissingSlot } from './state-machine.ts';

export type Outcome =
  /** No feed waits for the object, or it was gone again before it could be recorded. */
  | {
      readonly kind: 'skipped';
      readonly bucket: string;
      readonly key: string;
      readonly reason: 'no feed' | 'object gone';
    }
  | (RunName & {
      readonly kind: 'waiting';
      readonly missing: readonly MissingSlot[];
      /** When nothing will be missing any longer, where only times are: somebody looks again then. */
      readonly until?: Date;
    })
  /** The run of a shadow feed is complete. */
  | (RunName & {
      readonly kind: 'would submit';
      readonly jobName: string;
      readonly queue: string;
      readonly definition: string;
      /** Why Batch must not or would not get it. */
      readonly problem?: string;
    })
  | (RunName & {
      readonly kind: 'submitted';
      readonly jobId: string;
      readonly jobName: string;
      readonly queue: string;
      /** Whether the job was there already, after an answer had been lost. */
      readonly adopted: boolean;
    })
  /** Nothing is left to do: the run was submitted before. */
  | (RunName & { readonly kind: 'settled'; readonly state: RunState })
  | (RunName & { readonly kind: 'refused'; readonly reason: string })
  /** The claim is older than Batch remembers: a person has to tell whether the job ran. */
  | (RunName & { readonly kind: 'lost'; readonly jobName: string })
  /** Another handler has claimed the run and was not done yet. */
  | (RunName & { readonly kind: 'claimed elsewhere'; readonly leaseUntil: string })
  /** Batch did not take the request; the claim is released. */
  | (RunName & { readonly kind: 'unsent'; readonly error: Error })
  /** There may be a job or not; the claim is kept until its lease ends. */
  | (RunName & { readonly kind: 'unconfirmed'; readonly jobName: string; readonly error?: Error })
  /** The run kept changing under every try, or a dependency failed: perhaps the one that knows the generation. */
  | {
      readonly kind: 'failed';
      readonly feed: string;
      readonly run: string;
      readonly generation?: number;
      readonly error: Error;
    };

const UNFINISHED: readonly Outcome['kind'][] = ['claimed elsewhere', 'unsent', 'unconfirmed', 'failed'];

/** Tells whether the arrival has to come back, since no other process is known to finish the run. */
export const isUnfinished = ({ kind }: Outcome): boolean => UNFINISHED.includes(kind);

/** Something that happened on the way to an outcome: a line in the story of a run. */
export type Step = RunName &
  (
    | { readonly kind: 'claimed'; readonly jobName: string; readonly owner: string; readonly leaseUntil: string }
    | { readonly kind: 'answer lost'; readonly jobName: string; readonly error: Error }
    | { readonly kind: 'not found'; readonly jobName: string; readonly resubmit: boolean }
    | { readonly kind: 'taken over'; readonly jobName: string; readonly owner: string; readonly from: string }
    | { readonly kind: 'generation opened' }
    | { readonly kind: 'two jobs'; readonly jobIds: readonly string[] }
    | { readonly kind: 'overwritten'; readonly key: string; readonly policy: string }
    /** A run that fills a slot succeeded again, or late. */
    | {
        readonly kind: 'source ran again';
        readonly source: string;
        readonly sourceGeneration: number;
        readonly policy: string;
      }
    /** A run failed, and these wait for it. */
    | { readonly kind: 'holds'; readonly held: readonly string[] }
  );
