/** AWS Batch: submits jobs, and finds them again by name. */
import {
  BatchClient,
  BatchServiceException,
  type JobSummary,
  ListJobsCommand,
  SubmitJobCommand,
} from '@aws-sdk/client-batch';
import { isThrottlingError } from '@smithy/core/retry';
import { optionalFields, optionalNumber } from '../fields.ts';
import { type FoundJob, type JobQueues, LookUpRefusedError, type Submission } from '../runs/submission.ts';
import { toError } from '../to-error.ts';
import { clientSettings } from './client-settings.ts';

/** Errors of a connection that was never made: nothing was sent. */
const NEVER_CONNECTED = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN'];

/**
 * Refusals because of the caller's credentials or clock, not because of the request: they end by
 * themselves.
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

/** The SDK's name or message of an error that has none. */
const UNNAMED = ['Unknown', 'UnknownError'];

/**
 * The system calls before a connection stands. A read or a write may fail with the same codes,
 * after something was sent.
 */
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
 * Reads the status of the answer, which the SDK keeps with every error, also where it could not
 * read the answer.
 */
const statusOf = (error: Error): number | undefined =>
  '$metadata' in error ? optionalNumber(optionalFields(error.$metadata)['httpStatusCode']) : undefined;

const reasonOf = (error: Error, status: number): string => {
  const said = error instanceof BatchServiceException ? [error.name, error.message] : [];
  return said.filter((part) => part !== '' && !UNNAMED.includes(part)).join(': ') || `status ${status}`;
};

/**
 * Classifies an error of `SubmitJob` by what it proves about the job.
 *
 * @remarks Only an answer below 500 proves that no job was made. Batch documents neither throttling
 * nor access denied, so the status decides.
 */
export const submissionFrom = (error: Error): Submission => {
  if (neverSent(error)) {
    return { kind: 'unsent', error };
  }
  const status = statusOf(error);
  if (status === undefined || status < 400 || status >= 500 || status === REQUEST_TIMEOUT) {
    return { kind: 'ambiguous', error };
  }
  const { name, message } = error;
  return isThrottlingError({ name, message, $metadata: { httpStatusCode: status } }) || PASSING_REFUSALS.includes(name)
    ? { kind: 'unsent', error }
    : { kind: 'refused', reason: reasonOf(error, status) };
};

/** Separates a look-up that Batch refuses from one that only failed. */
const lookUpErrorFrom = (error: Error): Error => {
  const answer = submissionFrom(error);
  return answer.kind === 'refused' ? new LookUpRefusedError(answer.reason, { cause: error }) : error;
};

/**
 * Opens AWS Batch.
 *
 * @remarks `SubmitJob` has no idempotency token, and a client that retries would send it again
 * after a 500 or a dropped connection. So its client makes one attempt, on a new connection: a
 * connection that was kept may have been closed by the far end, and then the fate of the request is
 * unknown. The look-up may be repeated.
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_ListJobs.html
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
  ): Promise<{ readonly jobs: readonly JobSummary[]; readonly nextToken: string | undefined }> => {
    // With a filter, Batch lists jobs of every status, also those that have ended.
    const filters = [{ name: 'JOB_NAME', values: [jobName] }];
    try {
      const answer = await reading.send(new ListJobsCommand({ jobQueue, filters, nextToken }), { abortSignal });
      // A missing list is not an empty one: to take it for none could make a second job.
      if (answer.jobSummaryList === undefined) {
        throw new Error('ListJobs answered without jobSummaryList');
      }
      return { jobs: answer.jobSummaryList, nextToken: answer.nextToken || undefined };
    } catch (error) {
      throw lookUpErrorFrom(toError(error));
    }
  };

  /** Lists the jobs of a name, in any status and in upper or lower case, page by page. */
  async function* listed(jobQueue: string, jobName: string, signal: AbortSignal) {
    const tokens = new Set<string>();
    let nextToken: string | undefined;
    do {
      const page = await pageOf(jobQueue, jobName, nextToken, signal);
      yield* page.jobs;
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
        return submissionFrom(toError(error));
      }
    },

    find: async (jobQueue, jobName, createdSince, signal) => {
      const found: FoundJob[] = [];
      for await (const job of listed(jobQueue, jobName, signal)) {
        // A job without a date may be the one that is looked for.
        const createdAt = new Date(job.createdAt ?? createdSince);
        // The filter ignores case, so the name is compared again.
        if (job.jobName === jobName && job.jobId !== undefined && createdAt >= createdSince) {
          found.push({ jobId: job.jobId, createdAt });
        }
      }
      return found.sort((one, other) => one.createdAt.getTime() - other.createdAt.getTime());
    },
  };
};
