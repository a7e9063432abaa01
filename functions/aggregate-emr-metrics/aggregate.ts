/** Turns what nodes and clusters reported into the values of their logical cluster. */
import { type Lifetime, livedUntil, livedWithin } from '../../shared/clusters/cluster.ts';
import type { Points } from '../../shared/clusters/metric-query.ts';
import { NODE_ROLES, type NodeRole } from '../../shared/clusters/node.ts';
import { AGGREGATES, type Kind, type SourceName, sourceMetric } from '../../shared/clusters/source-metrics.ts';
import type { Gauge } from '../../shared/telemetry/catalogue.ts';
import { plusWindows, type Span, WINDOW_MS, windowStarts } from './windows.ts';

/** What one source reported of one metric. */
export type Series = { readonly metric: SourceName; readonly points: Points };

/** One node with what it reported. A metric may have several series, one for each of its disks, say. */
export type ReportingNode = Lifetime & { readonly role?: NodeRole; readonly series: readonly Series[] };

/** One cluster with what it reported, and all its nodes. */
export type ReportingCluster = Lifetime & {
  readonly series: readonly Series[];
  /** When its nodes lived, whether they reported or not. */
  readonly nodes: readonly Lifetime[];
};

/** What there is to know about one logical cluster. */
export type Reported = {
  /** The value of the dimension `ClusterName`. */
  readonly dimension: string;
  readonly clusters: readonly ReportingCluster[];
  readonly nodes: readonly ReportingNode[];
};

/** A value and how much it counts in a mean. */
type Weighed = { readonly value: number; readonly weight: number };

type Aggregate = (typeof AGGREGATES)[Kind][number];

/**
 * How many windows before its own a counter's growth may be measured from, when there were none with a value between.
 *
 * The windows read begin this much earlier.
 */
export const LOOKBACK_WINDOWS = 6;

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/**
 * Adds up values, and takes their mean by weight.
 *
 * @param values - at least one, in an order that is always the same, so that so is the last bit of the result
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

/** The growth of a counter over one window; `undefined` when it cannot be known. */
const growth = (points: Points, start: number, createdAt: Date): number | undefined => {
  const value = points.get(start);
  if (value === undefined) {
    return undefined;
  }
  for (let back = 1; back <= LOOKBACK_WINDOWS; back += 1) {
    const earlier = points.get(start - back * WINDOW_MS);
    if (earlier !== undefined) {
      // Smaller than before: what counts was restarted.
      return Math.max(0, value - earlier);
    }
  }
  // A cluster that is younger than what was looked back to began at 0.
  return createdAt.getTime() >= start - LOOKBACK_WINDOWS * WINDOW_MS ? value : undefined;
};

const valueIn = ({ metric, points }: Series, start: number, { createdAt }: Lifetime): number | undefined =>
  sourceMetric(metric).kind === 'counter' ? growth(points, start, createdAt) : points.get(start);

/** The value that a source reported of a metric; over its series, where it has several. */
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

const ofClusters = ({ dimension, clusters }: Reported, at: Date): Gauge[] => {
  const alive = lived(clusters, at);
  return metricsOf(alive).flatMap((metric) => {
    const isRatio = sourceMetric(metric).kind === 'ratio';
    const values = alive.flatMap((cluster) => {
      const value = reportedBy(cluster, metric, at.getTime());
      // A cluster that reports has a node, also when EMR does not list it.
      const weight = isRatio ? Math.max(1, lived(cluster.nodes, at).length) : 1;
      return value === undefined ? [] : [{ value, weight }];
    });
    return gaugesOf(metric, values, { ClusterName: dimension }, at);
  });
};

const ofNodes = ({ dimension, nodes }: Reported, at: Date): Gauge[] => {
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
 * Makes the gauges of a logical cluster, each with the start of the window that it describes.
 *
 * A source counts in the windows in which it lived and for which it has a value. A pure function of what was reported: whoever computes a window
 * again, alone or with others, gets the same values to the last bit.
 *
 * @param reported - its clusters and nodes each in an order of their own, always the same
 */
export const aggregate = (reported: Reported, span: Span): Gauge[] =>
  windowStarts(span).flatMap((at) => [
    {
      metric: 'LiveClusters' as const,
      dimensions: { ClusterName: reported.dimension },
      value: reported.clusters.filter((cluster) => livedUntil(cluster, plusWindows(at, 1))).length,
      at,
    },
    ...ofClusters(reported, at),
    ...ofNodes(reported, at),
  ]);
