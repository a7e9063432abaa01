/** The outcome of an event. */

export type Outcome =
  /** The failure has a notification of its own. */
  | {
      readonly kind: 'notified';
      readonly jobId: string;
      readonly jobName: string;
      readonly queue: string;
      readonly feed: string | undefined;
      readonly reason: string;
    }
  /** The event came again, after the notification. */
  | { readonly kind: 'known'; readonly jobId: string }
  /** Another notification counts the failure. */
  | {
      readonly kind: 'folded';
      readonly into: 'array' | 'cascade' | 'burst';
      readonly key: string;
      readonly count: number;
    }
  | { readonly kind: 'blocked'; readonly jobId: string; readonly queue: string; readonly reason: string }
  /** The job that blocked its queue is no longer RUNNABLE. */
  | { readonly kind: 'moved on'; readonly jobId: string; readonly queue: string; readonly status: string }
  /** An event with another status than FAILED. */
  | { readonly kind: 'not failed'; readonly jobId: string; readonly status: string };

/** The outcomes of a part of the batch, and its failed items. */
export type Results<Origin> = {
  readonly outcomes: readonly Outcome[];
  readonly failed: readonly { readonly item: Origin; readonly error: unknown }[];
};
