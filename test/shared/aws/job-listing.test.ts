import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createJobListing, type JobOwner, type JobSummary } from '../../../shared/aws/job-listing.ts';
import { type Answer, type BatchCall, type BatchStub, failed, page, startBatchStub } from '../../support/batch-stub.ts';

const { endpoint } = vi.hoisted(() => {
  Object.assign(process.env, {
    AWS_REGION: 'ap-northeast-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
  return { endpoint: 'AWS_ENDPOINT_URL_BATCH' };
});

const ETL = { queue: 'etl' };

const jobs = (count: number, from = 0): JobSummary[] =>
  Array.from({ length: count }, (_, index) => ({
    jobId: `job-${from + index}`,
    createdAt: 1_763_800_000_000 + from + index,
    jobDefinition: 'arn:aws:batch:ap-northeast-1:123456789012:job-definition/import-sales:7',
  }));

let stub: BatchStub | undefined;

const answering = async (answer: (call: BatchCall, number: number) => Answer): Promise<BatchStub> => {
  stub = await startBatchStub(answer);
  process.env[endpoint] = stub.url;
  return stub;
};

const listed = async (
  owner: JobOwner = ETL,
  { pace = async () => undefined, signal = AbortSignal.timeout(20_000) } = {},
): Promise<JobSummary[]> => {
  const all: JobSummary[] = [];
  await createJobListing({ pace }).eachPage(owner, 'RUNNABLE', (page) => all.push(...page), signal);
  return all;
};

beforeEach(() => {
  // No waiting between the SDK's attempts.
  vi.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await stub?.close();
  stub = undefined;
});

describe('eachPage', () => {
  it('asks for one status, a thousand jobs at a time, until there is no token', async () => {
    const { calls } = await answering(({ input: { nextToken = '0' } }) =>
      nextToken === '2'
        ? page(jobs(1, 2000))
        : page(jobs(1000, Number(nextToken) * 1000), String(Number(nextToken) + 1)),
    );

    const all = await listed();

    expect(all).toEqual(jobs(2001));
    expect(calls.map(({ path, input }) => [path, input])).toEqual([
      ['/v1/listjobs', { jobQueue: 'etl', jobStatus: 'RUNNABLE', maxResults: 1000 }],
      ['/v1/listjobs', { jobQueue: 'etl', jobStatus: 'RUNNABLE', maxResults: 1000, nextToken: '1' }],
      ['/v1/listjobs', { jobQueue: 'etl', jobStatus: 'RUNNABLE', maxResults: 1000, nextToken: '2' }],
    ]);
  });

  it.each([
    ['null', null],
    ['an empty token', ''],
  ])('takes %s for the end', async (_, nextToken) => {
    const { count } = await answering(() => page(jobs(3), nextToken));

    expect(await listed()).toHaveLength(3);
    expect(count()).toBe(1);
  });

  it('goes on after an empty page that has a token', async () => {
    await answering(({ input: { nextToken } }) => (nextToken === undefined ? page([], 'more') : page(jobs(2))));

    expect(await listed()).toHaveLength(2);
  });

  it('lists nothing of a queue without jobs', async () => {
    await answering(() => page([]));

    expect(await listed()).toEqual([]);
  });

  it('lists the children of an array job', async () => {
    const { calls } = await answering(() => page(jobs(2)));

    await listed({ arrayJobId: 'parent' });

    expect(calls[0]?.input).toEqual({ arrayJobId: 'parent', jobStatus: 'RUNNABLE', maxResults: 1000 });
  });

  it('keeps names with quotes, escapes and what looks like a token as they are', async () => {
    const odd = [{ jobId: 'a', jobName: '","nextToken":"x", "jobId": "y\\', extra: { nextToken: 'z' } }];
    const { count } = await answering(() => page(odd));

    expect(await listed()).toEqual(odd);
    expect(count()).toBe(1);
  });

  it('ends with an error when a token comes again, instead of never', async () => {
    const { count } = await answering(() => page(jobs(1000), 'again'));

    await expect(listed()).rejects.toThrow('ListJobs of RUNNABLE jobs repeated a page token after 1 pages');
    expect(count()).toBe(2);
  });

  it.each([
    ['throttled', failed(429, 'TooManyRequestsException')],
    ['failed', failed(500, 'ServerException')],
    ['answered with half a list', { body: '{"jobSummaryList":[{"jobId":"a"}' }],
    ['answered without a list', { body: '{"nextToken":"x"}' }],
    ['answered with nothing', { body: '' }],
    ['cut off', { ...page(jobs(1000)), cutAfter: 20_000 }],
  ])('asks again when it was %s, and lists every job once', async (_, trouble) => {
    const { count } = await answering(({ input: { nextToken } }, number) => {
      if (number === 1 || number === 3) return trouble;
      return nextToken === undefined ? page(jobs(1000), 'more') : page(jobs(500, 1000));
    });

    expect(await listed()).toEqual(jobs(1500));
    expect(count()).toBe(4);
  });

  it.each([
    ['throttled', failed(429, 'TooManyRequestsException'), 'scripted TooManyRequestsException'],
    ['without a list', { body: '{}' }, 'ListJobs answered with something else than a whole list of jobs'],
  ])('rejects when it is %s for long, rather than list too few', async (_, trouble, message) => {
    const { count } = await answering(({ input: { nextToken } }) =>
      nextToken === undefined ? page(jobs(1000), 'more') : trouble,
    );

    await expect(listed()).rejects.toThrow(message);
    expect(count()).toBe(1 + 8);
  });

  it('takes an answer without a body for no count', async () => {
    await answering(() => ({ status: 204, body: '' }));

    await expect(listed()).rejects.toThrow('ListJobs answered with something else than a whole list of jobs');
  });

  it('asks only once about a queue that is not there', async () => {
    const { count } = await answering(() => failed(400, 'ClientException'));

    await expect(listed()).rejects.toMatchObject({ name: 'ClientException' });
    expect(count()).toBe(1);
  });

  it('waits for its turn before every attempt', async () => {
    const { count } = await answering((_, number) => (number < 3 ? failed(500, 'ServerException') : page(jobs(1))));
    const pace = vi.fn(async () => undefined);

    await listed(ETL, { pace });

    expect(count()).toBe(3);
    expect(pace).toHaveBeenCalledTimes(3);
  });

  it('stops when it is told to, in the middle of an answer', async () => {
    const stop = new AbortController();
    await answering(() => {
      setTimeout(() => stop.abort(), 50);
      return { ...page(jobs(1000)), cutAfter: 20_000, hangs: true };
    });

    await expect(listed(ETL, { signal: stop.signal })).rejects.toMatchObject({ name: 'AbortError' });
  });
});
