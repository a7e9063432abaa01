/** Carries a plan out, one run after another. */
import type { Feed } from '../../shared/feeds/feed.ts';
import { runKeyId } from '../../shared/feeds/run-key.ts';
import type { Pace } from '../../shared/pace.ts';
import type { Ledger } from '../../shared/runs/ledger.ts';
import type { Outcome } from '../../shared/runs/outcome.ts';
import type { RunState } from '../../shared/runs/run.ts';
import type { SettleRun } from '../../shared/runs/settle-run.ts';
import type { Planned } from './plan.ts';

export type Ports = {
  readonly ledger: Pick<Ledger, 'openNextGeneration'>;
  readonly settleRun: SettleRun;
  readonly pace: Pace;
  readonly now: () => Date;
  readonly onResult: (result: Result, index: number) => void;
};

/** What became of a run; `kind` is that of the outcome, or says that it was left alone. */
export type Result = {
  readonly run: string;
  readonly kind: Outcome['kind'] | 'changed';
  readonly jobId?: string;
  readonly said?: string;
};

/** Longer than all tries of one run take. */
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
      // Somebody else was faster, and may have come no further than this.
      return UNSUBMITTED.includes(outcome.state)
        ? { run, kind: 'changed', said: `it is ${outcome.state} by now` }
        : { run, kind: outcome.kind };
    default:
      return { run, kind: outcome.kind };
  }
};

/** Tells whether a run was brought to where it should be. */
export const isDone = ({ kind }: Result): boolean => kind === 'submitted' || kind === 'settled';

/**
 * Makes the function that carries a plan out.
 *
 * @returns a function that begins no run once the signal is aborted, and ends the one that it has begun: a claim is not left behind
 */
export const createCarryOut =
  ({ ledger, settleRun, pace, now, onResult }: Ports) =>
  async (feed: Feed, plan: readonly Planned[], signal: AbortSignal): Promise<Result[]> => {
    const one = async ({ run, act }: Planned): Promise<Result> => {
      const name = runKeyId(run.key);
      const own = AbortSignal.timeout(RUN_TIMEOUT_MS);
      try {
        const opens = act === 'reopen' || act === 'rerun';
        if (opens && !(await ledger.openNextGeneration(run, now(), own))) {
          return { run: name, kind: 'changed', said: 'it has changed since it was looked at' };
        }
        return resultOf(name, await settleRun(run.key, feed, own));
      } catch (error) {
        return { run: name, kind: 'failed', said: error instanceof Error ? error.message : String(error) };
      }
    };

    const results: Result[] = [];
    for (const planned of plan) {
      await pace();
      if (signal.aborted) {
        break;
      }
      const result = await one(planned);
      results.push(result);
      onResult(result, results.length);
    }
    return results;
  };
