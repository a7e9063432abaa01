/** Aggregates the metrics of nodes and clusters into the values of their logical cluster. */
import { type Lifetime, livedUntil, livedWithin } from '../../shared/clusters/cluster.ts';
import type { Points } from '../../shared/clusters/metric-query.ts';
import { NODE_ROLES, type NodeRole } from '../../shared/clusters/node.ts';
import { AGGREGATES, type Kind, type SourceName, sourceMetric } from '../../shared/clusters/source-metrics.ts';
import type { Gauge } from '../../shared/telemetry/catalogue.ts';
import { plusWindows, type Span, WINDOW_MS, windowStarts } from './windows.ts';

/** The values of one metric from one source. */
export type Series = { readonly metric: SourceName; readonly points: Points };

/** One node with its metrics. A metric may have several series, for example one for each disk. */
export type ReportingNode = Lifetime & { readonly role?: NodeRole; readonly series: readonly Series[] };

/** One cluster with its metrics and all its nodes. */
export type ReportingCluster = Lifetime & {
  readonly series: readonly Series[];
  /** The lifetimes of its nodes, also of those without metrics. */
  readonly nodes: readonly Lifetime[];
};

/** The metrics of one logical cluster, before they are aggregated. */
export type Reported = {
  /** The value of the dimension `ClusterName`. */
  readonly dimension: string;
  readonly clusters: readonly ReportingCluster[];
  readonly nodes: readonly ReportingNode[];
};

/** A value and its weight in a mean. */
type Weighed = { readonly value: number; readonly weight: number };

type Aggregate = (typeof AGGREGATES)[Kind][number];

/**
 * How many windows back the last value of a counter may be.
 *
 * Metrics are read from this many windows earlier.
 */
export const LOOKBACK_WINDOWS = 6;

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/**
 * Returns the sum of values, and their weighted mean.
 *
 * @param values - at least one. Their order must be constant, so that the last bit of the result is
 */
export const combine = (values: readonly Weighed[]): Readonly<Record<Aggregate, number>> => {
  const sum = sumOf(values.map(({ value }) => value));
  const isWeighed = values.some(({ weight }) => weight !== values[0]?.weight);
  return {
    Sum: sum,
    Average: isWeighed
      ? sumOf(values.map(({ value, weight }) => value * weight)) / sumOf(values.map(({ weight }) => weight))
      : sum / values.length,
  };
};

/** Returns the growth of a counter in one window; `undefined` when it is unknown. */
const growth = (points: Points, start: number, createdAt: Date): number | undefined => {
  const value = points.get(start);
  if (value === undefined) {
    return undefined;
  }
  for (let back = 1; back <= LOOKBACK_WINDOWS; back += 1) {
    const earlier = points.get(start - back * WINDOW_MS);
    if (earlier !== undefined) {
      // A smaller value than before means that the counter was restarted.
      return Math.max(0, value - earlier);
    }
  }
  // The counter of a cluster that was created since then began at 0.
  return createdAt.getTime() >= start - LOOKBACK_WINDOWS * WINDOW_MS ? value : undefined;
};

const valueIn = ({ metric, points }: Series, start: number, { createdAt }: Lifetime): number | undefined =>
  sourceMetric(metric).kind === 'counter' ? growth(points, start, createdAt) : points.get(start);

/** Returns the value of a metric from one source, over all its series. */
const reportedBy = (
  source: Lifetime & { readonly series: readonly Series[] },
  metric: SourceName,
  start: number,
): number | undefined => {
  const values = source.series
    .filter((series) => series.metric === metric)
    .flatMap((series) => valueIn(series, start, source) ?? []);
  if (values.length === 0) {
    return undefined;
  }
  const { Average: average, Sum: sum } = combine(values.map((value) => ({ value, weight: 1 })));
  return sourceMetric(metric).kind === 'ratio' ? average : sum;
};

const metricsOf = (sources: readonly { readonly series: readonly Series[] }[]): SourceName[] => [
  ...new Set(sources.flatMap(({ series }) => series.map(({ metric }) => metric))),
];

type Dimensions = Extract<Gauge, { readonly unit: unknown }>['dimensions'];

const gaugesOf = (metric: SourceName, values: readonly Weighed[], dimensions: Dimensions, at: Date): Gauge[] => {
  if (values.length === 0) {
    return [];
  }
  const { kind, unit } = sourceMetric(metric);
  const combined = combine(values);
  return AGGREGATES[kind].map((aggregate) => ({
    metric: `${metric}${aggregate}`,
    dimensions,
    unit,
    value: combined[aggregate],
    at,
  }));
};

const lived = <Source extends Lifetime>(sources: readonly Source[], from: Date): Source[] =>
  sources.filter((source) => livedWithin(source, from, plusWindows(from, 1)));

const clusterGauges = ({ dimension, clusters }: Reported, at: Date): Gauge[] => {
  const alive = lived(clusters, at);
  return metricsOf(alive).flatMap((metric) => {
    const isRatio = sourceMetric(metric).kind === 'ratio';
    const values = alive.flatMap((cluster) => {
      const value = reportedBy(cluster, metric, at.getTime());
      // A cluster with metrics has a node, even if EMR lists none.
      const weight = isRatio ? Math.max(1, lived(cluster.nodes, at).length) : 1;
      return value === undefined ? [] : [{ value, weight }];
    });
    return gaugesOf(metric, values, { ClusterName: dimension }, at);
  });
};

const nodeGauges = ({ dimension, nodes }: Reported, at: Date): Gauge[] => {
  const alive = lived(nodes, at);
  return metricsOf(alive).flatMap((metric) => {
    const values = alive.flatMap((node) => {
      const value = reportedBy(node, metric, at.getTime());
      return value === undefined ? [] : [{ role: node.role, value, weight: 1 }];
    });
    return [
      ...gaugesOf(metric, values, { ClusterName: dimension }, at),
      ...NODE_ROLES.flatMap((role) =>
        gaugesOf(
          metric,
          values.filter((value) => value.role === role),
          { ClusterName: dimension, NodeRole: role },
          at,
        ),
      ),
    ];
  });
};

/**
 * Makes the gauges of a logical cluster, each with the start of its window.
 *
 * A source counts in each window in which it lived and has a value. The function is pure, so that a
 * window that is computed again, alone or with others, has the same values to the last bit.
 *
 * @param reported - its clusters and nodes, each in a constant order
 */
export const aggregate = (reported: Reported, span: Span): Gauge[] =>
  windowStarts(span).flatMap((at) => [
    {
      metric: 'LiveClusters' as const,
      dimensions: { ClusterName: reported.dimension },
      value: reported.clusters.filter((cluster) => livedUntil(cluster, plusWindows(at, 1))).length,
      at,
    },
    ...clusterGauges(reported, at),
    ...nodeGauges(reported, at),
  ]);
