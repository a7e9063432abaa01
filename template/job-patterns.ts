/** Patterns of AWS Batch events. */
import { jobNamePrefix } from '../shared/runs/job-name.ts';

type Pattern = Readonly<Record<string, unknown>>;

const SOURCE = ['aws.batch'];

/** Jobs in queues for SageMaker have their own events, with the same shape. */
const STATE_CHANGES = ['Batch Job State Change', 'Batch Service Job State Change'];
const QUEUES_BLOCKED = ['Batch Job Queue Blocked', 'Batch Service Job Queue Blocked'];

/** Selects the state changes of the jobs that a stage has submitted. */
export const ownJobs = (stage: string): Pattern => ({
  source: SOURCE,
  'detail-type': ['Batch Job State Change'],
  detail: { jobName: [{ prefix: jobNamePrefix(stage) }] },
});

/**
 * Selects the events for notifications, in every queue: jobs that failed, and jobs that block their
 * queue.
 */
export const FAILURES: readonly Pattern[] = [
  { source: SOURCE, 'detail-type': STATE_CHANGES, detail: { status: ['FAILED'] } },
  { source: SOURCE, 'detail-type': QUEUES_BLOCKED },
];

/** Selects the jobs that never started because a job that they depend on failed. */
export const CASCADES: Pattern = {
  source: SOURCE,
  'detail-type': ['Batch Job State Change'],
  detail: { status: ['FAILED'], statusReason: [{ prefix: 'Dependent Job' }] },
};
