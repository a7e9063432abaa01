/** Values for tests of placement; each call returns a fresh one. */
import type { ComputeEnvironment } from '../../../shared/placement/compute-environment.ts';
import type { Requirement } from '../../../shared/placement/requirement.ts';
import type { InstanceType } from '../../../shared/placement/usable-memory.ts';

const GIB = 1024;

export const aType = (name: string, vcpus: number, gib: number, type: Partial<InstanceType> = {}): InstanceType => ({
  name,
  vcpus,
  memoryMiB: gib * GIB,
  isNitro: true,
  isBareMetal: name.includes('.metal'),
  ...type,
});

/** A few of EC2's types, as it describes them. */
export const TYPES: readonly InstanceType[] = [
  aType('m4.large', 2, 8, { isNitro: false }),
  aType('m5.large', 2, 8),
  aType('m5.xlarge', 4, 16),
  aType('m5.4xlarge', 16, 64),
  aType('c5.large', 2, 4),
  aType('c5.xlarge', 4, 8),
  aType('c5.9xlarge', 36, 72),
  aType('c5.metal', 96, 192),
  aType('c5d.large', 2, 4),
  aType('r5.large', 2, 16),
  aType('r5.xlarge', 4, 32),
  aType('m6i.32xlarge', 128, 512),
  aType('c6i.32xlarge', 128, 256),
  aType('r6i.32xlarge', 128, 1024),
  aType('c7i.48xlarge', 192, 384),
  aType('r7i.48xlarge', 192, 1536),
];

export const anEnvironment = ({
  instanceTypes = ['r5.xlarge'],
  maxVcpus = 256,
  ...environment
}: Partial<ComputeEnvironment> & { instanceTypes?: string[]; maxVcpus?: number } = {}): ComputeEnvironment => ({
  name: 'etl-machines',
  arn: 'arn:aws:batch:ap-northeast-1:123456789012:compute-environment/etl-machines',
  isUsable: 'yes',
  state: 'VALID',
  machines: { kind: 'instances', maxVcpus, instanceTypes, isMaxStrict: false },
  ...environment,
});

export const aFargate = (maxVcpus = 64): ComputeEnvironment =>
  anEnvironment({ name: 'serverless', machines: { kind: 'fargate', maxVcpus } });

export const asking = (
  vcpus: number,
  memoryMiB: number,
  platform: 'EC2' | 'FARGATE' = 'EC2',
): Extract<Requirement, { kind: 'resources' }> => ({ kind: 'resources', platform, vcpus, memoryMiB });
