/** Executes the plan of a replay, one run after another. */
import type { Feed } from '../../shared/feeds/feed.ts';
import { runKeyId } from '../../shared/feeds/run-key.ts';
import type { Pace } from '../../shared/pace.ts';
import type { Ledger } from '../../shared/runs/ledger.ts';
import type { Outcome } from '../../shared/runs/outcome.ts';
import type { RunState } from '../../shared/runs/run.ts';
import type { SettleRun } from '../../shared/runs/settle-run.ts';
import type { PlannedRun } from './plan.ts';

export type Ports = {
  readonly ledger: Pick<Ledger, 'openNextGeneration'>;
  readonly settleRun: SettleRun;
  readonly pace: Pace;
  readonly now: () => Date;
  /** Is called after each run. */
  readonly onResult: (done: number) => void;
};

/** The outcome of settling a run, or `changed` when the plan no longer fits it. */
export type Result = {
  readonly run: string;
  readonly kind: Outcome['kind'] | 'changed';
  readonly jobId?: string;
  readonly said?: string;
};

/** Longer than all attempts to submit one run take. */
const RUN_TIMEOUT_MS = 60_000;

const UNSUBMITTED: readonly RunState[] = ['waiting', 'refused'];

const resultOf = (run: string, outcome: Outcome): Result => {
  switch (outcome.kind) {
    case 'submitted':
      return { run, kind: outcome.kind, jobId: outcome.jobId };
    case 'refused':
      return { run, kind: outcome.kind, said: outcome.reason };
    case 'unsent':
    case 'failed':
      return { run, kind: outcome.kind, said: outcome.error.message };
    case 'settled':
      // Another process was faster, but did not necessarily submit the job.
      return UNSUBMITTED.includes(outcome.state)
        ? { run, kind: 'changed', said: `it is now ${outcome.state}` }
        : { run, kind: outcome.kind };
    default:
      return { run, kind: outcome.kind };
  }
};

/** Tells whether the job of a run is submitted. */
export const isDone = ({ kind }: Result): boolean => kind === 'submitted' || kind === 'settled';

/**
 * Makes the function that executes a plan.
 *
 * @returns a function that finishes the current run when the signal is aborted, so that no claim is
 * left behind, and starts no other
 */
export const createExecutePlan = ({ ledger, settleRun, pace, now, onResult }: Ports) => {
  const replayRun = async (feed: Feed, { run, act }: PlannedRun): Promise<Result> => {
    const name = runKeyId(run.key);
    const signal = AbortSignal.timeout(RUN_TIMEOUT_MS);
    try {
      const opens = act === 'reopen' || act === 'rerun';
      if (opens && !(await ledger.openNextGeneration(run, now(), signal))) {
        return { run: name, kind: 'changed', said: 'it has changed since the plan was made' };
      }
      return resultOf(name, await settleRun(run.key, feed, signal));
    } catch (error) {
      return { run: name, kind: 'failed', said: error instanceof Error ? error.message : String(error) };
    }
  };

  return async (feed: Feed, plan: readonly PlannedRun[], signal: AbortSignal): Promise<Result[]> => {
    const results: Result[] = [];
    for (const planned of plan) {
      await pace();
      if (signal.aborted) {
        break;
      }
      results.push(await replayRun(feed, planned));
      onResult(results.length);
    }
    return results;
  };
};
