/** Sends the runs that are due to be evaluated. */
import { SECOND_MS } from '../../shared/durations.ts';
import { runKeyId } from '../../shared/feeds/run-key.ts';
import { later } from '../../shared/instants.ts';
import type { Ledger } from '../../shared/runs/ledger.ts';
import type { SendRequests } from '../../shared/runs/touch-runs.ts';
import type { OpenedRun } from './open-runs.ts';

export type Ports = {
  readonly ledger: Pick<Ledger, 'dueRuns'>;
  readonly send: SendRequests;
  /** Reads how many messages wait in the queue. */
  readonly depth: (signal: AbortSignal) => Promise<number>;
  readonly now: () => Date;
};

export type SentRuns = {
  readonly sent: number;
  /** Items that could not be read. */
  readonly unreadable: readonly string[];
};

/** The next tick comes after a minute, and may be late. */
const AHEAD_MS = 75 * SECOND_MS;

/** More messages would only wait behind each other, and those of the next tick behind them. */
const MOST_WAITING = 1_000;

/**
 * Makes the function that sends every run that is due within the next 75 s, with the delay that is left, the longest due first.
 *
 * @returns a function that also takes runs which were opened a moment ago: the index may lag behind
 */
export const createSendDueRuns =
  ({ ledger, send, depth, now }: Ports) =>
  async (opened: readonly OpenedRun[], signal: AbortSignal): Promise<SentRuns> => {
    const free = MOST_WAITING - (await depth(signal));
    if (free <= 0) {
      return { sent: 0, unreadable: [] };
    }
    const { runs, unreadable } = await ledger.dueRuns(later(now(), AHEAD_MS), free, signal);
    const at = now().getTime();
    const all = new Map([...runs, ...opened].map((one) => [runKeyId(one.run), one]));
    await send(
      [...all.values()].map(({ run, evaluateAt }) => ({ run, delayMs: Math.max(0, evaluateAt.getTime() - at) })),
      signal,
    );
    return { sent: all.size, unreadable };
  };
