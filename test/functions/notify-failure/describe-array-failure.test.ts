import { describe, expect, it } from 'vitest';
import {
  createDescribeArrayFailure,
  type ListedChild,
} from '../../../functions/notify-failure/describe-array-failure.ts';
import { createDescribeFailure } from '../../../functions/notify-failure/describe-failure.ts';
import { jobOf } from './fixtures.ts';

const signal = new AbortController().signal;

const describeArray = async (children: readonly ListedChild[]) => {
  const asked: string[] = [];
  const describeJobs = async (ids: readonly string[]) => {
    asked.push(...ids);
    return [];
  };
  const single = createDescribeFailure(
    { runOfJob: async () => undefined, describe: describeJobs, readLog: async () => undefined },
    { jobNamePrefix: 'breakaway-local-' },
  );
  const describeArrayFailure = createDescribeArrayFailure(
    { failedChildren: async () => children, describe: describeJobs },
    single,
  );
  return { asked, ...(await describeArrayFailure(jobOf('array'), signal)) };
};

const aChild = (index: number, differences: Partial<ListedChild> = {}): ListedChild => ({
  id: `a:${index}`,
  index,
  stoppedAt: new Date(1_000 * index),
  hasRun: true,
  ...differences,
});

describe('createDescribeArrayFailure', () => {
  it('shows the first to fail, then the first of each other cause, then others', async () => {
    const oom = { exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' };
    const children = [
      aChild(9, oom),
      aChild(3, { exitCode: 1 }),
      aChild(2, { exitCode: 1 }),
      aChild(4, { exitCode: 1 }),
    ];

    const { samples, causes, asked } = await describeArray(children);

    expect(samples.map(({ index }) => index)).toEqual([2, 9, 3]);
    expect(causes).toEqual([
      { brief: 'exit code 1', children: 3 },
      { brief: 'out of memory (exit code 137)', children: 1 },
    ]);
    expect(asked).toEqual(['a:2']);
  });

  it('takes children of which the list says less', async () => {
    const unknown = { stoppedAt: undefined };

    const { causes, samples } = await describeArray([
      aChild(1, { ...unknown, hasRun: false, exitCode: 2 }),
      aChild(2, { ...unknown, hasRun: false, reason: 'CannotPullContainerError: no such image' }),
      aChild(3, { ...unknown, hasRun: false, statusReason: 'Array size exceeds' }),
    ]);

    expect(causes.map(({ brief }) => brief)).toEqual(['exit code 2', 'the image could not be pulled', 'never started']);
    expect(samples.map(({ index }) => index)).toEqual([1, 2, 3]);
  });

  it('asks about no child where none is listed', async () => {
    expect(await describeArray([])).toMatchObject({
      samples: [],
      causes: [],
      asked: [],
      tail: undefined,
      isCascade: false,
    });
  });
});
