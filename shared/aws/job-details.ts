/** AWS Batch, asked about single jobs: how they are now, and which children of an array job failed. */
import { type Fields, listOfFields, optionalFields, optionalNumber, optionalText } from '../fields.ts';
import type { Job } from '../jobs/job.ts';
import { readJob } from '../jobs/read-job.ts';
import { createJsonService } from './json-service.ts';

/** A failed child, as a list shows it. */
export type FailedChild = {
  readonly id: string;
  readonly index: number;
  readonly stoppedAt?: Date | undefined;
  readonly statusReason?: string | undefined;
  readonly exitCode?: number | undefined;
  readonly reason?: string | undefined;
  readonly hasRun: boolean;
  readonly isCancelled: boolean;
  readonly isTerminated: boolean;
};

export type JobDetails = {
  /** Asks how jobs are now. Those that Batch does not know are left out: it forgets ended jobs after some days, and its reads lag. */
  describe(ids: readonly string[], signal: AbortSignal): Promise<Job[]>;
  /** Lists the children of an array job that failed: all of them, since an array has at most 10,000. */
  failedChildren(arrayId: string, signal: AbortSignal): Promise<FailedChild[]>;
};

/** @see https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeJobs.html */
const MAX_IDS = 100;

const PAGE_SIZE = 1_000;

/** As many children as an array has, and one page more. */
const MAX_PAGES = 11;

const JSON_HEADERS = { 'content-type': 'application/json' };

/** No list is not an empty one: to take it for none would be a lie. */
const listIn = (answer: unknown, name: string, operation: string): Fields[] => {
  const list = optionalFields(answer)[name];
  if (!Array.isArray(list)) {
    throw new Error(`${operation} answered without ${name}`);
  }
  return listOfFields(list);
};

const childOf = (child: Fields): FailedChild[] => {
  const id = optionalText(child['jobId']) ?? '';
  const container = optionalFields(child['container']);
  const stoppedAt = optionalNumber(child['stoppedAt']);
  const index = Number(/:(\d+)$/.exec(id)?.[1]);
  return Number.isNaN(index)
    ? []
    : [
        {
          id,
          index,
          stoppedAt: stoppedAt === undefined ? undefined : new Date(stoppedAt),
          statusReason: optionalText(child['statusReason']),
          exitCode: optionalNumber(container['exitCode']),
          reason: optionalText(container['reason']),
          hasRun: optionalNumber(child['startedAt']) !== undefined,
          isCancelled: child['isCancelled'] === true,
          isTerminated: child['isTerminated'] === true,
        },
      ];
};

/** Opens AWS Batch for questions about single jobs. */
export const createJobDetails = (): JobDetails => {
  const call = createJsonService({ endpointName: 'BATCH', signingName: 'batch' });

  const describe = async (jobs: readonly string[], signal: AbortSignal): Promise<Job[]> => {
    const operation = 'DescribeJobs';
    const answer = await call({ operation, path: '/v1/describejobs', headers: JSON_HEADERS, input: { jobs } }, signal);
    return listIn(answer, 'jobs', operation).map((job) => readJob(job));
  };

  const listChildren = async (arrayJobId: string, nextToken: string | undefined, signal: AbortSignal) => {
    const operation = 'ListJobs';
    // Without a status, only RUNNING jobs are listed.
    const input = { arrayJobId, jobStatus: 'FAILED', maxResults: PAGE_SIZE, nextToken };
    const answer = await call({ operation, path: '/v1/listjobs', headers: JSON_HEADERS, input }, signal);
    return {
      children: listIn(answer, 'jobSummaryList', operation).flatMap(childOf),
      next: optionalText(optionalFields(answer)['nextToken']),
    };
  };

  return {
    describe: async (ids, signal) => {
      const jobs: Job[] = [];
      for (let start = 0; start < ids.length; start += MAX_IDS) {
        jobs.push(...(await describe(ids.slice(start, start + MAX_IDS), signal)));
      }
      return jobs;
    },

    failedChildren: async (arrayId, signal) => {
      const found: FailedChild[] = [];
      let token: string | undefined;
      for (let page = 0; page < MAX_PAGES; page += 1) {
        const { children, next } = await listChildren(arrayId, token, signal);
        found.push(...children);
        if (next === undefined) {
          return found;
        }
        token = next;
      }
      throw new Error(`ListJobs of array job ${arrayId} did not end after ${MAX_PAGES} pages`);
    },
  };
};
