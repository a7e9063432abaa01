import { describe, expect, it } from 'vitest';
import {
  type JobShape,
  memoryText,
  type Overrides,
  requirementOf,
  resourcesText,
  vcpuText,
} from '../../../shared/placement/requirement.ts';

const aShape = (shape: Partial<JobShape> = {}): JobShape => ({
  container: {
    resourceRequirements: [
      { type: 'VCPU', value: '2' },
      { type: 'MEMORY', value: '4096' },
    ],
  },
  isMultiNode: false,
  isEks: false,
  ...shape,
});

describe('requirementOf', () => {
  it.each<[string, JobShape, Overrides, object]>([
    ['what the definition requires', aShape(), {}, { platform: 'EC2', vcpus: 2, memoryMiB: 4096 }],
    ['an override of the memory', aShape(), { memoryMiB: 32_000 }, { platform: 'EC2', vcpus: 2, memoryMiB: 32_000 }],
    ['an override of the vCPUs', aShape(), { vcpus: 8 }, { platform: 'EC2', vcpus: 8, memoryMiB: 4096 }],
    [
      'the deprecated fields of an old definition',
      aShape({ container: { vcpus: 4, memory: 2000 } }),
      {},
      { platform: 'EC2', vcpus: 4, memoryMiB: 2000 },
    ],
    [
      'resource requirements rather than the deprecated fields beside them',
      aShape({ container: { vcpus: 4, memory: 2000, resourceRequirements: [{ type: 'MEMORY', value: '900' }] } }),
      {},
      { platform: 'EC2', vcpus: 4, memoryMiB: 900 },
    ],
    [
      'an override rather than the deprecated fields',
      aShape({ container: { vcpus: 4, memory: 2000 } }),
      { vcpus: 1, memoryMiB: 512 },
      { platform: 'EC2', vcpus: 1, memoryMiB: 512 },
    ],
    [
      'the sum of containers that share a machine',
      aShape({
        container: undefined,
        taskContainers: [
          {
            resourceRequirements: [
              { type: 'VCPU', value: '0.5' },
              { type: 'MEMORY', value: '1024' },
            ],
          },
          {
            resourceRequirements: [
              { type: 'VCPU', value: '1.5' },
              { type: 'MEMORY', value: '3072' },
            ],
          },
        ],
      }),
      {},
      { platform: 'EC2', vcpus: 2, memoryMiB: 4096 },
    ],
    [
      'a definition for Fargate',
      aShape({ platformCapabilities: ['FARGATE'] }),
      { vcpus: 0.25 },
      { platform: 'FARGATE', vcpus: 0.25, memoryMiB: 4096 },
    ],
    [
      'a definition for EC2',
      aShape({ platformCapabilities: ['EC2'], taskContainers: [] }),
      {},
      { platform: 'EC2', vcpus: 2, memoryMiB: 4096 },
    ],
  ])('reads %s', (_, shape, overrides, expected) => {
    expect(requirementOf(shape, overrides)).toEqual({ kind: 'resources', ...expected });
  });

  it.each<[string, JobShape, Overrides, string]>([
    ['several nodes', aShape({ isMultiNode: true }), {}, 'the job runs on several nodes'],
    ['EKS', aShape({ isEks: true }), {}, 'the job runs on EKS'],
    [
      'managed instances',
      aShape({ platformCapabilities: ['MANAGED_INSTANCES'] }),
      {},
      'the job is for MANAGED_INSTANCES',
    ],
    [
      // On which of them it would run, only AWS Batch knows.
      'several platforms',
      aShape({ platformCapabilities: ['EC2', 'FARGATE'] }),
      {},
      'the job is for EC2, FARGATE',
    ],
    [
      'GPUs in the definition',
      aShape({ container: { vcpus: 1, memory: 512, resourceRequirements: [{ type: 'GPU', value: '1' }] } }),
      {},
      'the job requests GPUs',
    ],
    ['GPUs of an override', aShape(), { gpus: 2 }, 'the job requests GPUs'],
    [
      'an override where containers are named one by one',
      aShape({ taskContainers: [{ vcpus: 1, memory: 512 }] }),
      { memoryMiB: 1024 },
      'resources are overridden for a definition that names its containers one by one',
    ],
    [
      'a container that says nothing of its memory',
      aShape({ taskContainers: [{ vcpus: 1, memory: 512 }, { vcpus: 1 }] }),
      {},
      'its definition does not state its vCPUs and memory',
    ],
    [
      'a value that is no number',
      aShape({ container: { vcpus: 1, resourceRequirements: [{ type: 'MEMORY', value: 'much' }] } }),
      {},
      'its definition does not state its vCPUs and memory',
    ],
    ['no container at all', aShape({ container: undefined }), {}, 'its definition does not state its vCPUs and memory'],
  ])('models no job with %s', (_, shape, overrides, reason) => {
    expect(requirementOf(shape, overrides)).toEqual({ kind: 'unmodelled', reason });
  });
});

describe('texts', () => {
  it('writes amounts as people read them', () => {
    expect(memoryText(249_856)).toBe('249,856 MiB');
    expect(vcpuText(1)).toBe('1 vCPU');
    expect(vcpuText(0.25)).toBe('0.25 vCPUs');
    expect(resourcesText({ vcpus: 4, memoryMiB: 32_000 })).toBe('4 vCPUs and 32,000 MiB');
  });
});
