/**
 * Estimates how much of a machine's memory jobs get. No API returns it before the machine runs, so
 * there is a lower and an upper estimate.
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
 * Every reported figure is between {@link leastUsableMiB} and {@link mostUsableMiB}.
 */

/** An EC2 instance type: the properties that decide whether a job fits. */
export type InstanceType = {
  /** `r5.xlarge`. */
  readonly name: string;
  readonly vcpus: number;
  /** The installed memory, including the part of the system and the agent. */
  readonly memoryMiB: number;
  readonly isNitro: boolean;
  readonly isBareMetal: boolean;
};

/**
 * The memory that the default AMI reserves for the ECS agent.
 *
 * @see https://docs.aws.amazon.com/batch/latest/userguide/ecs-reserved-memory.html
 */
const AGENT_MIB = 32;

/** The share that the kernel and the hypervisor need to describe each page. */
const KERNEL_SHARE = 0.0262;

/** The memory that firmware, kernel and agent need, except on the smallest machines. */
const SYSTEM_MIB = 478;
const SYSTEM_SHARE_OF_SMALL = 0.09;

/**
 * The further share that newer machines need of all memory beyond 32 GiB. The fifth generation does
 * not, but no API returns this.
 */
const LARGE_FROM_MIB = 32_768;
const SYSTEM_SHARE_OF_LARGE = 0.0138;

/** The largest shares that were reported. */
const MOST_OF_NITRO = 0.975;
const MOST_OF_OTHERS = 0.985;

/** Returns the lower estimate: a job that requests no more fits. */
export const leastUsableMiB = ({ memoryMiB }: InstanceType): number =>
  Math.floor(memoryMiB * (1 - KERNEL_SHARE)) -
  Math.min(SYSTEM_MIB, Math.floor(memoryMiB * SYSTEM_SHARE_OF_SMALL)) -
  Math.floor(Math.max(0, memoryMiB - LARGE_FROM_MIB) * SYSTEM_SHARE_OF_LARGE);

/** Returns the upper estimate: a job that requests more never fits. */
export const mostUsableMiB = ({ memoryMiB, isNitro, isBareMetal }: InstanceType): number =>
  Math.floor(memoryMiB * (isNitro && !isBareMetal ? MOST_OF_NITRO : MOST_OF_OTHERS)) - AGENT_MIB;

const COARSE_FROM_MIB = 1_000;

/** Rounds down to hundreds, or to tens if the value is small. */
export const roundedDownMiB = (memoryMiB: number): number => {
  const step = memoryMiB >= COARSE_FROM_MIB ? 100 : 10;
  return Math.floor(memoryMiB / step) * step;
};
