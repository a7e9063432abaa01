/** What an evaluation of a run came to. */

import type { MissingSlot } from './observe-run.ts';
import type { RunName, RunState } from './run.ts';

export type Outcome =
  | (RunName & {
      readonly kind: 'waiting';
      readonly missing: readonly MissingSlot[];
      /** When nothing will be missing any longer, where only times are. */
      readonly until?: Date;
    })
  /** S3 changed during the evaluation, a marker is very young, or a delivery has to be quiet first. */
  | (RunName & { readonly kind: 'unsteady'; readonly until: Date })
  /** S3 could not be asked, which is not "missing". */
  | (RunName & { readonly kind: 'unasked'; readonly bucket: string; readonly reason: string })
  /** A person has paused the feed. */
  | (RunName & { readonly kind: 'paused' })
  /** The run belongs to a burst that waits for a person. */
  | (RunName & { readonly kind: 'held' })
  | (RunName & { readonly kind: 'out of range'; readonly from?: Date })
  /** The feed of the run is not configured any more. */
  | (RunName & { readonly kind: 'no feed' })
  /** The run of a shadow feed is complete. */
  | (RunName & {
      readonly kind: 'shadow';
      readonly jobName: string;
      readonly queue: string;
      readonly definition: string;
      /** Why Batch must not or would not accept it. */
      readonly problem?: string;
    })
  | (RunName & {
      readonly kind: 'submitted';
      readonly jobId: string;
      readonly jobName: string;
      readonly queue: string;
      /** How many files the job was given. */
      readonly files: number;
      /** The job was there already, after an answer had been lost. */
      readonly adopted: boolean;
      /** No event, but a search or a timer led to the evaluation. */
      readonly unannounced: boolean;
    })
  /** Something changed after the claim. `waitsFor` says what the next generation waits for, where one follows. */
  | (RunName & {
      readonly kind: 'changed';
      readonly changed: readonly string[];
      readonly policy: 'alert' | 'rerun';
      readonly waitsFor?: 'files' | 'job' | 'marker' | 'quiet';
    })
  /** There is nothing to do. */
  | (RunName & { readonly kind: 'settled'; readonly state: RunState })
  /** The run is due later, or is being evaluated by another process. */
  | (RunName & { readonly kind: 'not due' })
  | (RunName & { readonly kind: 'refused'; readonly reason: string })
  /** The permission to submit is missing, which may pass shortly after a deployment. */
  | (RunName & { readonly kind: 'denied'; readonly reason: string })
  /** The claim is older than Batch remembers: a person has to decide whether the job ran. */
  | (RunName & { readonly kind: 'lost'; readonly jobName: string })
  | (RunName & { readonly kind: 'claimed elsewhere'; readonly leaseUntil: string })
  /** Batch did not accept the request; the claim was released. */
  | (RunName & { readonly kind: 'unsent'; readonly error: Error })
  /** There may be a job or not; the claim is kept until its lease ends. */
  | (RunName & { readonly kind: 'unconfirmed'; readonly jobName: string; readonly error?: Error })
  /** The run's item has a newer schema, or is damaged. */
  | { readonly kind: 'unreadable'; readonly feed: string; readonly run: string; readonly error: Error }
  /** A dependency failed. The run stays due. */
  | {
      readonly kind: 'failed';
      readonly feed: string;
      readonly run: string;
      readonly generation?: number;
      readonly error: Error;
    };

/** Something that happened on the way to an outcome. */
export type Step = RunName &
  (
    | {
        readonly kind: 'claimed';
        readonly jobName: string;
        readonly owner: string;
        readonly files: number;
        readonly leaseUntil: string;
      }
    | { readonly kind: 'answer lost'; readonly jobName: string; readonly error: Error }
    | { readonly kind: 'not found'; readonly jobName: string; readonly resubmit: boolean }
    | { readonly kind: 'taken over'; readonly jobName: string; readonly owner: string; readonly from: string }
    | { readonly kind: 'two jobs'; readonly jobIds: readonly string[] }
    /** The slots of the feed changed after the claim: what S3 holds under them is not a change. */
    | { readonly kind: 'other slots' }
    /** A run failed, and these wait for it. */
    | { readonly kind: 'blocks'; readonly waiting: readonly string[] }
  );
