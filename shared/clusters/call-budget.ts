/**
 * Limits the calls of EMR.
 *
 * EMR's call rates are token buckets that all callers in the account and Region share, for example
 * a deployment that starts a cluster. This budget uses at most half of each, burst and refill.
 *
 * @see https://docs.aws.amazon.com/general/latest/gr/emr.html
 */
import type { Admit, EmrOperation } from './directory.ts';

type Limit = { readonly burst: number; readonly perSecond: number };

/** The default limits of EMR. */
const EMR_LIMITS: Readonly<Record<EmrOperation | 'all', Limit>> = {
  all: { burst: 25, perSecond: 5 },
  DescribeCluster: { burst: 10, perSecond: 1 },
  ListClusters: { burst: 20, perSecond: 0.5 },
  ListInstanceFleets: { burst: 5, perSecond: 0.5 },
  ListInstanceGroups: { burst: 10, perSecond: 1 },
  ListInstances: { burst: 10, perSecond: 0.5 },
};

const SHARE = 0.5;

const MS_A_SECOND = 1_000;

/**
 * Thrown when no more calls are allowed for now: the time is used up, or EMR throttles.
 *
 * The caller defers the work that needs the answer.
 */
export class CallsExhausted extends Error {
  override name = 'CallsExhausted' as const;
}

type Bucket = { tokens: number; filledAt: number };

export type CallBudgetPorts = {
  readonly now: () => Date;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
};

export type CallBudget = {
  /** Admits calls until the deadline. Tokens that were spent before stay spent. */
  open(deadline: Date): void;
  /** Admits no call until the budget is opened again, since EMR throttles. */
  close(): void;
  readonly admit: Admit;
};

/**
 * Makes a budget. Keep it across invocations.
 *
 * @returns `admit`, which waits until a call is within the limits, and rejects with {@link
 * CallsExhausted} when that would be after the deadline
 */
export const createCallBudget = ({ now, sleep }: CallBudgetPorts): CallBudget => {
  const buckets = new Map<string, Bucket>();
  let deadlineMs = Number.NEGATIVE_INFINITY;

  const bucketOf = (name: EmrOperation | 'all', atMs: number): Bucket => {
    const limit = EMR_LIMITS[name];
    const burst = Math.max(1, limit.burst * SHARE);
    const bucket = buckets.get(name) ?? { tokens: burst, filledAt: atMs };
    const refill = (Math.max(0, atMs - bucket.filledAt) / MS_A_SECOND) * limit.perSecond * SHARE;
    const filled = { tokens: Math.min(burst, bucket.tokens + refill), filledAt: Math.max(atMs, bucket.filledAt) };
    buckets.set(name, filled);
    return filled;
  };

  const waitMs = (name: EmrOperation | 'all', { tokens }: Bucket): number =>
    tokens >= 1 ? 0 : Math.ceil(((1 - tokens) / (EMR_LIMITS[name].perSecond * SHARE)) * MS_A_SECOND);

  return {
    open: (deadline) => {
      deadlineMs = deadline.getTime();
    },
    close: () => {
      deadlineMs = Number.NEGATIVE_INFINITY;
    },
    admit: async (operation, signal) => {
      for (;;) {
        const atMs = now().getTime();
        const own = bucketOf(operation, atMs);
        const all = bucketOf('all', atMs);
        const wait = Math.max(waitMs(operation, own), waitMs('all', all));
        if (atMs + wait > deadlineMs) {
          throw new CallsExhausted(`No time for ${operation}: EMR's call rates are used up`);
        }
        if (wait === 0) {
          own.tokens -= 1;
          all.tokens -= 1;
          return;
        }
        await sleep(wait, signal);
      }
    },
  };
};
