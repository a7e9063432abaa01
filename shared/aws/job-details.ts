/** Single jobs of AWS Batch: their present state, and the failed children of an array job. */
import { BatchClient, DescribeJobsCommand, type JobSummary, ListJobsCommand } from '@aws-sdk/client-batch';
import { optionalFields } from '../fields.ts';
import type { Job } from '../jobs/job.ts';
import { readJob } from '../jobs/read-job.ts';
import { clientSettings } from './client-settings.ts';

/** A failed child of an array job, as a list shows it. */
export type FailedChild = {
  readonly id: string;
  readonly index: number;
  readonly stoppedAt?: Date | undefined;
  readonly statusReason?: string | undefined;
  readonly exitCode?: number | undefined;
  readonly reason?: string | undefined;
  readonly hasRun: boolean;
};

export type JobDetails = {
  /**
   * Reads the present state of jobs. Those that Batch does not know are left out: it forgets ended
   * jobs after some days, and its reads lag.
   */
  describe(ids: readonly string[], signal: AbortSignal): Promise<Job[]>;
  /**
   * Lists the children of an array job that failed: all of them, since an array has at most 10,000.
   */
  failedChildren(arrayId: string, signal: AbortSignal): Promise<FailedChild[]>;
};

/** @see https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeJobs.html */
const MAX_IDS = 100;

const PAGE_SIZE = 1_000;

/** As many children as an array has, and one page more. */
const MAX_PAGES = 11;

/** A missing list is not an empty one: to take it for none would hide jobs. */
const required = <Item>(list: readonly Item[] | undefined, name: string): readonly Item[] => {
  if (list === undefined) {
    throw new Error(`${name} is missing in an answer of Batch`);
  }
  return list;
};

const childOf = (child: JobSummary): FailedChild[] => {
  const id = child.jobId ?? '';
  const index = Number(/:(\d+)$/.exec(id)?.[1]);
  return Number.isNaN(index)
    ? []
    : [
        {
          id,
          index,
          stoppedAt: child.stoppedAt === undefined ? undefined : new Date(child.stoppedAt),
          statusReason: child.statusReason,
          exitCode: child.container?.exitCode,
          reason: child.container?.reason,
          hasRun: child.startedAt !== undefined,
        },
      ];
};

/** Opens AWS Batch for questions about single jobs. */
export const createJobDetails = (): JobDetails => {
  const client = new BatchClient(clientSettings());

  const describe = async (jobs: string[], abortSignal: AbortSignal): Promise<Job[]> => {
    const answer = await client.send(new DescribeJobsCommand({ jobs }), { abortSignal });
    return required(answer.jobs, 'jobs').map((job) => readJob(optionalFields(job)));
  };

  const listChildren = async (arrayJobId: string, nextToken: string | undefined, abortSignal: AbortSignal) => {
    const answer = await client.send(
      // Without a status, only RUNNING jobs are listed.
      new ListJobsCommand({ arrayJobId, jobStatus: 'FAILED', maxResults: PAGE_SIZE, nextToken }),
      { abortSignal },
    );
    return {
      children: required(answer.jobSummaryList, 'jobSummaryList').flatMap(childOf),
      next: answer.nextToken || undefined,
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
