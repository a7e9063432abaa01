/**
 * AWS Batch: submits jobs and finds them again by name.
 *
 * Both calls are made by signed requests: the SDK's client, with all that it needs for JSON over REST, is a tenth of what a bundle may hold.
 */
import { isThrottlingError } from '@smithy/core/retry';
import { type Fields, listOfFields, optionalFields, optionalNumber, optionalText } from '../fields.ts';
import type { JobRequest } from '../runs/run.ts';
import { type FoundJob, type JobQueues, LookUpRefusedError, type Submission } from '../runs/submission.ts';
import { toError } from '../to-error.ts';
import { createJsonService, ServiceError } from './json-service.ts';

const SERVICE = { endpointName: 'BATCH', signingName: 'batch' };
const HEADERS = { 'content-type': 'application/json' };

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
 * @remarks Only an answer below 500 proves that there is no job. Batch documents neither throttling nor access denied, so the status decides.
 */
export const submissionFrom = (error: Error): Submission => {
  if (neverSent(error)) {
    return { kind: 'unsent', error };
  }
  if (!(error instanceof ServiceError)) {
    return { kind: 'ambiguous', error };
  }
  const { status, type, said = '' } = error;
  if (status < 400 || status >= 500 || status === REQUEST_TIMEOUT) {
    return { kind: 'ambiguous', error };
  }
  return isThrottlingError({ name: type, message: said, $metadata: { httpStatusCode: status } }) ||
    PASSING_REFUSALS.includes(type)
    ? { kind: 'unsent', error }
    : { kind: 'refused', reason: [type, said].filter((part) => part !== '').join(': ') || `status ${status}` };
};

/** Tells a look-up that is refused from one that only failed. */
const lookUpErrorFrom = (error: Error): Error => {
  const answer = submissionFrom(error);
  return answer.kind === 'refused' ? new LookUpRefusedError(answer.reason, { cause: error }) : error;
};

type Page = { readonly jobs: readonly Fields[]; readonly nextToken: string | undefined };

/**
 * Opens AWS Batch.
 *
 * @remarks `SubmitJob` has no idempotency token, and a client repeats it by itself after a 500 or a dropped connection, so there is one attempt only,
 * on a connection of its own: one that was kept may have been closed by the far end, and then nobody knows what became of the request. The look-up
 * may be repeated.
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_ListJobs.html
 * @see https://github.com/aws/containers-roadmap/issues/2798
 */
export const createJobQueues = (): JobQueues => {
  const callOnce = createJsonService(SERVICE, { maxAttempts: 1, keepAlive: false });
  const call = createJsonService(SERVICE);

  const submit = async (input: JobRequest, signal: AbortSignal): Promise<string | undefined> => {
    const answer = await callOnce({ operation: 'SubmitJob', path: '/v1/submitjob', headers: HEADERS, input }, signal);
    return optionalText(optionalFields(answer)['jobId']);
  };

  const pageOf = async (
    jobQueue: string,
    jobName: string,
    nextToken: string | undefined,
    signal: AbortSignal,
  ): Promise<Page> => {
    // With a filter, jobs of every status are listed, the ended ones too.
    const input = { jobQueue, filters: [{ name: 'JOB_NAME', values: [jobName] }], nextToken };
    try {
      const answer = optionalFields(
        await call({ operation: 'ListJobs', path: '/v1/listjobs', headers: HEADERS, input }, signal),
      );
      // No list is not an empty one: to take it for none could make a second job.
      if (!Array.isArray(answer['jobSummaryList'])) {
        throw new Error('ListJobs answered without jobSummaryList');
      }
      return { jobs: listOfFields(answer['jobSummaryList']), nextToken: optionalText(answer['nextToken']) };
    } catch (error) {
      throw lookUpErrorFrom(toError(error));
    }
  };

  /** Lists the jobs of a name, whatever their status and whatever its case, page by page. */
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
    submit: async (request, signal) => {
      try {
        const jobId = await submit(request, signal);
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
        const jobId = optionalText(job['jobId']);
        // One without a date may be the one that is looked for.
        const createdAt = new Date(optionalNumber(job['createdAt']) ?? createdSince);
        // The filter matches whatever the case, so the name is compared again.
        if (job['jobName'] === jobName && jobId !== undefined && createdAt >= createdSince) {
          found.push({ jobId, createdAt });
        }
      }
      return found.sort((one, other) => one.createdAt.getTime() - other.createdAt.getTime());
    },
  };
};
