/**
 * The table of the metrics that are published under the name of a logical cluster: the source of
 * each, and how its values are aggregated.
 *
 * The **statistic** is right for a window of five minutes if the source has a point every minute,
 * and also if it has one every five minutes. The **kind** decides how the values of nodes, or of
 * the clusters of a name, are aggregated:
 *
 * | kind | a value is | Average | Sum |
 * | --- | --- | --- | --- |
 * | `gauge` | a level, or an amount of the window | mean | total |
 * | `counter` | the growth of a number that only ever grows; 0 where it was reset | mean | total |
 * | `ratio` | a share of something, which cannot be added up | mean, of clusters weighted by their nodes | none |
 * | `flag` | 1 when it held for the whole window, else 0 | share of those where it held | their number |
 *
 * @see https://docs.aws.amazon.com/emr/latest/ManagementGuide/UsingEMR_ViewingMetrics.html
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/viewing_metrics_with_cloudwatch.html
 * @see https://docs.aws.amazon.com/emr/latest/ReleaseGuide/AmazonCloudWatchAgent-metrics.html
 */
import type { Unit } from '../telemetry/catalogue.ts';

export type Statistic = 'Average' | 'Maximum' | 'Minimum' | 'Sum';

export type Kind = 'gauge' | 'counter' | 'ratio' | 'flag';

export type SourceMetric = { readonly statistic: Statistic; readonly kind: Kind; readonly unit: Unit };

const level = { statistic: 'Average', kind: 'gauge', unit: 'Count' } as const;
const worst = { statistic: 'Maximum', kind: 'gauge', unit: 'Count' } as const;
const growing = { statistic: 'Maximum', kind: 'counter', unit: 'Count' } as const;
const megabytes = { statistic: 'Average', kind: 'gauge', unit: 'Megabytes' } as const;
const share = { statistic: 'Average', kind: 'ratio', unit: 'Percent' } as const;
const amount = { statistic: 'Sum', kind: 'gauge', unit: 'Count' } as const;
const bytes = { statistic: 'Sum', kind: 'gauge', unit: 'Bytes' } as const;
const held = { statistic: 'Minimum', kind: 'flag', unit: 'None' } as const;

/** The metrics of `AWS/ElasticMapReduce`: one value for each cluster, none for each node. */
export const CLUSTER_METRICS = {
  IsIdle: held,
  ContainerAllocated: level,
  ContainerReserved: level,
  ContainerPending: level,
  ContainerPendingRatio: { statistic: 'Average', kind: 'ratio', unit: 'Count' },
  AppsCompleted: growing,
  AppsFailed: growing,
  AppsKilled: growing,
  AppsSubmitted: growing,
  AppsPending: level,
  AppsRunning: level,
  CoreNodesRunning: level,
  CoreNodesPending: level,
  TaskNodesRunning: level,
  TaskNodesPending: level,
  LiveDataNodes: share,
  MRTotalNodes: level,
  MRActiveNodes: level,
  MRLostNodes: worst,
  MRUnhealthyNodes: worst,
  MRDecommissionedNodes: level,
  MRRebootedNodes: level,
  S3BytesRead: bytes,
  S3BytesWritten: bytes,
  HDFSBytesRead: bytes,
  HDFSBytesWritten: bytes,
  HDFSUtilization: share,
  MissingBlocks: worst,
  CorruptBlocks: worst,
  UnderReplicatedBlocks: worst,
  TotalLoad: level,
  MemoryTotalMB: megabytes,
  MemoryReservedMB: megabytes,
  MemoryAllocatedMB: megabytes,
  MemoryAvailableMB: megabytes,
  YARNMemoryAvailablePercentage: share,
  CapacityRemainingGB: level,
  TotalUnitsRequested: level,
  TotalUnitsRunning: level,
  TotalNodesRequested: level,
  TotalNodesRunning: level,
  TotalVCPURequested: level,
  TotalVCPURunning: level,
} as const satisfies Readonly<Record<string, SourceMetric>>;

/**
 * The metrics of `AWS/EC2`: one value for each node. `Disk` means instance-store volumes only;
 * metrics of EBS volumes begin with `EBS`.
 */
export const NODE_METRICS = {
  CPUUtilization: share,
  NetworkIn: bytes,
  NetworkOut: bytes,
  DiskReadBytes: bytes,
  DiskWriteBytes: bytes,
  DiskReadOps: amount,
  DiskWriteOps: amount,
  EBSReadBytes: bytes,
  EBSWriteBytes: bytes,
  EBSReadOps: amount,
  EBSWriteOps: amount,
  StatusCheckFailed: worst,
} as const satisfies Readonly<Record<string, SourceMetric>>;

/** The metrics of the CloudWatch agent (`CWAgent`), which EMR 7 can install. */
export const AGENT_METRICS = {
  cpu_usage_active: share,
  cpu_usage_iowait: share,
  mem_used: { statistic: 'Average', kind: 'gauge', unit: 'Bytes' },
  mem_available: { statistic: 'Average', kind: 'gauge', unit: 'Bytes' },
  mem_available_percent: share,
  mem_used_percent: share,
  disk_used: { statistic: 'Average', kind: 'gauge', unit: 'Bytes' },
  disk_free: { statistic: 'Average', kind: 'gauge', unit: 'Bytes' },
  disk_used_percent: share,
  swap_used: { statistic: 'Average', kind: 'gauge', unit: 'Bytes' },
  processes_running: level,
  processes_total: level,
} as const satisfies Readonly<Record<string, SourceMetric>>;

export type ClusterMetricName = keyof typeof CLUSTER_METRICS;
export type NodeMetricName = keyof typeof NODE_METRICS;
export type AgentMetricName = keyof typeof AGENT_METRICS;

/** Any metric of the table. */
export type SourceName = ClusterMetricName | NodeMetricName | AgentMetricName;

const ALL: Readonly<Record<SourceName, SourceMetric>> = { ...CLUSTER_METRICS, ...NODE_METRICS, ...AGENT_METRICS };

/** Looks a metric up in the table. */
export const sourceMetric = (name: SourceName): SourceMetric => ALL[name];

/** The values that a kind has over several nodes or clusters. */
export const AGGREGATES = {
  gauge: ['Average', 'Sum'],
  counter: ['Average', 'Sum'],
  ratio: ['Average'],
  flag: ['Average', 'Sum'],
} as const satisfies Readonly<Record<Kind, readonly ('Average' | 'Sum')[]>>;

/**
 * The default metrics of clusters: containers, applications, memory, HDFS, nodes, and whether the
 * cluster is idle.
 */
export const DEFAULT_CLUSTER_METRICS = [
  'ContainerAllocated',
  'ContainerPending',
  'AppsRunning',
  'AppsPending',
  'AppsCompleted',
  'AppsFailed',
  'MemoryAllocatedMB',
  'MemoryAvailableMB',
  'YARNMemoryAvailablePercentage',
  'HDFSUtilization',
  'CapacityRemainingGB',
  'MissingBlocks',
  'MRActiveNodes',
  'MRUnhealthyNodes',
  'MRLostNodes',
  'IsIdle',
] as const satisfies readonly ClusterMetricName[];

/** The default metrics of nodes: CPU, both kinds of disks, and network. */
export const DEFAULT_NODE_METRICS = [
  'CPUUtilization',
  'NetworkIn',
  'NetworkOut',
  'DiskReadBytes',
  'DiskWriteBytes',
  'EBSReadBytes',
  'EBSWriteBytes',
] as const satisfies readonly NodeMetricName[];
