/** The messages of a queue, one by one, and the answer that tells SQS which of them come back. */
import { type Fields, fieldsAt, isFields, shown, textAt } from '../fields.ts';

/** One thing that fails or succeeds alone. */
export type QueueRecord = {
  /** SQS's name for it; absent when the function was invoked with a plain event. */
  readonly messageId?: string;
  /** The name of the queue that it comes from; absent with a plain event. */
  readonly queue?: string;
  /**
   * Reads the event in it.
   *
   * @throws Error when the body is not JSON
   */
  readonly event: () => unknown;
};

const parsed = (body: unknown): unknown => {
  try {
    return JSON.parse(textAt(body, 'body'));
  } catch (cause) {
    throw new Error(`Event field body is not JSON: ${shown(body)}`, { cause });
  }
};

const isQueued = (record: unknown): record is Fields => isFields(record) && record['eventSource'] === 'aws:sqs';

/** Splits what a function was invoked with: SQS records into their events, anything else is one event. */
export const queueRecords = (invocation: unknown): QueueRecord[] => {
  const records = isFields(invocation) ? invocation['Records'] : undefined;
  if (!Array.isArray(records) || !records.some(isQueued)) {
    return [{ event: () => invocation }];
  }
  return records.map((record: unknown, index) => {
    const { messageId, eventSourceARN: arn, body } = fieldsAt(record, `Records[${index}]`);
    return {
      messageId: textAt(messageId, `Records[${index}].messageId`),
      queue: textAt(arn, `Records[${index}].eventSourceARN`).replace(/^.*:/, ''),
      event: () => parsed(body),
    };
  });
};

/** A record that was not handled, and why. */
export type FailedRecord = { readonly item: Pick<QueueRecord, 'messageId'>; readonly error: unknown };

/**
 * Tells SQS which records come back; those that are not named are done with.
 *
 * @throws the first error, where a plain event failed: it has no queue that it could come back from, so whoever invoked the function is told
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export const batchAnswer = (
  failed: readonly FailedRecord[],
): { readonly batchItemFailures: { readonly itemIdentifier: string }[] } => ({
  batchItemFailures: failed.map(({ item, error }) => {
    if (item.messageId === undefined) {
      throw error;
    }
    return { itemIdentifier: item.messageId };
  }),
});
