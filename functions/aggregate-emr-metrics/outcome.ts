/** What became of one logical cluster in one tick. */

import { CallsExhausted } from '../../shared/clusters/call-budget.ts';
import { toError } from '../../shared/to-error.ts';
import type { LeftOut } from './sources.ts';
import type { Span } from './windows.ts';

export type Outcome =
  /** Its windows are published, and its watermark has moved on. */
  | (Span & {
      readonly kind: 'published';
      readonly name: string;
      readonly windows: number;
      readonly clusters: number;
      readonly nodes: number;
      /** What would have gone beyond what the configuration lets be read. */
      readonly leftOut: LeftOut;
    })
  /** EMR could not be asked all that it takes; the next tick goes on. */
  | { readonly kind: 'deferred'; readonly name: string; readonly reason: string }
  /** Something is wrong; the next tick tries again. */
  | { readonly kind: 'failed'; readonly name: string; readonly error: Error }
  /** Windows that CloudWatch takes no more, since they are two weeks old. */
  | (Span & { readonly kind: 'gaveUp'; readonly name: string })
  /** CloudWatch could not tell its name from another, which has the metrics. */
  | { readonly kind: 'collided'; readonly name: string; readonly dimension: string; readonly kept: string }
  /** There are more names than the configuration allows. */
  | { readonly kind: 'overLimit'; readonly name: string; readonly maxNames: number }
  /** What was found out about clusters could not be kept; the next tick finds it out again. */
  | { readonly kind: 'rosterNotSaved'; readonly error: Error };

/** Tells what an error means for a name: EMR being out of reach for now is none of its doing. */
export const failureOf = (name: string, thrown: unknown): Outcome =>
  thrown instanceof CallsExhausted
    ? { kind: 'deferred', name, reason: thrown.message }
    : { kind: 'failed', name, error: toError(thrown) };
