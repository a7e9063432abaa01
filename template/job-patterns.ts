/** Which events of AWS Batch the suite takes. */
import { jobNamePrefix } from '../shared/runs/job-name.ts';

type Pattern = Readonly<Record<string, unknown>>;

const SOURCE = ['aws.batch'];

/** Jobs of queues for SageMaker have events of their own, of the same shape. */
const STATE_CHANGES = ['Batch Job State Change', 'Batch Service Job State Change'];
const QUEUES_BLOCKED = ['Batch Job Queue Blocked', 'Batch Service Job Queue Blocked'];

/** Chooses the state changes of the jobs that a stage has submitted. */
export const ownJobs = (stage: string): Pattern => ({
  source: SOURCE,
  'detail-type': ['Batch Job State Change'],
  detail: { jobName: [{ prefix: jobNamePrefix(stage) }] },
});

/** Chooses what people are told of, in every queue: jobs that failed, and jobs that block their queue. */
export const FAILURES: readonly Pattern[] = [
  { source: SOURCE, 'detail-type': STATE_CHANGES, detail: { status: ['FAILED'] } },
  { source: SOURCE, 'detail-type': QUEUES_BLOCKED },
];

/** Chooses the jobs that never started because one that they depend on had failed. */
export const CASCADES: Pattern = {
  source: SOURCE,
  'detail-type': ['Batch Job State Change'],
  detail: { status: ['FAILED'], statusReason: [{ prefix: 'Dependent Job' }] },
};
