/** The trigger's JSON: events of AWS Batch, each alone or inside of an SQS record. */
import { type JobEvent, readJobEvent } from '../../shared/jobs/job-event.ts';
import { type FailedRecord, type QueueRecord, queueRecords } from '../../shared/lambda/queue-records.ts';

/** An event, and the record that it came in. */
export type Received = JobEvent & { readonly record: QueueRecord };

/** The queue of jobs that fell with another one: it has no delay, so that they are known when that one's message is written. */
const CASCADES = /-job-cascades$/;

/** Tells whether an event came by the queue without delay, which is for taking notes only. */
export const isForNotes = ({ record }: Pick<Received, 'record'>): boolean => CASCADES.test(record.queue ?? '');

/** Reads what the function was invoked with; what cannot be read fails alone. */
export const receive = (
  invocation: unknown,
): { readonly received: readonly Received[]; readonly failed: readonly FailedRecord[] } => {
  const received: Received[] = [];
  const failed: FailedRecord[] = [];
  for (const record of queueRecords(invocation)) {
    try {
      received.push({ ...readJobEvent(record.event()), record });
    } catch (error) {
      failed.push({ item: record, error });
    }
  }
  return { received, failed };
};
