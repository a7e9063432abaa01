import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type InstanceType,
  leastUsableMiB,
  mostUsableMiB,
  roundedDownMiB,
} from '../../../shared/placement/usable-memory.ts';
import { aType } from './builders.ts';

const AGENT_MIB = 32;

/** Reported memory of machines, without the part of the agent. */
const REPORTED: readonly (readonly [InstanceType, number])[] = [
  // https://docs.aws.amazon.com/batch/latest/userguide/memory-management.html
  [aType('m4.large', 2, 8, { isNitro: false }), 7985 - AGENT_MIB],
  // https://github.com/aws/containers-roadmap/issues/2231
  [aType('r5.xlarge', 4, 32), 31_431],
  // https://github.com/ASFHyP3/hyp3/pull/582
  [aType('r5d.xlarge', 4, 32), 31_672],
  // https://github.com/thewca/worldcubeassociation.org/pull/9974
  [aType('m6i.large', 2, 8), 2 * 3910],
  [aType('m6i.2xlarge', 8, 32), 8 * 3954],
  // https://github.com/2i2c-org/infrastructure/issues/2121 and the figures gathered after it
  [aType('m5.large', 2, 8), 7.461 * 1024 - AGENT_MIB],
  [aType('m5.xlarge', 4, 16), 15.172 * 1024 - AGENT_MIB],
  [aType('m5.xlarge', 4, 16), 15.344 * 1024 - AGENT_MIB],
  [aType('r5.xlarge', 4, 32), 30.886 * 1024 - AGENT_MIB],
  [aType('r5.2xlarge', 8, 64), 62.011 * 1024 - AGENT_MIB],
  [aType('r5.4xlarge', 16, 128), 124.364 * 1024 - AGENT_MIB],
  [aType('r5.16xlarge', 64, 512), 498.372 * 1024 - AGENT_MIB],
  // https://github.com/aws/karpenter-provider-aws/pull/3940, with what EKS keeps back: for 11, 17 and 58 pods, and 100 MiB
  [aType('t4g.small', 2, 2), 1_408_312 / 1024 + (255 + 11 * 11) + 100 - AGENT_MIB],
  [aType('t4g.medium', 2, 4), 3_377_496 / 1024 + (255 + 11 * 17) + 100 - AGENT_MIB],
  [aType('t4g.xlarge', 4, 16), 15_136_012 / 1024 + (255 + 11 * 58) + 100 - AGENT_MIB],
  // https://github.com/aws/karpenter-provider-aws/issues/6453, where 117,022 are 92.5 % of the node
  [aType('c6gd.16xlarge', 64, 128), 117_022 / 0.925 - AGENT_MIB],
  // https://github.com/pytorch/ci-infra/pull/910, by how much the nodes have more than 94 % of what is installed
  [aType('m6i.32xlarge', 128, 512), (512 * 0.94 + 13.5) * 1024 - AGENT_MIB],
  [aType('r7g.16xlarge', 64, 512), (512 * 0.94 + 13.5) * 1024 - AGENT_MIB],
  [aType('g5.48xlarge', 192, 768), (768 * 0.94 + 26) * 1024 - AGENT_MIB],
  // https://github.com/aws/karpenter-provider-aws/issues/6611
  [aType('i4i.32xlarge', 128, 1024), 1_007_423 - AGENT_MIB],
];

describe('usable memory', () => {
  it.each(REPORTED.map(([type, reported]) => ({ name: type.name, type, reported: Math.floor(reported) })))(
    'holds what was reported of $name between its two estimates: $reported MiB',
    ({ type, reported }) => {
      expect(leastUsableMiB(type)).toBeLessThanOrEqual(reported);
      expect(mostUsableMiB(type)).toBeGreaterThanOrEqual(reported);
    },
  );

  it('estimates 31,431 MiB of 32 GiB, as Batch itself said when it refused 32,000', () => {
    const type = aType('r5.xlarge', 4, 32);

    expect(leastUsableMiB(type)).toBe(31_431);
    expect(mostUsableMiB(type)).toBeLessThan(32_000);
  });

  it('never estimates as much as is installed, so that 8,192 MiB never fit 8 GiB', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 512, max: 24_576 * 1024 }),
        fc.boolean(),
        fc.boolean(),
        (memoryMiB, isNitro, isBareMetal) => {
          const type: InstanceType = { name: 'any', vcpus: 2, memoryMiB, isNitro, isBareMetal };

          expect(leastUsableMiB(type)).toBeGreaterThan(0);
          expect(leastUsableMiB(type)).toBeLessThanOrEqual(mostUsableMiB(type));
          expect(mostUsableMiB(type)).toBeLessThan(memoryMiB);
        },
      ),
    );
  });

  it('allows a machine without a hypervisor more', () => {
    expect(mostUsableMiB(aType('c5.metal', 96, 192))).toBeGreaterThan(mostUsableMiB(aType('c5.24xlarge', 96, 192)));
  });
});

describe('roundedDownMiB', () => {
  it.each([
    [31_431, 31_400],
    [31_400, 31_400],
    [1000, 1000],
    [999, 990],
    [447, 440],
  ])('rounds %d down to %d', (memoryMiB, rounded) => {
    expect(roundedDownMiB(memoryMiB)).toBe(rounded);
  });
});
