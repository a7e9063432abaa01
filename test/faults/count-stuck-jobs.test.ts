import { describe, expect, it } from 'vitest';
import { expectedJobs, MILLION, pageCount } from '../../bench/count-stuck-jobs/listing.ts';
import { countOnce } from '../../bench/count-stuck-jobs.ts';
import { sizeOf } from '../support/test-size.ts';

const TIMES = sizeOf({ usual: 1, long: MILLION });

describe(`a queue of ${TIMES * 20_000} listed jobs`, { timeout: sizeOf({ usual: 60_000, long: 600_000 }) }, () => {
  it('is counted right in exactly one request a page', async () => {
    const { counted, requests } = await countOnce(TIMES, 0);

    expect(counted.jobs).toEqual(expectedJobs(TIMES));
    expect(requests).toEqual({ 200: pageCount(TIMES), 429: 0, 500: 0 });
  });

  it('is counted the same when some answers are 429 or 500', async () => {
    const { counted, requests } = await countOnce(TIMES, 0.2);

    expect(counted.jobs).toEqual(expectedJobs(TIMES));
    expect(requests[200]).toBe(pageCount(TIMES));
    expect(requests[429]).toBeGreaterThan(0);
    expect(requests[500]).toBeGreaterThan(0);
  });
});
