import { describe, expect, it } from 'vitest';
import { failedContainer } from '../../../shared/jobs/failed-container.ts';
import type { ContainerEnd } from '../../../shared/jobs/job.ts';

describe('failedContainer', () => {
  it.each<[string, ContainerEnd[], string | undefined]>([
    [
      'the one that used too much memory',
      [
        { name: 'a', exitCode: 1 },
        { name: 'b', exitCode: 137, reason: 'OutOfMemoryError' },
      ],
      'b',
    ],
    [
      'the one that failed by itself',
      [
        { name: 'a', exitCode: 143 },
        { name: 'b', exitCode: 1 },
        { name: 'c', exitCode: 137 },
      ],
      'b',
    ],
    [
      'a stopped one where all others ended well',
      [
        { name: 'a', exitCode: 0 },
        { name: 'b', exitCode: 143 },
      ],
      'b',
    ],
    ['the one of which something is said', [{ name: 'a' }, { name: 'b', reason: 'CannotPull' }], 'b'],
    ['the first where nothing is known', [{ name: 'a' }, { name: 'b' }], 'a'],
    ['none where there is none', [], undefined],
  ])('chooses %s', (_, containers, name) => {
    expect(failedContainer(containers)?.name).toBe(name);
  });
});
