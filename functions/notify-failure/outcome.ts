/** What became of an event. */

export type Outcome =
  /** A person was told of it, or is about to be. */
  | {
      readonly kind: 'notified';
      readonly jobId: string;
      readonly jobName: string;
      readonly queue: string;
      readonly feed: string | undefined;
      readonly reason: string;
    }
  /** People know already: the event came again. */
  | { readonly kind: 'known'; readonly jobId: string }
  /** It has no message of its own: another one counts it. */
  | {
      readonly kind: 'folded';
      readonly into: 'array' | 'cascade' | 'burst';
      readonly key: string;
      readonly count: number;
    }
  | { readonly kind: 'blocked'; readonly jobId: string; readonly queue: string; readonly reason: string }
  /** The job that blocked its queue has moved on since. */
  | { readonly kind: 'moved on'; readonly jobId: string; readonly queue: string; readonly status: string }
  /** An event of another status than FAILED. */
  | { readonly kind: 'not failed'; readonly jobId: string; readonly status: string };

/** What became of some items of work: the outcomes, and what could not be done with where it came from. */
export type Results<Origin> = {
  readonly outcomes: readonly Outcome[];
  readonly failed: readonly { readonly item: Origin; readonly error: unknown }[];
};
