/**
 * How much of a machine's memory jobs get. No API tells before the machine runs, so it is estimated from both sides.
 *
 * | type | installed | a job gets at most | reported at |
 * | --- | --- | --- | --- |
 * | m4.large | 8,192 | 7,953 | https://docs.aws.amazon.com/batch/latest/userguide/memory-management.html |
 * | 32 GiB, not named | 32,768 | 31,431 | https://github.com/aws/containers-roadmap/issues/2231 |
 * | r5d.xlarge | 32,768 | 31,672 | https://github.com/ASFHyP3/hyp3/pull/582 |
 * | m6i.large | 8,192 | 7,820 or more | https://github.com/thewca/worldcubeassociation.org/pull/9974 |
 * | m5.large to r5.16xlarge | 8,192 to 524,288 | 93 % to 97.3 % | https://github.com/2i2c-org/infrastructure/issues/2121 |
 * | t4g.small to t4g.xlarge | 2,048 to 16,384 | 88.8 % to 96.1 % | https://github.com/aws/karpenter-provider-aws/pull/3940 |
 * | c6gd.16xlarge | 131,072 | 96.5 % | https://github.com/aws/karpenter-provider-aws/issues/6453 |
 * | m6i.32xlarge, r7g.16xlarge | 524,288 | 96.6 % | https://github.com/pytorch/ci-infra/pull/910 |
 * | g5.48xlarge | 786,432 | 97.4 % | https://github.com/pytorch/ci-infra/pull/910 |
 * | i4i.32xlarge | 1,048,576 | 96.1 % or more | https://github.com/aws/karpenter-provider-aws/issues/6611 |
 *
 * Of every figure reported, {@link leastUsableMiB} is below it and {@link mostUsableMiB} above.
 */

/** An EC2 instance type, as far as it decides where a job fits. */
export type InstanceType = {
  /** `r5.xlarge`. */
  readonly name: string;
  readonly vcpus: number;
  /** As installed, before the system and the agent take their part. */
  readonly memoryMiB: number;
  readonly isNitro: boolean;
  readonly isBareMetal: boolean;
};

/** What the default AMI keeps for the ECS agent. https://docs.aws.amazon.com/batch/latest/userguide/ecs-reserved-memory.html */
const AGENT_MIB = 32;

/** What the kernel keeps to describe each page, the hypervisor included: it grows with the machine. */
const KERNEL_SHARE = 0.0262;

/** What firmware, kernel and agent keep of any but the smallest machine. */
const SYSTEM_MIB = 478;
const SYSTEM_SHARE_OF_SMALL = 0.09;

/** What newer machines keep of all beyond 32 GiB, on top: the fifth generation did not, and no API tells which will. */
const LARGE_FROM_MIB = 32_768;
const SYSTEM_SHARE_OF_LARGE = 0.0138;

/** No Nitro machine was seen to offer more, and no other. */
const MOST_OF_NITRO = 0.975;
const MOST_OF_OTHERS = 0.985;

/** Estimates from below what a job gets of a machine: who asks for no more is placed. */
export const leastUsableMiB = ({ memoryMiB }: InstanceType): number =>
  Math.floor(memoryMiB * (1 - KERNEL_SHARE)) -
  Math.min(SYSTEM_MIB, Math.floor(memoryMiB * SYSTEM_SHARE_OF_SMALL)) -
  Math.floor(Math.max(0, memoryMiB - LARGE_FROM_MIB) * SYSTEM_SHARE_OF_LARGE);

/** Estimates from above what a job gets of a machine: who asks for more is never placed there. */
export const mostUsableMiB = ({ memoryMiB, isNitro, isBareMetal }: InstanceType): number =>
  Math.floor(memoryMiB * (isNitro && !isBareMetal ? MOST_OF_NITRO : MOST_OF_OTHERS)) - AGENT_MIB;

const COARSE_FROM_MIB = 1_000;

/** Rounds down to a value that a person would write: hundreds, or tens of what is small. */
export const roundedDownMiB = (memoryMiB: number): number => {
  const step = memoryMiB >= COARSE_FROM_MIB ? 100 : 10;
  return Math.floor(memoryMiB / step) * step;
};
