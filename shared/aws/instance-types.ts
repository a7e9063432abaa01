/** The instance types of Amazon EC2. */
import { DescribeInstanceTypesCommand, EC2Client, type InstanceTypeInfo } from '@aws-sdk/client-ec2';
import type { InstanceType } from '../placement/usable-memory.ts';
import { allPages } from './all-pages.ts';
import { clientSettings } from './client-settings.ts';

export type InstanceTypes = {
  /**
   * Describes instance types.
   *
   * @param names - of types (`c5.large`) and of families (`c5`); one that EC2 does not know here is
   * left out
   */
  describe(names: readonly string[], signal: AbortSignal): Promise<InstanceType[]>;
};

/** At most this many values in one filter. */
const MAX_FILTER_VALUES = 200;

const MAX_RESULTS = 100;

const instanceTypeOf = ({
  InstanceType: name,
  VCpuInfo,
  MemoryInfo,
  Hypervisor,
  BareMetal,
}: InstanceTypeInfo): InstanceType[] => {
  const [vcpus, memoryMiB] = [VCpuInfo?.DefaultVCpus, MemoryInfo?.SizeInMiB];
  return name === undefined || vcpus === undefined || memoryMiB === undefined
    ? []
    : [{ name, vcpus, memoryMiB, isNitro: Hypervisor === 'nitro', isBareMetal: BareMetal === true }];
};

/** Opens EC2's instance types. */
export const createInstanceTypes = (): InstanceTypes => {
  const client = new EC2Client(clientSettings());

  return {
    describe: async (names, abortSignal) => {
      // A name that EC2 does not know fails a call that asks for it; a filter finds nothing. `c5*`
      // would find c5d and c5n too.
      const values = names.map((name) => (name.includes('.') ? name : `${name}.*`));
      const types: InstanceType[] = [];
      for (let from = 0; from < values.length; from += MAX_FILTER_VALUES) {
        const Filters = [{ Name: 'instance-type', Values: values.slice(from, from + MAX_FILTER_VALUES) }];
        const described = await allPages(async (token) => {
          const { InstanceTypes = [], NextToken: nextToken } = await client.send(
            new DescribeInstanceTypesCommand({
              Filters,
              MaxResults: MAX_RESULTS,
              ...(token === undefined ? {} : { NextToken: token }),
            }),
            { abortSignal },
          );
          return { items: InstanceTypes, nextToken };
        });
        types.push(...described.flatMap(instanceTypeOf));
      }
      return types;
    },
  };
};
