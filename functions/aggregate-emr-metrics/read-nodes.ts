/** Reads which nodes a cluster has had, with as few calls of EMR as possible. */
import type { Cluster } from '../../shared/clusters/cluster.ts';
import type { ClusterDirectory, Instance } from '../../shared/clusters/directory.ts';
import type { AgentSeries } from '../../shared/clusters/metric-query.ts';
import type { NodeRole } from '../../shared/clusters/node.ts';
import { retainOnly } from '../../shared/clusters/retain-only.ts';
import type { AgentMetricName } from '../../shared/clusters/source-metrics.ts';
import type { Inventory } from './sources.ts';

export type Ports = {
  readonly directory: Pick<ClusterDirectory, 'listInstances' | 'listRoles'>;
  readonly listAgentSeries: (
    clusterId: string,
    metrics: readonly AgentMetricName[],
    signal: AbortSignal,
  ) => Promise<readonly AgentSeries[]>;
  readonly now: () => Date;
};

export type ReadNodes = {
  /**
   * Lists the nodes that a cluster had until an instant, which has passed.
   *
   * @throws CallsExhausted when EMR allows no more calls for now
   */
  (cluster: Cluster, until: Date, signal: AbortSignal): Promise<Inventory>;
  /** Forgets all clusters but these. */
  keep(clusters: readonly Cluster[]): void;
};

type Kept = {
  readonly readAt: Date;
  readonly instances: readonly Instance[];
  readonly roles: ReadonlyMap<string, NodeRole>;
  readonly agentSeries: readonly AgentSeries[];
};

/**
 * Makes the function that reads nodes. It remembers them from one call to the next.
 *
 * EMR also lists the nodes that have ended, so a list contains every node before it. Windows are
 * read some time after they close, so one list serves several ticks, and the list of an ended
 * cluster serves all.
 */
export const createReadNodes = (
  { directory, listAgentSeries, now }: Ports,
  agentMetrics: readonly AgentMetricName[],
): ReadNodes => {
  const kept = new Map<string, Kept>();

  const rolesFor = async (
    cluster: Cluster,
    instances: readonly Instance[],
    known: ReadonlyMap<string, NodeRole>,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, NodeRole>> => {
    const unknown = instances.find(({ memberOf }) => !known.has(memberOf.id));
    return unknown === undefined ? known : directory.listRoles(cluster.id, unknown.memberOf.kind, signal);
  };

  const read = async (cluster: Cluster, signal: AbortSignal): Promise<Kept> => {
    const readAt = now();
    const listed = await directory.listInstances(cluster.id, signal);
    // EMR does not sort: a node that changes while pages are read may be on two of them.
    const instances = [...new Map(listed.map((instance) => [instance.instanceId, instance])).values()];
    const roles = await rolesFor(cluster, instances, kept.get(cluster.id)?.roles ?? new Map(), signal);
    const agentSeries = agentMetrics.length === 0 ? [] : await listAgentSeries(cluster.id, agentMetrics, signal);
    const found = { readAt, instances, roles, agentSeries };
    kept.set(cluster.id, found);
    return found;
  };

  const readNodes = async (cluster: Cluster, until: Date, signal: AbortSignal): Promise<Inventory> => {
    const before = kept.get(cluster.id);
    const lastChange = cluster.endedAt !== undefined && cluster.endedAt < until ? cluster.endedAt : until;
    const isEnough = before !== undefined && before.readAt >= lastChange;
    const { instances, roles, agentSeries } = isEnough ? before : await read(cluster, signal);
    return {
      cluster,
      agentSeries,
      nodes: instances.map(({ instanceId, memberOf, createdAt, endedAt = cluster.endedAt }) => {
        const role = roles.get(memberOf.id);
        return {
          instanceId,
          createdAt,
          ...(role === undefined ? {} : { role }),
          ...(endedAt === undefined ? {} : { endedAt }),
        };
      }),
    };
  };

  return Object.assign(readNodes, { keep: (clusters: readonly Cluster[]) => retainOnly(kept, clusters) });
};
