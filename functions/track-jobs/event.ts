/** The trigger's JSON: state changes of jobs, each alone or inside of an SQS record. */
import type { Job } from '../../shared/jobs/job.ts';
import { readJobEvent } from '../../shared/jobs/job-event.ts';
import { type QueueRecord, queueRecords } from '../../shared/lambda/queue-records.ts';

export type JobRecord = QueueRecord & {
  /**
   * Reads the job that the record tells of.
   *
   * @throws Error that names the field that is missing or wrong
   */
  readonly job: () => Job;
};

/** Splits what the function was invoked with into what fails or succeeds alone. */
export const jobRecords = (invocation: unknown): JobRecord[] =>
  queueRecords(invocation).map((record) => ({ ...record, job: () => readJobEvent(record.event()).job }));
