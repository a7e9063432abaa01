/** Lists the jobs of AWS Batch by status, page by page, also a million of them. */
import { Readable } from 'node:stream';
import { type BatchClient, ListJobsCommand } from '@aws-sdk/client-batch';
import { HttpResponse } from '@smithy/core/transport';
import { isFields, shown } from '../fields.ts';
import type { Pace } from '../pace.ts';
import { createPacedBatch } from './paced-batch.ts';

/** A job that is neither SUCCEEDED nor FAILED. */
export type UnfinishedStatus = 'SUBMITTED' | 'PENDING' | 'RUNNABLE' | 'STARTING' | 'RUNNING';

/**
 * A job as in the answer of `ListJobs`, without a copy, since there may be a million: Batch's own
 * names, epoch milliseconds, and `null` for what is missing.
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

/** Whose jobs are listed: those of a queue, or the children of an array job. */
export type JobOwner = { readonly queue: string } | { readonly arrayJobId: string };

export type JobListing = {
  /**
   * Lists jobs of one status, and passes them on page by page.
   *
   * @param visit - must not keep the page: a thousand of them would fill the memory
   * @throws Error when a page token is repeated, which would never end, and when an answer is not a
   * list of jobs
   */
  eachPage(
    owner: JobOwner,
    status: UnfinishedStatus,
    visit: (jobs: readonly JobSummary[]) => void,
    signal: AbortSignal,
  ): Promise<void>;
};

/** @see https://docs.aws.amazon.com/batch/latest/APIReference/API_ListJobs.html */
const MAX_RESULTS = 1000;

const OK = 200;

/** A call that is throttled or fails is made again, later and later, for more than a minute. */
const MAX_ATTEMPTS = 8;

/** A page of a thousand jobs is long. */
const PAGE_TIMEOUT_MS = 10_000;

/** An error after which the SDK tries again. */
const unreadable = (cause: unknown): Error =>
  Object.assign(new Error('ListJobs answered with something else than a whole list of jobs', { cause }), {
    $retryable: {},
  });

const parsePage = (body: Buffer): object => {
  let page: unknown;
  try {
    page = JSON.parse(body.toString());
  } catch (cause) {
    throw unreadable(cause);
  }
  // A missing list is not an empty one: to count it as empty would publish a wrong number.
  if (!isFields(page) || !Array.isArray(page['jobSummaryList'])) {
    throw unreadable(shown(page));
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

type Answer = { readonly response: unknown; readonly output?: object };

type Next<Args, Answered> = (args: Args) => Promise<Answered>;

/**
 * Lets a client read the pages of `ListJobs` with `JSON.parse`.
 *
 * @remarks This is the one extension of a client in the suite, for a queue of a million jobs: the
 * SDK's deserializer takes three times the CPU time of everything else that is done for a page of a
 * thousand jobs. One middleware, inside of the deserializer, takes the body of a success away from
 * it. The other, outside, adds the parsed page to the output. Signing, retries and errors stay the
 * SDK's.
 */
const parsePages = (client: BatchClient): void => {
  const pages = new WeakMap<HttpResponse, object>();
  client.middlewareStack.addRelativeTo(
    <Args, Answered extends Answer>(next: Next<Args, Answered>) =>
      async (args: Args) => {
        const answer = await next(args);
        const { response } = answer;
        if (HttpResponse.isInstance(response) && response.statusCode === OK && response.body instanceof Readable) {
          pages.set(response, parsePage(await bytesOf(response.body)));
          response.body = new Uint8Array();
        }
        return answer;
      },
    { name: 'takeBody', relation: 'after', toMiddleware: 'deserializerMiddleware' },
  );
  client.middlewareStack.addRelativeTo(
    <Args, Answered extends Answer>(next: Next<Args, Answered>) =>
      async (args: Args) => {
        const answer = await next(args);
        const { response, output } = answer;
        if (output !== undefined && HttpResponse.isInstance(response)) {
          Object.assign(output, pages.get(response));
        }
        return answer;
      },
    { name: 'addPage', relation: 'before', toMiddleware: 'deserializerMiddleware' },
  );
};

const isListed = (job: unknown): boolean => isFields(job) && typeof job['jobId'] === 'string';

const areListed = (jobs: readonly unknown[] | undefined): jobs is readonly JobSummary[] =>
  jobs?.every(isListed) === true;

/** Opens the listing of jobs. */
export const createJobListing = ({ pace }: { readonly pace: Pace }): JobListing => {
  const client = createPacedBatch(pace, { timeoutMs: PAGE_TIMEOUT_MS, maxAttempts: MAX_ATTEMPTS });
  parsePages(client);

  return {
    eachPage: async (owner, status, visit, abortSignal) => {
      const request = {
        ...('queue' in owner ? { jobQueue: owner.queue } : { arrayJobId: owner.arrayJobId }),
        // Without it, only RUNNING jobs are listed; with a filter beside it, it is ignored.
        jobStatus: status,
        maxResults: MAX_RESULTS,
      };
      /**
       * Keeps nothing of a page while the next is on its way: V8 would copy it as if it were to
       * stay.
       */
      const visitPage = async (token: string | undefined): Promise<string | undefined> => {
        const { jobSummaryList, nextToken } = await client.send(new ListJobsCommand({ ...request, nextToken: token }), {
          abortSignal,
        });
        if (!areListed(jobSummaryList)) {
          throw unreadable(shown(jobSummaryList));
        }
        visit(jobSummaryList);
        // The documentation says `null` for the last page; an empty token means the same.
        return nextToken || undefined;
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
