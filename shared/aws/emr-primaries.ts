/** The primary nodes of EMR's clusters, in the suite's words. */
import { type Instance, ListInstancesCommand } from '@aws-sdk/client-emr';
import type { CallBudget } from '../clusters/call-budget.ts';
import { type Primary, type PrimaryDirectory, READY_STATES } from '../clusters/primaries.ts';
import { clusterOf, createEmrCalls, isText, tagsOf } from './emr-calls.ts';

const primaryOf = (instance: Instance): Primary[] => {
  const { Ec2InstanceId, PrivateIpAddress, PrivateDnsName, PublicDnsName, Status } = instance;
  // An instance that EMR still waits for has no id yet.
  return isText(Ec2InstanceId)
    ? [
        {
          instanceId: Ec2InstanceId,
          isRunning: Status?.State === 'RUNNING',
          ...(isText(PrivateIpAddress) ? { address: PrivateIpAddress } : {}),
          dnsNames: [PrivateDnsName, PublicDnsName].filter(isText),
        },
      ]
    : [];
};

/**
 * Opens EMR.
 *
 * @param budget - is asked before every request, the further pages of a list included, and closed
 * when EMR throttles
 * @returns the port of `shared/clusters`. Every method rejects with `CallsExhausted` when no more
 * may be asked
 */
export const createEmrPrimaries = (budget: Pick<CallBudget, 'admit' | 'close'>): PrimaryDirectory => {
  const { client, listAll, listClusters, describeCluster } = createEmrCalls(budget);

  return {
    listReady: (signal) => listClusters({ states: READY_STATES }, signal),

    describe: async (clusterId, signal) => {
      const found = await describeCluster(clusterId, signal);
      if (found === undefined) {
        return undefined;
      }
      const {
        ReleaseLabel: release,
        Applications,
        InstanceCollectionType,
        MasterPublicDnsName: primaryDnsName,
      } = found;
      return {
        ...clusterOf(found),
        tags: tagsOf(found.Tags ?? []),
        applications: (Applications ?? []).flatMap(({ Name }) => Name ?? []),
        collection: InstanceCollectionType === 'INSTANCE_FLEET' ? 'fleet' : 'group',
        ...(isText(release) ? { release } : {}),
        ...(isText(primaryDnsName) ? { primaryDnsName } : {}),
      };
    },

    // EMR refuses to filter by group where there are fleets, and the other way round.
    listPrimaries: ({ id, collection }, signal) =>
      listAll('ListInstances', signal, async (marker) => {
        const { Instances = [], Marker } = await client.send(
          new ListInstancesCommand({
            ClusterId: id,
            ...(collection === 'fleet' ? { InstanceFleetType: 'MASTER' } : { InstanceGroupTypes: ['MASTER'] }),
            ...marker,
          }),
          { abortSignal: signal },
        );
        return { items: Instances.flatMap(primaryOf), nextToken: Marker };
      }),
  };
};
