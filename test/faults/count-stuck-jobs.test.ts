import { describe, expect, it } from 'vitest';
import { EXPECTED } from '../../bench/count-stuck-jobs/listing.ts';
import { CPU_LIMIT, compareCpu, countMillion } from '../../bench/count-stuck-jobs.ts';

/** It takes a quarter of that on a machine that has nothing else to do. */
const TIMEOUT_MS = 240_000;

describe('a queue of a million listed jobs', { timeout: TIMEOUT_MS }, () => {
  it('is counted right in exactly a thousand requests, within 128 MB of heap', async () => {
    const { counted, requests } = await countMillion(0);

    expect(counted.jobs).toEqual(EXPECTED);
    expect(requests).toEqual({ 200: 1000, 429: 0, 500: 0 });
  });

  it('is counted the same when one answer in twenty is 429 or 500', async () => {
    const { counted, requests } = await countMillion(0.05);

    expect(counted.jobs).toEqual(EXPECTED);
    expect(requests[200]).toBe(1000);
    expect(requests[429]).toBeGreaterThan(10);
    expect(requests[500]).toBeGreaterThan(10);
  });

  it('costs at most twice the CPU time of a client that signs by hand and parses the same pages', async () => {
    const [bare = 0, ours = 0] = await compareCpu(['bare', 'ours'], 1);

    expect(ours).toBeGreaterThan(0);
    expect(ours / bare).toBeLessThanOrEqual(CPU_LIMIT);
  });
});
