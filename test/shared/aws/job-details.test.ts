import { BatchClient, DescribeJobsCommand, type JobDetail, ListJobsCommand } from '@aws-sdk/client-batch';
import { describe, expect, it } from 'vitest';
import { createJobDetails } from '../../../shared/aws/job-details.ts';
import { batchError } from '../../support/batch-errors.ts';
import { mockAws } from '../../support/mock-aws.ts';

const batch = mockAws(BatchClient);

const signal = new AbortController().signal;

const aDetail = (jobId: string): JobDetail => ({
  jobId,
  jobName: 'nightly',
  jobQueue: 'arn:aws:batch:eu-central-1:123456789012:job-queue/etl',
  jobDefinition: 'arn:aws:batch:eu-central-1:123456789012:job-definition/nightly:3',
  status: 'RUNNING',
  startedAt: 1_700_000_000_123,
});

describe('describe', () => {
  it('asks about a hundred jobs at a time, and gives those that Batch knows', async () => {
    batch.on(DescribeJobsCommand).callsFake(({ jobs }: { jobs: string[] }) => ({
      jobs: jobs.filter((id) => !id.endsWith('7')).map(aDetail),
    }));
    const ids = Array.from({ length: 230 }, (_, index) => `job-${index}`);

    const jobs = await createJobDetails().describe(ids, signal);

    expect(jobs.map(({ id }) => id)).toEqual(ids.filter((id) => !id.endsWith('7')));
    expect(jobs[0]).toMatchObject({
      queue: 'etl',
      definition: 'nightly:3',
      status: 'RUNNING',
      startedAt: new Date(1_700_000_000_123),
    });
    expect(batch.commandCalls(DescribeJobsCommand).map(({ args: [{ input }] }) => input.jobs?.length)).toEqual([
      100, 100, 30,
    ]);
  });

  it('asks nothing about no jobs', async () => {
    expect(await createJobDetails().describe([], signal)).toEqual([]);
    expect(batch.calls()).toEqual([]);
  });

  it('does not take an answer without a list for an empty one', async () => {
    batch.on(DescribeJobsCommand).resolves({});

    await expect(createJobDetails().describe(['a'], signal)).rejects.toThrow('jobs is missing in an answer of Batch');
  });

  it('rejects when Batch refuses', async () => {
    batch.on(DescribeJobsCommand).rejects(batchError(400, 'ClientException', 'Maximum number of jobs is 100'));

    await expect(createJobDetails().describe(['a'], signal)).rejects.toThrow('Maximum number of jobs is 100');
  });
});

describe('failedChildren', () => {
  it('reads every page of the children that failed', async () => {
    batch
      .on(ListJobsCommand)
      .resolvesOnce({
        jobSummaryList: [
          {
            jobId: 'a:0',
            jobName: 'nightly',
            startedAt: 1_000,
            stoppedAt: 2_000,
            statusReason: 'Essential container in task exited',
            container: { exitCode: 137, reason: 'OutOfMemoryError' },
          },
          { jobId: 'odd', jobName: 'nightly' },
          { jobId: undefined, jobName: 'nightly' },
        ],
        nextToken: 'more',
      })
      .resolvesOnce({ jobSummaryList: [{ jobId: 'a:12', jobName: 'nightly' }] });

    const children = await createJobDetails().failedChildren('a', signal);

    expect(children).toEqual([
      {
        id: 'a:0',
        index: 0,
        stoppedAt: new Date(2_000),
        statusReason: 'Essential container in task exited',
        exitCode: 137,
        reason: 'OutOfMemoryError',
        hasRun: true,
      },
      {
        id: 'a:12',
        index: 12,
        stoppedAt: undefined,
        statusReason: undefined,
        exitCode: undefined,
        reason: undefined,
        hasRun: false,
      },
    ]);
    expect(batch.commandCalls(ListJobsCommand).map(({ args: [{ input }] }) => input)).toEqual([
      { arrayJobId: 'a', jobStatus: 'FAILED', maxResults: 1_000 },
      { arrayJobId: 'a', jobStatus: 'FAILED', maxResults: 1_000, nextToken: 'more' },
    ]);
  });

  it('ends when the pages do not', async () => {
    batch.on(ListJobsCommand).resolves({ jobSummaryList: [], nextToken: 'again' });

    await expect(createJobDetails().failedChildren('a', signal)).rejects.toThrow(
      'ListJobs of array job a did not end after 11 pages',
    );
    expect(batch.commandCalls(ListJobsCommand)).toHaveLength(11);
  });
});
