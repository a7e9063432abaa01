/** Reads the events of AWS Batch that EventBridge delivers. */
import { fieldsAt, shown, textAt } from '../fields.ts';
import type { Job } from './job.ts';
import { readJob } from './read-job.ts';

export type JobEvent = { readonly kind: 'job changed' | 'queue blocked'; readonly job: Job };

/** Jobs of queues for SageMaker have other event names and the same fields. */
const KINDS: ReadonlyMap<unknown, JobEvent['kind']> = new Map([
  ['Batch Job State Change', 'job changed'],
  ['Batch Service Job State Change', 'job changed'],
  ['Batch Job Queue Blocked', 'queue blocked'],
  ['Batch Service Job Queue Blocked', 'queue blocked'],
] as const);

/**
 * Reads an event about a job.
 *
 * @throws Error that names the field that is missing or wrong
 * @see https://docs.aws.amazon.com/batch/latest/userguide/batch_cwe_events.html
 */
export const readJobEvent = (value: unknown): JobEvent => {
  const event = fieldsAt(value, '(all of it)');
  const kind = KINDS.get(event['detail-type']);
  if (kind === undefined) {
    throw new Error(`Event field detail-type is not an event about a job: ${shown(event['detail-type'])}`);
  }
  return { kind, job: readJob(event['detail'], textAt(event['region'], 'region')) };
};
