/** What is known of a `SubmitJob` after it was sent. */
import type { JobRequest } from './run.ts';

/**
 * - `accepted`: Batch answered with a job id.
 * - `unsent`: Batch certainly has no job: throttled (429), or the request never left. Safe to send again.
 * - `refused`: Batch will not take this request however often it is sent.
 * - `ambiguous`: the answer was lost; there may be a job or not.
 */
export type Submission =
  | { readonly kind: 'accepted'; readonly jobId: string }
  | { readonly kind: 'unsent'; readonly error: Error }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'ambiguous'; readonly error: Error };

export type FoundJob = { readonly jobId: string; readonly createdAt: Date };

/** What the runs ask of AWS Batch. The adapter is `shared/aws/batch.ts`. */
export type JobQueues = {
  /** Sends `SubmitJob` once. Never rejects. */
  submit(request: JobRequest, signal: AbortSignal): Promise<Submission>;
  /** Lists the jobs of exactly this name in a queue, in any status, the oldest first. Rejects when Batch could not be asked. */
  find(queue: string, jobName: string, createdSince: Date, signal: AbortSignal): Promise<FoundJob[]>;
};
