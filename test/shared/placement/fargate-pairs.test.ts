import { describe, expect, it } from 'vitest';
import { FARGATE_PAIRS, isFargatePair } from '../../../shared/placement/fargate-pairs.ts';

describe('isFargatePair', () => {
  it.each([
    [0.25, 512],
    [0.25, 2048],
    [0.5, 1024],
    [0.5, 4096],
    [1, 2048],
    [1, 8192],
    [2, 4096],
    [2, 16_384],
    [4, 8192],
    [4, 30_720],
    [8, 16_384],
    [8, 61_440],
    [16, 32_768],
    [16, 122_880],
    [32, 61_440],
    [32, 122_880],
    [32, 249_856],
  ])('knows %d vCPUs with %d MiB', (vcpus, memoryMiB) => {
    expect(isFargatePair({ vcpus, memoryMiB })).toBe(true);
  });

  it.each([
    [0.25, 4096],
    [0.25, 1536],
    [1, 1024],
    [1, 2500],
    [3, 8192],
    [4, 31_744],
    [8, 20_000],
    [16, 40_000],
    [32, 63_488],
    [64, 249_856],
  ])('does not take %d vCPUs with %d MiB for one', (vcpus, memoryMiB) => {
    expect(isFargatePair({ vcpus, memoryMiB })).toBe(false);
  });

  it('has as many pairs as Fargate', () => {
    expect(FARGATE_PAIRS).toHaveLength(3 + 4 + 7 + 13 + 23 + 12 + 12 + 3);
  });
});
