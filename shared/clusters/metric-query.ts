/** The queries to CloudWatch, and their answers. */
import type { Cluster } from './cluster.ts';
import {
  type AgentMetricName,
  type ClusterMetricName,
  type NodeMetricName,
  type SourceName,
  type Statistic,
  sourceMetric,
} from './source-metrics.ts';

/** One metric of one source. */
export type MetricQuery = {
  readonly namespace: string;
  readonly metric: SourceName;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: Statistic;
};

/**
 * Values by the start of their window, in epoch milliseconds. A missing window has no value, which
 * is not a zero.
 */
export type Points = ReadonlyMap<number, number>;

/** The answer to one query, or why it is incomplete. */
export type Reading =
  | { readonly kind: 'complete'; readonly points: Points }
  | { readonly kind: 'incomplete'; readonly reason: string };

/** The dimensions under which the CloudWatch agent of one node publishes a metric. */
export type AgentSeries = {
  readonly metric: AgentMetricName;
  readonly instanceId: string;
  readonly dimensions: Readonly<Record<string, string>>;
};

/** The namespace of EMR's own metrics, by `JobFlowId`. */
const CLUSTER_NAMESPACE = 'AWS/ElasticMapReduce';

/** The namespace of EC2's metrics, by `InstanceId`. */
const NODE_NAMESPACE = 'AWS/EC2';

/** The namespace of the CloudWatch agent. */
export const AGENT_NAMESPACE = 'CWAgent';

/** Makes the query of a metric of EMR. */
export const clusterQuery = ({ id }: Pick<Cluster, 'id'>, metric: ClusterMetricName): MetricQuery => ({
  namespace: CLUSTER_NAMESPACE,
  metric,
  dimensions: { JobFlowId: id },
  statistic: sourceMetric(metric).statistic,
});

/** Makes the query of a metric of EC2. */
export const nodeQuery = (instanceId: string, metric: NodeMetricName): MetricQuery => ({
  namespace: NODE_NAMESPACE,
  metric,
  dimensions: { InstanceId: instanceId },
  statistic: sourceMetric(metric).statistic,
});

/**
 * Makes the query of a metric of the CloudWatch agent. A missing dimension would give no data and
 * no error.
 */
export const agentQuery = ({ metric, dimensions }: AgentSeries): MetricQuery => ({
  namespace: AGENT_NAMESPACE,
  metric,
  dimensions,
  statistic: sourceMetric(metric).statistic,
});
