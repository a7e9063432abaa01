/** Lists the jobs of AWS Batch by status, page by page, a million of them if need be. */
import { Readable } from 'node:stream';
import { type BatchClient, ListJobsCommand, type ListJobsCommandInput } from '@aws-sdk/client-batch';
import { HttpResponse } from '@smithy/core/transport';
import type { Pace } from '../pace.ts';
import { createPacedBatch } from './paced-batch.ts';

/** A job that is neither SUCCEEDED nor FAILED. */
export type UnfinishedStatus = 'SUBMITTED' | 'PENDING' | 'RUNNABLE' | 'STARTING' | 'RUNNING';

/**
 * A job as `ListJobs` answers it, untouched, since a million of them pass by: Batch's own names, epoch milliseconds, and `null` for what is not there.
 *
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_JobSummary.html
 */
export type JobSummary = {
  readonly jobId: string;
  readonly createdAt?: number | null;
  readonly startedAt?: number | null;
  /** An ARN with a revision; older answers leave it out. */
  readonly jobDefinition?: string | null;
  readonly arrayProperties?: {
    readonly size?: number | null;
    /** Of a child. */
    readonly index?: number | null;
    readonly statusSummary?: Readonly<Record<string, number>> | null;
  } | null;
};

/** Whose jobs are listed: a queue's, or the children of an array job. */
export type JobOwner = { readonly queue: string } | { readonly arrayJobId: string };

export type JobListing = {
  /**
   * Lists jobs of one status, and hands on page by page.
   *
   * @param visit - must not keep the page: a thousand of them would fill the memory
   * @throws Error when a page token comes again, which would go on for ever, and when an answer is not a list of jobs
   */
  eachPage(
    owner: JobOwner,
    status: UnfinishedStatus,
    visit: (jobs: readonly JobSummary[]) => void,
    signal: AbortSignal,
  ): Promise<void>;
};

type Page = { readonly jobSummaryList: readonly JobSummary[]; readonly nextToken?: string | null };

/** @see https://docs.aws.amazon.com/batch/latest/APIReference/API_ListJobs.html */
const MAX_RESULTS = 1000;

const OK = 200;

/** Throttled or refused for a moment is no answer: it is asked again, later and later, for a minute and more. */
const MAX_ATTEMPTS = 8;

/** A page of a thousand jobs is long. */
const PAGE_TIMEOUT_MS = 10_000;

/** What the SDK tries again. */
const unreadable = (cause: unknown): Error =>
  Object.assign(new Error('ListJobs answered with something else than a whole list of jobs', { cause }), {
    $retryable: {},
  });

const parsePage = (body: Buffer): Page => {
  let page: Page;
  try {
    page = JSON.parse(body.toString());
  } catch (cause) {
    throw unreadable(cause);
  }
  // No list is not an empty one: to count it as none would be a lie.
  if (!Array.isArray(page?.jobSummaryList)) {
    throw unreadable(body.subarray(0, MAX_RESULTS).toString());
  }
  return page;
};

const bytesOf = (body: Readable): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    body.on('data', (chunk: Buffer) => chunks.push(chunk));
    body.once('end', () => resolve(Buffer.concat(chunks)));
    body.once('error', reject);
    // After the end, this changes nothing.
    body.once('close', () => reject(unreadable('cut off')));
  });

/**
 * Asks for a page and reads it from the bytes of the answer.
 *
 * @remarks The SDK's deserialiser costs as much as three times all else that is done for a page of a thousand jobs. It still reads what is no
 * success: signing, retries and errors are the SDK's.
 */
const askForPage = async (
  client: BatchClient,
  input: ListJobsCommandInput,
  abortSignal: AbortSignal,
): Promise<Page> => {
  const command = new ListJobsCommand(input);
  let page: Page | undefined;
  command.middlewareStack.addRelativeTo(
    <Args, Answer extends { readonly response: unknown }>(next: (args: Args) => Promise<Answer>) =>
      async (args: Args): Promise<Answer> => {
        const answer = await next(args);
        const { response } = answer;
        if (HttpResponse.isInstance(response) && response.statusCode === OK && response.body instanceof Readable) {
          page = parsePage(await bytesOf(response.body));
          response.body = new Uint8Array();
        }
        return answer;
      },
    { name: 'readPage', relation: 'after', toMiddleware: 'deserializerMiddleware' },
  );
  await client.send(command, { abortSignal });
  if (page === undefined) {
    throw unreadable('no body');
  }
  return page;
};

/** Opens the listing of jobs. */
export const createJobListing = ({ pace }: { readonly pace: Pace }): JobListing => {
  const client = createPacedBatch(pace, { timeoutMs: PAGE_TIMEOUT_MS, maxAttempts: MAX_ATTEMPTS });

  return {
    eachPage: async (owner, status, visit, signal) => {
      const request = {
        ...('queue' in owner ? { jobQueue: owner.queue } : { arrayJobId: owner.arrayJobId }),
        // Without it, only RUNNING jobs are listed; with a filter beside it, it is ignored.
        jobStatus: status,
        maxResults: MAX_RESULTS,
      };
      /** Nothing of a page is held while the next is on its way, or it would be copied as if it were to stay. */
      const visitPage = async (nextToken: string | undefined): Promise<string | undefined> => {
        const page = await askForPage(client, { ...request, nextToken }, signal);
        visit(page.jobSummaryList);
        // The documentation says `null`; neither with that nor with an empty one is there another page.
        return page.nextToken || undefined;
      };

      const tokens = new Set<string>();
      let nextToken = await visitPage(undefined);
      while (nextToken !== undefined) {
        if (tokens.has(nextToken)) {
          throw new Error(`ListJobs of ${status} jobs repeated a page token after ${tokens.size} pages`);
        }
        tokens.add(nextToken);
        nextToken = await visitPage(nextToken);
      }
    },
  };
};
