/** The instances of Amazon EC2, in the suite's words. */
import { DescribeInstancesCommand, EC2Client, EC2ServiceException, type Instance } from '@aws-sdk/client-ec2';
import type { Machine, Machines } from '../clusters/machines.ts';
import { allPages } from './all-pages.ts';
import { clientSettings } from './client-settings.ts';

/** EMR puts it on each instance that it starts. */
const CLUSTER_TAG = 'aws:elasticmapreduce:job-flow-id';

/** At most this many ids in one call, and values in one filter. */
const MAX_IDS = 100;
const MAX_FILTER_VALUES = 200;

/** EC2's error for an instance that does not exist. */
const NOT_FOUND = 'InvalidInstanceID.NotFound';

const isText = (value: string | undefined): value is string => value !== undefined && value !== '';

const machineOf = (instance: Instance): Machine[] => {
  const { InstanceId: instanceId, State, VpcId, PrivateIpAddress, Tags } = instance;
  if (instanceId === undefined) {
    return [];
  }
  const clusterId = Tags?.find(({ Key }) => Key === CLUSTER_TAG)?.Value;
  return [
    {
      instanceId,
      isGone: State?.Name === 'terminated' || State?.Name === 'shutting-down',
      ...(isText(VpcId) ? { vpcId: VpcId } : {}),
      ...(isText(PrivateIpAddress) ? { address: PrivateIpAddress } : {}),
      ...(isText(clusterId) ? { clusterId } : {}),
    },
  ];
};

const parts = <Item>(items: readonly Item[], size: number): Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, part) => items.slice(part * size, (part + 1) * size));

/** Opens EC2's instances. */
export const createMachines = (): Machines => {
  const client = new EC2Client(clientSettings());

  const describe = async (
    input: { InstanceIds: string[] } | { Filters: { Name: string; Values: string[] }[] },
    abortSignal: AbortSignal,
  ): Promise<Machine[]> =>
    allPages(async (NextToken) => {
      const { Reservations = [], NextToken: nextToken } = await client.send(
        new DescribeInstancesCommand({ ...input, ...(NextToken === undefined ? {} : { NextToken }) }),
        { abortSignal },
      );
      const items = Reservations.flatMap(({ Instances }) => Instances ?? []).flatMap(machineOf);
      return { items, nextToken: nextToken === '' ? undefined : nextToken };
    });

  /** One id that EC2 does not know makes the whole call fail: each is asked for by itself then. */
  const describeIds = async (ids: readonly string[], signal: AbortSignal): Promise<Machine[]> => {
    try {
      return await describe({ InstanceIds: [...ids] }, signal);
    } catch (error) {
      if (!(error instanceof EC2ServiceException && error.name === NOT_FOUND)) {
        throw error;
      }
      if (ids.length === 1) {
        return ids.map((instanceId) => ({ instanceId, isGone: true }));
      }
      const machines: Machine[] = [];
      for (const id of ids) {
        machines.push(...(await describeIds([id], signal)));
      }
      return machines;
    }
  };

  return {
    byId: async (instanceIds, signal) => {
      const found = new Map<string, Machine>();
      for (const ids of parts([...new Set(instanceIds)], MAX_IDS)) {
        for (const machine of await describeIds(ids, signal)) {
          found.set(machine.instanceId, machine);
        }
      }
      return found;
    },

    byAddress: async (addresses, signal) => {
      const found: Machine[] = [];
      for (const Values of parts([...new Set(addresses)], MAX_FILTER_VALUES)) {
        const Filters = [{ Name: 'private-ip-address', Values }];
        found.push(...(await describe({ Filters }, signal)));
      }
      return found;
    },
  };
};
