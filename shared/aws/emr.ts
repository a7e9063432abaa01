/** EMR's clusters and their nodes, in the suite's words. */
import { ListInstanceFleetsCommand, ListInstanceGroupsCommand, ListInstancesCommand } from '@aws-sdk/client-emr';
import type { CallBudget } from '../clusters/call-budget.ts';
import type { ClusterDirectory, Instance, Membership } from '../clusters/directory.ts';
import type { NodeRole } from '../clusters/node.ts';
import { clusterOf, createEmrCalls, isText, lifetimeOf, required, tagsOf } from './emr-calls.ts';

/** EMR's names for the roles of nodes. */
const ROLES: Readonly<Record<string, NodeRole>> = { MASTER: 'primary', CORE: 'core', TASK: 'task' };

/**
 * Opens EMR.
 *
 * @param budget - is asked before every request, the further pages of a list included, and closed
 * when EMR throttles
 * @returns the port of `shared/clusters`. Every method rejects with `CallsExhausted` when no more
 * may be asked
 */
export const createEmr = (budget: Pick<CallBudget, 'admit' | 'close'>): ClusterDirectory => {
  const { client, listAll, listClusters, describeCluster } = createEmrCalls(budget);

  const rolesOf = (
    groups: readonly { readonly id: string | undefined; readonly type: string | undefined }[],
  ): ReadonlyMap<string, NodeRole> =>
    new Map(
      groups.flatMap(({ id, type }) => {
        const role = ROLES[type ?? ''];
        return id === undefined || role === undefined ? [] : [[id, role]];
      }),
    );

  return {
    listClusters,

    describeCluster: async (id, signal) => {
      const found = await describeCluster(id, signal);
      return found && { ...clusterOf(found), tags: tagsOf(found.Tags ?? []) };
    },

    // Neither states nor roles are asked for: those that have ended count too, and a filter by role
    // would take a call for each.
    listInstances: (clusterId, signal) =>
      listAll('ListInstances', signal, async (marker) => {
        const { Instances = [], Marker } = await client.send(
          new ListInstancesCommand({ ClusterId: clusterId, ...marker }),
          { abortSignal: signal },
        );
        const items = Instances.flatMap((instance): Instance[] => {
          const { Ec2InstanceId, InstanceGroupId, InstanceFleetId, Status } = instance;
          // An instance that EMR still waits for has no id yet.
          if (!isText(Ec2InstanceId)) {
            return [];
          }
          const memberOf: Membership = isText(InstanceFleetId)
            ? { kind: 'fleet', id: InstanceFleetId }
            : { kind: 'group', id: required(InstanceGroupId, `the group or fleet of instance ${Ec2InstanceId}`) };
          return [
            {
              instanceId: Ec2InstanceId,
              memberOf,
              // One that is said to have ended, but not when, may have lived until its cluster's
              // end.
              ...lifetimeOf(Status?.Timeline, `instance ${Ec2InstanceId}`, false),
            },
          ];
        });
        return { items, nextToken: Marker };
      }),

    // EMR refuses to list the groups of a cluster that has fleets, and the other way round.
    // https://github.com/turbot/steampipe-plugin-aws/issues/1222
    listRoles: async (clusterId, kind, signal) => {
      if (kind === 'fleet') {
        const fleets = await listAll('ListInstanceFleets', signal, async (marker) => {
          const { InstanceFleets = [], Marker } = await client.send(
            new ListInstanceFleetsCommand({ ClusterId: clusterId, ...marker }),
            { abortSignal: signal },
          );
          return { items: InstanceFleets, nextToken: Marker };
        });
        return rolesOf(fleets.map(({ Id, InstanceFleetType }) => ({ id: Id, type: InstanceFleetType })));
      }
      const groups = await listAll('ListInstanceGroups', signal, async (marker) => {
        const { InstanceGroups = [], Marker } = await client.send(
          new ListInstanceGroupsCommand({ ClusterId: clusterId, ...marker }),
          { abortSignal: signal },
        );
        return { items: InstanceGroups, nextToken: Marker };
      });
      return rolesOf(groups.map(({ Id, InstanceGroupType }) => ({ id: Id, type: InstanceGroupType })));
    },
  };
};
