/** Makes the handler of a queue: only the records that fail come back. */
import type { MiddyfiedHandler } from '@middy/core';
import { type ProcessOptions, processItems } from '../process-items.ts';
import { logger } from '../telemetry/logger.ts';
import { count } from '../telemetry/metrics.ts';
import { outOfTime, untilAborted, withMiddleware } from './lambda.ts';
import { NotYetError, type QueueRecord, queueRecords } from './queue-records.ts';

/** A record of the batch, read. Only its first mark counts. */
export type BatchRecord<Item> = {
  readonly item: Item;
  /**
   * Marks the record as done: it does not come back, even if the rest of the batch fails or runs
   * out of time.
   */
  readonly done: () => void;
  /** Marks the record as failed: it comes back. */
  readonly fail: (error: unknown) => void;
};

type QueueHandling<Item> = {
  /**
   * Reads the event of a record, and the name of the queue that it came from.
   *
   * @throws Error that names the field that is missing or wrong: this record fails, the others are
   * handled
   */
  readonly read: (event: unknown, queue?: string) => Item;
  /**
   * Handles all records of the batch that could be read. When it returns, a record without a mark
   * is done; when it throws, a record without a mark has failed.
   */
  readonly handle: (batch: readonly BatchRecord<Item>[], signal: AbortSignal) => Promise<void>;
  /** The log message of a record that failed. */
  readonly failed: string;
};

type BatchAnswer = { readonly batchItemFailures: { readonly itemIdentifier: string }[] };

type Failure = Pick<QueueRecord, 'messageId'> & { readonly error: unknown };

/** Keeps which records of a batch are done, and why the others failed. */
const openBatch = (records: readonly QueueRecord[]) => {
  const open = new Set(records);
  const errors = new Map<QueueRecord, unknown>();
  const fail = (record: QueueRecord, error: unknown): void => {
    if (open.delete(record)) {
      errors.set(record, error);
    }
  };
  return {
    done: (record: QueueRecord): void => {
      open.delete(record);
    },
    fail,
    failOpen: (error: unknown): void => {
      for (const record of open) {
        fail(record, error);
      }
    },
    failures: (): Failure[] =>
      records.flatMap((record) => (errors.has(record) ? [{ ...record, error: errors.get(record) }] : [])),
  };
};

const report = (failures: readonly Failure[], failed: string): void => {
  let errors = 0;
  for (const { messageId, error } of failures) {
    if (error instanceof NotYetError) {
      logger.info('Record put off', { messageId, error });
    } else {
      errors += 1;
      logger.error(failed, { messageId, error });
    }
  }
  count('RecordsFailed', errors);
};

/**
 * Tells SQS which records come back:
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
const answer = (failures: readonly Failure[]): BatchAnswer => ({
  batchItemFailures: failures.map(({ messageId, error }) => {
    if (messageId === undefined) {
      throw error;
    }
    return { itemIdentifier: messageId };
  }),
});

/**
 * Makes a Lambda handler of a queue, with the middleware of {@link lambda}.
 *
 * - Each failed record is logged with its `messageId` and reported to SQS alone; the others do not
 *   come back.
 * - A second before the function's timeout, `signal` aborts and the handler answers: the records
 *   that are done by then do not come back, all others do.
 * - A plain event has no queue to come back from: when it fails, the invocation fails.
 */
export const queueHandler = <Item>({
  read,
  handle,
  failed,
}: QueueHandling<Item>): MiddyfiedHandler<unknown, BatchAnswer> =>
  withMiddleware(async (invocation, signal) => {
    const records = queueRecords(invocation);
    const batch = openBatch(records);
    const readable = records.flatMap((record): BatchRecord<Item>[] => {
      try {
        const item = read(record.event(), record.queue);
        return [{ item, done: () => batch.done(record), fail: (error) => batch.fail(record, error) }];
      } catch (error) {
        batch.fail(record, error);
        return [];
      }
    });
    const handleAll = async (): Promise<void> => {
      try {
        await handle(readable, signal);
      } catch (error) {
        batch.failOpen(error);
      }
    };
    await untilAborted(handleAll(), signal, () => batch.failOpen(outOfTime()));

    const failures = batch.failures();
    report(failures, failed);
    return answer(failures);
  });

/**
 * Makes `handle` of a queue of a function that handles one record, and fails the record when it
 * throws.
 */
export const eachRecord =
  <Item>(handle: (item: Item, signal: AbortSignal) => Promise<unknown>, options?: ProcessOptions) =>
  async (batch: readonly BatchRecord<Item>[], signal: AbortSignal): Promise<void> => {
    const handleRecord = async ({ item, done, fail }: BatchRecord<Item>): Promise<void> => {
      try {
        signal.throwIfAborted();
        await handle(item, signal);
        done();
      } catch (error) {
        fail(error);
      }
    };
    await processItems(batch, handleRecord, options);
  };
