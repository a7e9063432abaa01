/** Touches runs: notes that there may be news of them, and has them evaluated. */
import type { Feed } from '../feeds/feed.ts';
import { type RunKey, runKeyId } from '../feeds/run-key.ts';
import { hasExactKey } from '../feeds/slot-keys.ts';
import { processItems } from '../process-items.ts';
import type { EvaluateRun } from './evaluate-run.ts';
import type { Ledger, Touched } from './ledger.ts';
import type { Outcome } from './outcome.ts';

/** A message that has a run evaluated, after a delay. */
export type EvaluationRequest = { readonly run: RunKey; readonly delayMs: number };

/** Sends requests to the queue `runs`. What is lost, the next tick finds: a run stays due. */
export type SendRequests = (requests: readonly EvaluationRequest[], signal: AbortSignal) => Promise<void>;

export type Ports = {
  readonly ledger: Pick<Ledger, 'touch'>;
  readonly send: SendRequests;
  readonly now: () => Date;
};

/** What became of the touches; `failed` names the runs that were not touched, so that their trigger comes again. */
export type TouchedRuns = {
  readonly touched: readonly Touched[];
  readonly failed: readonly { readonly item: RunKey; readonly error: unknown }[];
  /** The requests could not be sent; the tick finds the runs. */
  readonly unsent?: unknown;
};

export type TouchRuns = (runs: readonly RunKey[], signal: AbortSignal) => Promise<TouchedRuns>;

const CONCURRENCY = 20;

const delayOf = ({ notBefore }: Touched['run'], now: Date): number =>
  Math.max(0, (notBefore?.getTime() ?? 0) - now.getTime());

/** Makes the function that touches runs, each once, and sends a request for each that this made due. */
export const createTouchRuns =
  ({ ledger, send, now }: Ports, isSent: (touched: Touched) => boolean = ({ isFirst }) => isFirst): TouchRuns =>
  async (runs, signal) => {
    const distinct = [...new Map(runs.map((run) => [runKeyId(run), run])).values()];
    const { done, failed } = await processItems(distinct, (run) => ledger.touch(run, now(), signal), {
      concurrency: CONCURRENCY,
    });
    const requests = done
      .filter(isSent)
      .map(({ run }): EvaluationRequest => ({ run: run.key, delayMs: delayOf(run, now()) }));
    try {
      if (requests.length > 0) {
        await send(requests, signal);
      }
      return { touched: done, failed };
    } catch (unsent) {
      return { touched: done, failed, unsent };
    }
  };

/** Returns whether a run is evaluated by the function that touches it: it has no listing to read. */
export const isEvaluatedAtOnce = (feed: Feed | undefined): boolean =>
  feed?.slots.every((slot) => slot.kind !== 'files' || hasExactKey(feed, slot)) === true;

export type TouchAndEvaluate = (
  runs: readonly RunKey[],
  signal: AbortSignal,
  /** Called when every run is touched, before any is evaluated. */
  onTouched?: (touched: TouchedRuns) => void,
) => Promise<TouchedRuns & { readonly outcomes: readonly Outcome[] }>;

/**
 * Makes the function that touches runs, evaluates those of exact keys at once, and sends requests for the others.
 *
 * A failing evaluation is an outcome: the run stays due, and its trigger need not come again.
 */
export const createTouchAndEvaluate = (
  ports: Ports & { readonly evaluateRun: EvaluateRun },
  feeds: ReadonlyMap<string, Feed>,
): TouchAndEvaluate => {
  const isAtOnce = ({ run }: Touched) => isEvaluatedAtOnce(feeds.get(run.key.feed));
  const touchRuns = createTouchRuns(ports, (touched) => touched.isFirst && !isAtOnce(touched));

  return async (runs, signal, onTouched) => {
    const result = await touchRuns(runs, signal);
    onTouched?.(result);
    const { done: outcomes } = await processItems(
      result.touched.filter(isAtOnce),
      ({ run }) => ports.evaluateRun(run.key, { touched: run }, signal),
      { concurrency: CONCURRENCY },
    );
    return { ...result, outcomes };
  };
};
