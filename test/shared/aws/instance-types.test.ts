import { DescribeInstanceTypesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { createInstanceTypes } from '../../../shared/aws/instance-types.ts';
import { mockAws } from '../../support/mock-aws.ts';

const ec2 = mockAws(EC2Client);
const { signal } = new AbortController();

const info = (name: string, vcpus: number, memoryMiB: number) => ({
  InstanceType: name as never,
  VCpuInfo: { DefaultVCpus: vcpus },
  MemoryInfo: { SizeInMiB: memoryMiB },
  Hypervisor: 'nitro' as const,
  BareMetal: false,
});

describe('describe', () => {
  it('finds the sizes of a family by a pattern that finds no other family, and types by name, on all pages', async () => {
    ec2
      .on(DescribeInstanceTypesCommand)
      .resolvesOnce({ InstanceTypes: [info('c5.large', 2, 4096)], NextToken: 'more' })
      .resolvesOnce({ InstanceTypes: [info('r5.xlarge', 4, 32_768)] });

    expect(await createInstanceTypes().describe(['c5', 'r5.xlarge'], signal)).toEqual([
      { name: 'c5.large', vcpus: 2, memoryMiB: 4096, isNitro: true, isBareMetal: false },
      { name: 'r5.xlarge', vcpus: 4, memoryMiB: 32_768, isNitro: true, isBareMetal: false },
    ]);
    expect(ec2.commandCalls(DescribeInstanceTypesCommand).map(({ args }) => args[0].input)).toEqual([
      { Filters: [{ Name: 'instance-type', Values: ['c5.*', 'r5.xlarge'] }], MaxResults: 100 },
      { Filters: [{ Name: 'instance-type', Values: ['c5.*', 'r5.xlarge'] }], MaxResults: 100, NextToken: 'more' },
    ]);
  });

  it('tells bare metal, and machines that are not Nitro', async () => {
    ec2.on(DescribeInstanceTypesCommand).resolves({
      InstanceTypes: [
        { ...info('c5.metal', 96, 196_608), Hypervisor: undefined, BareMetal: true },
        { ...info('m4.large', 2, 8192), Hypervisor: 'xen' },
      ],
    });

    expect(await createInstanceTypes().describe(['c5', 'm4'], signal)).toMatchObject([
      { name: 'c5.metal', isNitro: false, isBareMetal: true },
      { name: 'm4.large', isNitro: false, isBareMetal: false },
    ]);
  });

  it('asks for two hundred names at a time', async () => {
    ec2.on(DescribeInstanceTypesCommand).resolves({});

    await createInstanceTypes().describe(
      Array.from({ length: 401 }, (_, index) => `x${index}`),
      signal,
    );

    expect(
      ec2.commandCalls(DescribeInstanceTypesCommand).map(({ args }) => args[0].input.Filters?.[0]?.Values?.length),
    ).toEqual([200, 200, 1]);
  });

  it('leaves out a type that EC2 does not tell the size of', async () => {
    ec2.on(DescribeInstanceTypesCommand).resolves({
      InstanceTypes: [{}, { InstanceType: 'c5.large' }, { InstanceType: 'c5.large', VCpuInfo: { DefaultVCpus: 2 } }],
    });

    expect(await createInstanceTypes().describe(['c5'], signal)).toEqual([]);
  });
});
