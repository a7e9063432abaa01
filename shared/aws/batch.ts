/** AWS Batch: submits jobs and finds them again by name. */
import {
  BatchClient,
  BatchServiceException,
  ListJobsCommand,
  type ListJobsCommandOutput,
  SubmitJobCommand,
} from '@aws-sdk/client-batch';
import { isThrottlingError } from '@smithy/core/retry';
import { type FoundJob, type JobQueues, LookUpRefusedError, type Submission } from '../runs/submission.ts';
import { clientSettings } from './client-settings.ts';

/** Errors of a connection that was never made: nothing was sent. */
const NEVER_CONNECTED = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN'];

/**
 * Refusals that speak of the caller's credentials or clock and not of the request: they pass.
 *
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/CommonErrors.html
 */
const PASSING_REFUSALS = [
  'ExpiredTokenException',
  'ExpiredToken',
  'IncompleteSignature',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'RequestExpired',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
];

const REQUEST_TIMEOUT = 408;

/** The system calls before a connection stands; the same codes may come from a read or a write, after something was sent. */
const CONNECTING = ['connect', 'getaddrinfo'];

const neverSent = (error: Error): boolean =>
  error.name === 'CredentialsProviderError' ||
  ('code' in error &&
    typeof error.code === 'string' &&
    NEVER_CONNECTED.includes(error.code) &&
    'syscall' in error &&
    typeof error.syscall === 'string' &&
    CONNECTING.includes(error.syscall));

/**
 * Tells what an error of `SubmitJob` says about the job.
 *
 * @remarks Only an answer below 500 proves that there is no job. The SDK models neither throttling nor access denied, so the status decides.
 */
export const submissionFrom = (error: Error): Submission => {
  if (neverSent(error)) {
    return { kind: 'unsent', error };
  }
  if (!(error instanceof BatchServiceException)) {
    return { kind: 'ambiguous', error };
  }
  const status = error.$metadata.httpStatusCode ?? 0;
  if (
    isThrottlingError({ name: error.name, message: error.message, $metadata: error.$metadata }) ||
    PASSING_REFUSALS.includes(error.name)
  ) {
    return { kind: 'unsent', error };
  }
  return status >= 400 && status < 500 && status !== REQUEST_TIMEOUT
    ? { kind: 'refused', reason: `${error.name}: ${error.message}` }
    : { kind: 'ambiguous', error };
};

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/** Tells a look-up that is refused from one that only failed. */
const lookUpErrorFrom = (error: Error): Error => {
  const answer = submissionFrom(error);
  return answer.kind === 'refused' ? new LookUpRefusedError(answer.reason, { cause: error }) : error;
};

/**
 * Opens AWS Batch.
 *
 * @remarks `SubmitJob` has no idempotency token, and the SDK repeats it by itself after a 500 or a dropped connection, so its client makes one
 * attempt only, on a connection of its own: one that was kept may have been closed by the far end, and then nobody knows what became of the request. The look-up may be repeated.
 * @see https://github.com/aws/containers-roadmap/issues/2798
 */
export const createJobQueues = (): JobQueues => {
  const submitting = new BatchClient(clientSettings({ maxAttempts: 1, keepAlive: false }));
  const reading = new BatchClient(clientSettings());

  const pageOf = async (
    jobQueue: string,
    jobName: string,
    nextToken: string | undefined,
    abortSignal: AbortSignal,
  ): Promise<ListJobsCommandOutput> => {
    const command = new ListJobsCommand({
      jobQueue,
      // With a filter, jobs of every status are listed, the ended ones too.
      filters: [{ name: 'JOB_NAME', values: [jobName] }],
      ...(nextToken === undefined ? {} : { nextToken }),
    });
    try {
      return await reading.send(command, { abortSignal });
    } catch (error) {
      throw lookUpErrorFrom(asError(error));
    }
  };

  /** Lists the jobs of a name, whatever their status and whatever its case, page by page. */
  async function* listed(jobQueue: string, jobName: string, abortSignal: AbortSignal) {
    const tokens = new Set<string>();
    let nextToken: string | undefined;
    do {
      const page = await pageOf(jobQueue, jobName, nextToken, abortSignal);
      yield* page.jobSummaryList ?? [];
      nextToken = page.nextToken;
      if (nextToken !== undefined && tokens.has(nextToken)) {
        throw new Error(`ListJobs of queue ${jobQueue} repeated a page token`);
      }
      tokens.add(nextToken ?? '');
    } while (nextToken !== undefined);
  }

  return {
    submit: async (request, abortSignal) => {
      try {
        const { jobId } = await submitting.send(new SubmitJobCommand(request), { abortSignal });
        return jobId === undefined
          ? { kind: 'ambiguous', error: new Error('SubmitJob answered without a job id') }
          : { kind: 'accepted', jobId };
      } catch (error) {
        return submissionFrom(asError(error));
      }
    },

    find: async (jobQueue, jobName, createdSince, abortSignal) => {
      const found: FoundJob[] = [];
      for await (const job of listed(jobQueue, jobName, abortSignal)) {
        // One without a date may be the one that is looked for.
        const createdAt = new Date(job.createdAt ?? createdSince);
        // The filter matches whatever the case, so the name is compared again.
        if (job.jobName === jobName && job.jobId !== undefined && createdAt >= createdSince) {
          found.push({ jobId: job.jobId, createdAt });
        }
      }
      return found.sort((one, other) => one.createdAt.getTime() - other.createdAt.getTime());
    },
  };
};
