/** The messages of a queue, one by one. */
import { type Fields, fieldsAt, isFields, shown, textAt } from '../fields.ts';

/** One event that fails or succeeds alone. */
export type QueueRecord = {
  /** SQS's id of it; absent when the function was invoked with a plain event. */
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

/**
 * Thrown for a record that cannot be handled yet: it comes back after the visibility timeout, and
 * this is not a failure.
 */
export class NotYetError extends Error {
  override name = 'NotYetError' as const;
}

const parsed = (body: unknown): unknown => {
  try {
    return JSON.parse(textAt(body, 'body'));
  } catch (cause) {
    throw new Error(`Event field body is not JSON: ${shown(body)}`, { cause });
  }
};

const isQueued = (record: unknown): record is Fields => isFields(record) && record['eventSource'] === 'aws:sqs';

/** Splits the input of an invocation: each SQS record is an event, any other input is one event. */
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
