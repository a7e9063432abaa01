/** Values for tests of EMR clusters; each call returns a fresh one. */
import type { Cluster } from '../../shared/clusters/cluster.ts';
import type { Instance } from '../../shared/clusters/directory.ts';
import type { Emr, EmrMetrics } from '../../shared/clusters/emr-settings.ts';
import type { LogicalCluster } from '../../shared/clusters/logical-clusters.ts';
import type { Node } from '../../shared/clusters/node.ts';

/** 2026-11-22, in UTC: `at('03:05')`, `at('03:05:30')`. */
export const at = (time: string): Date => new Date(`2026-11-22T${time.length === 5 ? `${time}:00` : time}.000Z`);

export const aCluster = (cluster: Partial<Cluster> = {}): Cluster => ({
  id: 'j-1',
  name: 'etl',
  createdAt: at('00:00'),
  ...cluster,
});

export const aNode = (node: Partial<Node> = {}): Node => ({
  instanceId: 'i-1',
  role: 'core',
  createdAt: at('00:00'),
  ...node,
});

export const anInstance = (instance: Partial<Instance> = {}): Instance => ({
  instanceId: 'i-1',
  memberOf: { kind: 'group', id: 'ig-core' },
  createdAt: at('00:00'),
  ...instance,
});

export const aLogicalCluster = (logical: Partial<LogicalCluster> = {}): LogicalCluster => ({
  name: 'etl',
  dimension: 'etl',
  isStated: true,
  clusters: [aCluster()],
  doubtful: [],
  ...logical,
});

export const someEmrMetrics = (metrics: Partial<EmrMetrics> = {}): EmrMetrics => ({
  clusterMetrics: ['ContainerAllocated', 'HDFSUtilization'],
  nodeMetrics: ['CPUUtilization', 'NetworkIn'],
  agentMetrics: [],
  lagMinutes: 10,
  maxNames: 100,
  maxNodes: 10_000,
  maxMonthlyUsd: 1_000_000,
  alarms: { unhealthyNodes: 0, hdfsUtilizationPercent: 80 },
  ...metrics,
});

export const anEmr = (emr: Partial<Omit<Emr, 'metrics'>> & { metrics?: Partial<EmrMetrics> } = {}): Emr => ({
  clusters: emr.clusters ?? [{ kind: 'name', name: 'etl' }],
  metrics: someEmrMetrics(emr.metrics),
});
