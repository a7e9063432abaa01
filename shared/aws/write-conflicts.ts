/** Repeats a write that conflicts with another write to the same item. The SDK does not do this. */
import { setTimeout as sleep } from 'node:timers/promises';
import { TransactionCanceledException, TransactionConflictException } from '@aws-sdk/client-dynamodb';

/** Many files of one run may arrive at once, and then their transactions conflict. */
const MAX_TRIES = 10;
const BACKOFF_MS = 40;
const MAX_BACKOFF_MS = 2_000;

const PASSING = ['None', 'TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'];

/** Tells whether a write was not made for a temporary reason. */
const isPassing = (error: unknown): boolean =>
  error instanceof TransactionConflictException ||
  (error instanceof TransactionCanceledException &&
    (error.CancellationReasons ?? []).every(({ Code }) => Code === undefined || PASSING.includes(Code)));

/**
 * Makes a write, and repeats it with a backoff while it conflicts with others.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling
 */
export const retryConflicts = async <Output>(write: () => Promise<Output>, signal: AbortSignal): Promise<Output> => {
  for (let tried = 1; ; tried += 1) {
    try {
      return await write();
    } catch (error) {
      if (!isPassing(error) || tried >= MAX_TRIES) {
        throw error;
      }
      const ceilingMs = Math.min(MAX_BACKOFF_MS, BACKOFF_MS * 2 ** tried);
      await sleep(Math.random() * ceilingMs, undefined, { signal });
    }
  }
};
