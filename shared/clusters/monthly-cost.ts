/** What the metrics of EMR clusters cost a month, told from the configuration alone. */
import type { ClusterSelector, Emr } from './emr-settings.ts';
import { NODE_ROLES } from './node.ts';
import { AGGREGATES, type SourceName, sourceMetric } from './source-metrics.ts';

/** List prices of us-east-1 in US dollars; some Regions are dearer. @see https://aws.amazon.com/cloudwatch/pricing/ */
const USD_A_CUSTOM_METRIC = 0.3;
const USD_A_METRIC_READ = 0.01 / 1_000;
const USD_A_REQUEST = 0.01 / 1_000;

/** What a put holds, and what a read holds. */
const METRICS_A_PUT = 1_000;

/** While a cluster is replaced, the windows in which both live are read of both. */
const CLUSTERS_A_NAME = 2;

/** One every five minutes for 730 hours, the month that AWS reckons with. */
const WINDOWS_A_MONTH = 12 * 730;

export type MonthlyCost = {
  /** Logical clusters that can have metrics. */
  readonly names: number;
  /** Metrics published, each with its dimensions. */
  readonly customMetrics: number;
  /** Metrics asked for with GetMetricData for one window; on the average of the windows that it does, the function asks for no more. */
  readonly metricsReadAWindow: number;
  /** The same in a month. */
  readonly metricsRead: number;
  readonly usd: number;
};

/** Tells whether a selector lets each cluster count under its own name, so that EMR decides how many names there are. */
const hasOwnNames = (selector: ClusterSelector): boolean => selector.name === undefined;

/** Counts the names of the configuration; with those that EMR decides on, as many as it allows. */
const namesOf = ({ clusters, metrics }: Emr): number => {
  const stated = new Set(clusters.flatMap(({ name }) => name ?? [])).size;
  return clusters.some(hasOwnNames) ? Math.max(stated, metrics.maxNames) : stated;
};

const aggregatesOf = (names: readonly SourceName[]): number =>
  names.reduce((count, name) => count + AGGREGATES[sourceMetric(name).kind].length, 0);

/**
 * Estimates from above: every name always has two clusters and nodes of every role, and all nodes that may be read are there all month.
 *
 * @remarks The agent's metrics cost more in themselves, where a cluster publishes them.
 */
export const monthlyCost = (emr: Emr): MonthlyCost => {
  const { clusterMetrics, nodeMetrics, agentMetrics, maxNodes } = emr.metrics;
  const names = namesOf(emr);
  // One more says how many clusters are alive.
  const metricsAName =
    1 + aggregatesOf(clusterMetrics) + aggregatesOf([...nodeMetrics, ...agentMetrics]) * (1 + NODE_ROLES.length);
  const metricsReadAWindow =
    names === 0
      ? 0
      : names * CLUSTERS_A_NAME * clusterMetrics.length + maxNodes * (nodeMetrics.length + agentMetrics.length);
  const customMetrics = names * metricsAName;
  const metricsRead = metricsReadAWindow * WINDOWS_A_MONTH;
  // Names that wait for different windows share no put; what agents publish is asked for by cluster and metric.
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

/** Words what the metrics may cost a month. */
export const describeCost = (emr: Emr): string => {
  const { names, customMetrics, metricsRead, usd } = monthlyCost(emr);
  return (
    `at most ${whole(usd)} USD a month, for ${whole(customMetrics)} custom metrics of ${whole(names)} logical clusters ` +
    `and ${whole(metricsRead)} metrics read with GetMetricData from up to ${whole(emr.metrics.maxNodes)} nodes`
  );
};
