/** The outcome of one tick for one logical cluster. */
import { CallsExhausted } from '../../shared/clusters/call-budget.ts';
import { toError } from '../../shared/to-error.ts';
import type { Omitted } from './sources.ts';
import type { Span } from './windows.ts';

export type Outcome =
  /** Its windows are published, and its watermark has moved. */
  | (Span & {
      readonly kind: 'published';
      readonly name: string;
      readonly windows: number;
      readonly clusters: number;
      readonly nodes: number;
      /** The metrics beyond the number that the configuration allows to read. */
      readonly omitted: Omitted;
    })
  /** EMR allows no more calls for now; the next tick continues. */
  | { readonly kind: 'deferred'; readonly name: string; readonly reason: string }
  /** An error; the next tick tries again. */
  | { readonly kind: 'failed'; readonly name: string; readonly error: Error }
  /** Windows that CloudWatch no longer accepts, since they are two weeks old. */
  | (Span & { readonly kind: 'expired'; readonly name: string })
  /** Its name equals another in CloudWatch, and the other has the metrics. */
  | { readonly kind: 'collided'; readonly name: string; readonly dimension: string; readonly kept: string }
  /** There are more names than the configuration allows. */
  | { readonly kind: 'overLimit'; readonly name: string; readonly maxNames: number }
  /** The roster could not be saved; the next tick finds the clusters again. */
  | { readonly kind: 'rosterNotSaved'; readonly error: Error };

/** Classifies an error of a name: exhausted call rates only defer it. */
export const failureOf = (name: string, thrown: unknown): Outcome =>
  thrown instanceof CallsExhausted
    ? { kind: 'deferred', name, reason: thrown.message }
    : { kind: 'failed', name, error: toError(thrown) };
