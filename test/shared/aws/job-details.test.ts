import { BatchClient, DescribeJobsCommand, ListJobsCommand } from '@aws-sdk/client-batch';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createJobDetails } from '../../../shared/aws/job-details.ts';
import { type Answer, type FaultProxy, type ProxyRequest, startProxy } from '../../faults/proxy.ts';

const signal = new AbortController().signal;

const listen = async (answer: (request: ProxyRequest) => unknown): Promise<FaultProxy> => {
  const server = await startProxy((request): Answer => ({ status: 200, body: JSON.stringify(answer(request)) }));
  onTestFinished(server.close);
  vi.stubEnv('AWS_ENDPOINT_URL_BATCH', server.url);
  return server;
};

const aDetail = (jobId: string) => ({
  jobId,
  jobName: 'nightly',
  jobQueue: 'arn:aws:batch:eu-central-1:123456789012:job-queue/etl',
  jobDefinition: 'arn:aws:batch:eu-central-1:123456789012:job-definition/nightly:3',
  status: 'RUNNING',
});

beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('describe', () => {
  it('asks about a hundred jobs at a time, and gives those that Batch knows', async () => {
    const batch = await listen(({ body }) => ({
      jobs: JSON.parse(body)
        .jobs.filter((id: string) => !id.endsWith('7'))
        .map(aDetail),
    }));
    const ids = Array.from({ length: 230 }, (_, index) => `job-${index}`);

    const jobs = await createJobDetails().describe(ids, signal);

    expect(jobs.map(({ id }) => id)).toEqual(ids.filter((id) => !id.endsWith('7')));
    expect(jobs[0]).toMatchObject({ queue: 'etl', definition: 'nightly:3', status: 'RUNNING' });
    expect(batch.requests.map(({ body }) => JSON.parse(body).jobs.length)).toEqual([100, 100, 30]);
  });

  it('asks nothing about no jobs', async () => {
    const batch = await listen(() => ({ jobs: [] }));

    expect(await createJobDetails().describe([], signal)).toEqual([]);
    expect(batch.requests).toEqual([]);
  });

  it('does not take an answer without a list for an empty one', async () => {
    await listen(() => ({}));

    await expect(createJobDetails().describe(['a'], signal)).rejects.toThrow('DescribeJobs answered without jobs');
  });

  it('rejects when Batch refuses', async () => {
    const server = await startProxy(() => ({
      status: 400,
      body: '{"message":"Maximum number of jobs supported is 100"}',
    }));
    onTestFinished(server.close);
    vi.stubEnv('AWS_ENDPOINT_URL', server.url);

    await expect(createJobDetails().describe(['a'], signal)).rejects.toMatchObject({
      name: 'ServiceError',
      status: 400,
      message: 'DescribeJobs answered 400 Maximum number of jobs supported is 100',
    });
  });
});

describe('failedChildren', () => {
  it('reads every page of the children that failed', async () => {
    const batch = await listen(({ body }) => {
      const { nextToken } = JSON.parse(body);
      return nextToken === undefined
        ? {
            jobSummaryList: [
              {
                jobId: 'a:0',
                startedAt: 1_000,
                stoppedAt: 2_000,
                statusReason: 'Essential container in task exited',
                container: { exitCode: 137, reason: 'OutOfMemoryError' },
              },
              { jobId: 'a:12', statusReason: 'stopped by me', isTerminated: true },
              { jobId: 'odd' },
              {},
            ],
            nextToken: 'more',
          }
        : { jobSummaryList: [{ jobId: 'a:3', isCancelled: true }] };
    });

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
        isCancelled: false,
        isTerminated: false,
      },
      {
        id: 'a:12',
        index: 12,
        stoppedAt: undefined,
        statusReason: 'stopped by me',
        exitCode: undefined,
        reason: undefined,
        hasRun: false,
        isCancelled: false,
        isTerminated: true,
      },
      expect.objectContaining({ id: 'a:3', index: 3, isCancelled: true }),
    ]);
    expect(batch.requests.map(({ body }) => JSON.parse(body))).toEqual([
      { arrayJobId: 'a', jobStatus: 'FAILED', maxResults: 1_000 },
      { arrayJobId: 'a', jobStatus: 'FAILED', maxResults: 1_000, nextToken: 'more' },
    ]);
  });

  it('ends when the pages do not', async () => {
    const batch = await listen(() => ({ jobSummaryList: [], nextToken: 'again' }));

    await expect(createJobDetails().failedChildren('a', signal)).rejects.toThrow(
      'ListJobs of array job a did not end after 11 pages',
    );
    expect(batch.requests).toHaveLength(11);
  });
});

it('sends what the client of the SDK sends', async () => {
  const sent: { method: string; path: string; hostname: string; headers: Record<string, string>; body: string }[] = [];
  vi.spyOn(NodeHttpHandler.prototype, 'handle').mockImplementation(async (request) => {
    sent.push(request as never);
    throw new Error('Captured');
  });
  vi.spyOn(Math, 'random').mockReturnValue(0);
  const client = new BatchClient({ maxAttempts: 1 });
  const details = createJobDetails();
  const listing = { arrayJobId: 'a', jobStatus: 'FAILED' as const, maxResults: 1_000 };

  await client.send(new DescribeJobsCommand({ jobs: ['a', 'b'] })).catch(() => undefined);
  await details.describe(['a', 'b'], signal).catch(() => undefined);
  await client.send(new ListJobsCommand(listing)).catch(() => undefined);
  await details.failedChildren('a', signal).catch(() => undefined);

  const seen = sent.map(({ method, path, hostname, headers, body }) => ({
    method,
    path,
    hostname,
    contentType: headers['content-type'],
    body: JSON.parse(Buffer.from(body).toString()),
  }));
  expect(seen).toHaveLength(8);
  expect(new Set(seen.map((one) => JSON.stringify(one))).size).toBe(2);
});
