/** The validated configuration of EMR clusters as data. */
import type { AgentMetricName, ClusterMetricName, NodeMetricName } from './source-metrics.ts';

/** Selects the EMR clusters of a logical cluster. */
export type ClusterSelector =
  /** Clusters of exactly this name. */
  | { readonly kind: 'name'; readonly name: string }
  /** Clusters whose name matches; without `name`, each counts under its own name. */
  | { readonly kind: 'pattern'; readonly pattern: string; readonly name?: string }
  /** Clusters with a tag. */
  | { readonly kind: 'tag'; readonly key: string; readonly value: string; readonly name: string };

/** The metrics of logical clusters. */
export type EmrMetrics = {
  readonly clusterMetrics: readonly ClusterMetricName[];
  readonly nodeMetrics: readonly NodeMetricName[];
  /** Metrics of the CloudWatch agent, which a cluster of EMR 7 can install. */
  readonly agentMetrics: readonly AgentMetricName[];
  /** The age from which a window is read. */
  readonly lagMinutes: number;
  /** The maximum number of logical clusters with metrics. */
  readonly maxNames: number;
  /** The maximum number of nodes that are read at a time. */
  readonly maxNodes: number;
  /** The maximum cost of the metrics a month, in US dollars. */
  readonly maxMonthlyUsd: number;
  readonly alarms: {
    /** More unhealthy nodes than this raise an alarm. */
    readonly unhealthyNodes: number;
    /** The use of HDFS from which an alarm is raised. */
    readonly hdfsUtilizationPercent: number;
  };
};

export type Emr = {
  /** An EMR cluster belongs to the first selector that matches it. */
  readonly clusters: readonly ClusterSelector[];
  readonly metrics: EmrMetrics;
};
