/** Lists of jobs as AWS Batch gives them on a bad day: every job is listed once, or none is. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createJobListing } from '../../shared/aws/job-listing.ts';
import { type Answer, type BatchCall, type BatchStub, failed, page, startBatchStub } from '../support/batch-stub.ts';

const PAGE_SIZE = 1_000;

const numbered = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => ({ jobId: `job-${from + index}`, createdAt: 1_795_300_000_000 }));

let stub: BatchStub | undefined;

beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'ap-northeast-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  // No waiting between attempts.
  vi.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await stub?.close();
  stub = undefined;
});

const answering = async (answer: (call: BatchCall, number: number) => Answer): Promise<BatchStub> => {
  await stub?.close();
  stub = await startBatchStub(answer);
  vi.stubEnv('AWS_ENDPOINT_URL_BATCH', stub.url);
  return stub;
};

/** A queue of so many jobs, in pages of a thousand. */
const pagesOf =
  (count: number) =>
  ({ input: { nextToken = '0' } }: BatchCall): Answer => {
    const from = Number(nextToken);
    const jobs = numbered(Math.min(PAGE_SIZE, count - from), from);
    return page(jobs, from + PAGE_SIZE < count ? String(from + PAGE_SIZE) : undefined);
  };

const listed = async (): Promise<string[]> => {
  const ids: string[] = [];
  const { eachPage } = createJobListing({ pace: async () => undefined });
  await eachPage(
    { queue: 'etl' },
    'RUNNABLE',
    (jobs) => ids.push(...jobs.map(({ jobId }) => jobId)),
    AbortSignal.timeout(30_000),
  );
  return ids;
};

const ids = (count: number): string[] => numbered(count).map(({ jobId }) => jobId);

describe('a queue', () => {
  it.each([0, 1, 999, 1_000, 1_001, 2_000])('of %i jobs is listed whole', async (count) => {
    const { count: requests } = await answering(pagesOf(count));

    expect(await listed()).toEqual(ids(count));
    expect(requests()).toBe(Math.max(1, Math.ceil(count / PAGE_SIZE)));
  });

  it('is listed whole however short its pages are, and though some are empty', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 8 }), async (sizes) => {
        const starts = sizes.map((_, at) => sizes.slice(0, at).reduce((sum, size) => sum + size, 0));
        await answering(({ input: { nextToken = '0' } }) => {
          const at = Number(nextToken);
          return page(numbered(sizes[at] ?? 0, starts[at]), at + 1 < sizes.length ? String(at + 1) : undefined);
        });

        expect(await listed()).toEqual(ids(sizes.reduce((sum, size) => sum + size, 0)));
      }),
      { numRuns: 30 },
    );
  });

  it.each([1, 2, 3, 4])('is listed whole though page %i is first answered with 500, then with 429', async (broken) => {
    const troubles = [failed(500, 'ServerException'), failed(429, 'TooManyRequestsException')];
    const { count: requests } = await answering((call) => {
      const number = Number(call.input.nextToken ?? '0') / PAGE_SIZE + 1;
      return (number === broken ? troubles.shift() : undefined) ?? pagesOf(3_500)(call);
    });

    expect(await listed()).toEqual(ids(3_500));
    expect(requests()).toBe(4 + 2);
  });

  it('is listed whole in a storm in which of two requests one is turned away', async () => {
    const { count: requests } = await answering((call, number) =>
      number % 2 === 1 ? failed(429, 'TooManyRequestsException') : pagesOf(3_500)(call),
    );

    expect(await listed()).toEqual(ids(3_500));
    expect(requests()).toBe(2 * 4);
  });

  it('that is deleted between two pages has no list, instead of half a one', async () => {
    await answering((call) =>
      call.input.nextToken === undefined ? pagesOf(3_500)(call) : failed(400, 'ClientException'),
    );

    await expect(listed()).rejects.toMatchObject({ name: 'ClientException' });
  });
});
