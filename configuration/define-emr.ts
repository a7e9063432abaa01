/** The types of Amazon EMR clusters in `breakaway.config.ts`. */
import type { AgentMetricName, ClusterMetricName, NodeMetricName } from '../shared/clusters/source-metrics.ts';

/** The Amazon EMR clusters that the suite watches. */
export type UserEmr = {
  /** The logical clusters in order: an EMR cluster belongs to the first one that selects it. */
  readonly clusters: readonly UserCluster[];
  /** The metrics of logical clusters. */
  readonly metrics?: UserEmrMetrics | undefined;
};

/**
 * EMR clusters that are one logical cluster across restarts.
 *
 * - `{ name: 'etl' }`: the EMR clusters with exactly this name.
 * - `{ name: 'etl', pattern: 'etl-*' }`: the EMR clusters whose name fits the pattern.
 * - `{ pattern: 'adhoc-*' }`: the same, but each EMR cluster keeps its own name.
 * - `{ name: 'training', tag: { key: 'team', value: 'ml' } }`: the EMR clusters with a tag.
 */
export type UserCluster = {
  /**
   * The name in metrics and messages. Without `pattern` and `tag` also the name of the EMR
   * clusters.
   */
  readonly name?: string | undefined;
  /** A pattern for names of EMR clusters: `*` stands for any characters. */
  readonly pattern?: string | undefined;
  /** A tag of the EMR clusters. */
  readonly tag?: { readonly key: string; readonly value: string } | undefined;
};

/**
 * The metrics of logical clusters. Each is published as `<Metric>Average` and, where a sum has a
 * meaning, as `<Metric>Sum`.
 */
export type UserEmrMetrics = {
  /**
   * Metrics of EMR, one value per cluster.
   *
   * @defaultValue containers, applications, memory, HDFS, nodes, and whether the cluster is idle
   * @see https://docs.aws.amazon.com/emr/latest/ManagementGuide/UsingEMR_ViewingMetrics.html
   */
  readonly clusterMetrics?: readonly ClusterMetricName[] | undefined;
  /**
   * Metrics of EC2, one value per node.
   *
   * @defaultValue CPU, network, and both kinds of disks
   */
  readonly nodeMetrics?: readonly NodeMetricName[] | undefined;
  /**
   * Metrics of the CloudWatch agent, one value per node. The agent is an application of EMR 7 that
   * a cluster has only if it is configured.
   *
   * @defaultValue none
   */
  readonly agentMetrics?: readonly AgentMetricName[] | undefined;
  /**
   * The age in minutes at which a window of five minutes is read, 5 to 60. Values that arrive later
   * are not included.
   *
   * @defaultValue 10
   */
  readonly lagMinutes?: number | undefined;
  /**
   * The most logical clusters that have metrics, 1 to 500. This limits patterns under which each
   * EMR cluster keeps its own name.
   *
   * @defaultValue 10
   */
  readonly maxNames?: number | undefined;
  /**
   * The most nodes that are read at a time, over all clusters, 0 to 10,000. Beyond this number, the
   * metrics of nodes are left out for a whole logical cluster.
   *
   * @defaultValue 100
   */
  readonly maxNodes?: number | undefined;
  /**
   * The most that the metrics may cost in a month, in US dollars. A configuration that could cost
   * more is refused.
   *
   * @defaultValue 100
   */
  readonly maxMonthlyUsd?: number | undefined;
  /** The thresholds of alarms. */
  readonly alarms?: UserEmrAlarms | undefined;
};

/** The thresholds of alarms, for each logical cluster that has a `name` in the configuration. */
export type UserEmrAlarms = {
  /**
   * The most unhealthy nodes without an alarm.
   *
   * @defaultValue 0
   */
  readonly unhealthyNodes?: number | undefined;
  /**
   * The highest use of HDFS without an alarm in percent, 1 to 100.
   *
   * @defaultValue 80
   */
  readonly hdfsUtilizationPercent?: number | undefined;
};
