/** The validated configuration of EMR clusters as data. */
import type { AgentMetricName, ClusterMetricName, NodeMetricName } from './source-metrics.ts';

/** Which EMR clusters are one logical cluster. */
export type ClusterSelector =
  /** Those of exactly this name. */
  | { readonly kind: 'name'; readonly name: string }
  /** Those whose name fits; without `name`, each counts under its own. */
  | { readonly kind: 'pattern'; readonly pattern: string; readonly name?: string }
  /** Those that carry a tag. */
  | { readonly kind: 'tag'; readonly key: string; readonly value: string; readonly name: string };

/** What is published about logical clusters. */
export type EmrMetrics = {
  readonly clusterMetrics: readonly ClusterMetricName[];
  readonly nodeMetrics: readonly NodeMetricName[];
  /** Metrics of the CloudWatch agent, which only clusters of EMR 7 have that were told to. */
  readonly agentMetrics: readonly AgentMetricName[];
  /** How old a window must be before it is read. */
  readonly lagMinutes: number;
  /** How many logical clusters have metrics at most. */
  readonly maxNames: number;
  /** How many nodes are read at a time at most. */
  readonly maxNodes: number;
  /** What the metrics may cost a month at most, in US dollars. */
  readonly maxMonthlyUsd: number;
  readonly alarms: {
    /** How many unhealthy nodes are too many. */
    readonly unhealthyNodes: number;
    /** From how much use of HDFS on a person is told. */
    readonly hdfsUtilizationPercent: number;
  };
};

export type Emr = {
  /** In order: an EMR cluster belongs to the first that takes it. */
  readonly clusters: readonly ClusterSelector[];
  readonly metrics: EmrMetrics;
};
