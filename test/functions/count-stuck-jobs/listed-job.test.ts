import { describe, expect, it } from 'vitest';
import { arrayCounts } from '../../../functions/count-stuck-jobs/listed-job.ts';

describe('arrayCounts', () => {
  it.each([
    [3, {}, {}, 3],
    [3, { SUCCEEDED: 2, FAILED: 1 }, {}, 0],
    [100, { RUNNABLE: 60, PENDING: 0, SUCCEEDED: 10 }, { RUNNABLE: 60 }, 30],
    [
      9,
      { RUNNING: 2, SUBMITTED: 1, RUNNABLE: 5, STARTING: 1 },
      { SUBMITTED: 1, RUNNABLE: 5, STARTING: 1, RUNNING: 2 },
      0,
    ],
    [1, { RUNNING: 2 }, { RUNNING: 2 }, 0],
  ])('counts an array of %i with %j', (size, summary, children, unspawned) => {
    const counts = arrayCounts(size, summary);

    expect(Object.fromEntries(counts.children.map(({ status, jobs }) => [status, jobs]))).toEqual(children);
    expect(counts.unspawned).toBe(unspawned);
  });
});
