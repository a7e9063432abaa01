/** Estimates the monthly cost of EMR metrics from the configuration. */
import type { ClusterSelector, Emr } from './emr-settings.ts';
import { NODE_ROLES } from './node.ts';
import { AGGREGATES, type SourceName, sourceMetric } from './source-metrics.ts';

/**
 * List prices of us-east-1 in US dollars; some Regions cost more.
 *
 * @see https://aws.amazon.com/cloudwatch/pricing/
 */
const USD_A_CUSTOM_METRIC = 0.3;
const USD_A_METRIC_READ = 0.01 / 1_000;
const USD_A_REQUEST = 0.01 / 1_000;

/** The limit of one call of PutMetricData. */
const METRICS_A_PUT = 1_000;

/** While a cluster is replaced, the old and the new one are read. */
const CLUSTERS_A_NAME = 2;

/** One every five minutes for 730 hours, which is a month for AWS. */
const WINDOWS_A_MONTH = 12 * 730;

export type MonthlyCost = {
  /** Logical clusters that can have metrics. */
  readonly names: number;
  /** Published metrics, each with its dimensions. */
  readonly customMetrics: number;
  /** Metrics that GetMetricData reads for one window; the function reads no more on average. */
  readonly metricsReadAWindow: number;
  /** Metrics that GetMetricData reads in a month. */
  readonly metricsRead: number;
  readonly usd: number;
};

/**
 * Returns whether each cluster of a selector has its own name, so that EMR decides the number of
 * names.
 */
const hasOwnNames = (selector: ClusterSelector): boolean => selector.name === undefined;

/**
 * Counts the names of the configuration; if EMR decides the number, the maximum that is allowed.
 */
const namesOf = ({ clusters, metrics }: Emr): number => {
  const stated = new Set(clusters.flatMap(({ name }) => name ?? [])).size;
  return clusters.some(hasOwnNames) ? Math.max(stated, metrics.maxNames) : stated;
};

const aggregatesOf = (names: readonly SourceName[]): number =>
  names.reduce((count, name) => count + AGGREGATES[sourceMetric(name).kind].length, 0);

/**
 * Estimates an upper limit: every name always has two clusters and nodes of every role, and the
 * maximum of nodes exists all month.
 *
 * @remarks The metrics of agents have a cost of their own in the cluster that publishes them.
 */
export const monthlyCost = (emr: Emr): MonthlyCost => {
  const { clusterMetrics, nodeMetrics, agentMetrics, maxNodes } = emr.metrics;
  const names = namesOf(emr);
  // One more metric is the number of live clusters.
  const metricsAName =
    1 + aggregatesOf(clusterMetrics) + aggregatesOf([...nodeMetrics, ...agentMetrics]) * (1 + NODE_ROLES.length);
  const metricsReadAWindow =
    names === 0
      ? 0
      : names * CLUSTERS_A_NAME * clusterMetrics.length + maxNodes * (nodeMetrics.length + agentMetrics.length);
  const customMetrics = names * metricsAName;
  const metricsRead = metricsReadAWindow * WINDOWS_A_MONTH;
  // Names with different windows share no put; agents' metrics are listed by cluster and metric.
  const requestsAWindow = names * (Math.ceil(metricsAName / METRICS_A_PUT) + CLUSTERS_A_NAME * agentMetrics.length);
  return {
    names,
    customMetrics,
    metricsReadAWindow,
    metricsRead,
    usd:
      customMetrics * USD_A_CUSTOM_METRIC +
      metricsRead * USD_A_METRIC_READ +
      requestsAWindow * WINDOWS_A_MONTH * USD_A_REQUEST,
  };
};

const whole = (value: number): string => Math.ceil(value).toLocaleString('en');

/** Describes the monthly cost of the metrics in one sentence. */
export const describeCost = (emr: Emr): string => {
  const { names, customMetrics, metricsRead, usd } = monthlyCost(emr);
  return (
    `at most ${whole(usd)} USD a month, for ${whole(customMetrics)} custom metrics of ${whole(names)} logical clusters ` +
    `and ${whole(metricsRead)} metrics read with GetMetricData from up to ${whole(emr.metrics.maxNodes)} nodes`
  );
};
