/** What is known of a `SubmitJob` after it was sent. */
import type { JobRequest } from './run.ts';

/**
 * - `accepted`: Batch answered with a job id.
 * - `unsent`: Batch certainly has no job: throttled (429), or the request never left. It is safe to send it again.
 * - `denied`: a permission is missing, which passes shortly after a deployment.
 * - `refused`: Batch will not accept this request however often it is sent.
 * - `ambiguous`: the answer was lost; there may be a job or not.
 */
export type Submission =
  | { readonly kind: 'accepted'; readonly jobId: string }
  | { readonly kind: 'unsent'; readonly error: Error }
  | { readonly kind: 'denied'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'ambiguous'; readonly error: Error };

export type FoundJob = { readonly jobId: string; readonly createdAt: Date };

/**
 * Thrown when Batch refuses to say which jobs there are: it knows no such queue, or does not allow the question.
 *
 * It says nothing about the job, and the next answer will be the same until a person has acted.
 */
export class LookUpRefusedError extends Error {
  override name = 'LookUpRefusedError' as const;
}

/** What the runs ask of AWS Batch. The adapter is `shared/aws/batch.ts`. */
export type JobQueues = {
  /** Sends `SubmitJob` once. Never rejects. */
  submit(request: JobRequest, signal: AbortSignal): Promise<Submission>;
  /**
   * Lists the jobs of exactly this name in a queue, in any status, the oldest first. Rejects when Batch could not be asked.
   *
   * @throws LookUpRefusedError when asking again would not help
   */
  find(queue: string, jobName: string, signal: AbortSignal): Promise<FoundJob[]>;
  /** Reads the tags of a job. Rejects when Batch could not be asked. */
  tagsOf(jobId: string, signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
};
