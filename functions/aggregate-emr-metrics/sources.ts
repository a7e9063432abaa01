/** Plans the queries of a logical cluster, and assembles their answers. */
import { byText } from '../../shared/by-text.ts';
import { type Cluster, livedWithin } from '../../shared/clusters/cluster.ts';
import type { EmrMetrics } from '../../shared/clusters/emr-settings.ts';
import {
  type AgentSeries,
  agentQuery,
  clusterQuery,
  type MetricQuery,
  nodeQuery,
  type Points,
  type Reading,
} from '../../shared/clusters/metric-query.ts';
import type { Node } from '../../shared/clusters/node.ts';
import { later } from '../../shared/instants.ts';
import type { Reported, Series } from './aggregate.ts';
import type { Span } from './windows.ts';

/** A cluster of the name, with its nodes from EMR and their agents' series from CloudWatch. */
export type Inventory = {
  readonly cluster: Cluster;
  readonly nodes: readonly Node[];
  readonly agentSeries: readonly AgentSeries[];
};

type Queried<Of> = { readonly of: Of; readonly queries: readonly MetricQuery[] };

/** The queries of one logical cluster. */
export type Sources = {
  readonly clusters: readonly (Queried<Cluster> & { readonly nodes: readonly Node[] })[];
  readonly nodes: readonly Queried<Node>[];
};

/**
 * The age of a node from which its agent's values count. CloudWatch lists a new metric after up to
 * 15 minutes, and a window that is computed again must have the same values.
 */
const AGENT_SETTLES_MS = 30 * 60_000;

/** Plans the queries for a span, for the clusters and nodes that lived in it. */
export const sourcesOf = (
  inventories: readonly Inventory[],
  { from, to }: Span,
  { clusterMetrics, nodeMetrics }: Pick<EmrMetrics, 'clusterMetrics' | 'nodeMetrics'>,
): Sources => {
  const present = inventories.filter(({ cluster }) => livedWithin(cluster, from, to));
  return {
    clusters: present.map(({ cluster, nodes }) => ({
      of: cluster,
      nodes,
      queries: clusterMetrics.map((metric) => clusterQuery(cluster, metric)),
    })),
    nodes: present
      .flatMap(({ nodes, agentSeries }) =>
        nodes
          .filter((node) => livedWithin(node, from, to))
          .map((node) => ({
            of: node,
            queries: [
              ...nodeMetrics.map((metric) => nodeQuery(node.instanceId, metric)),
              ...agentSeries.filter(({ instanceId }) => instanceId === node.instanceId).map(agentQuery),
            ],
          })),
      )
      .sort((one, other) => byText(one.of.instanceId, other.of.instanceId)),
  };
};

/** The metrics beyond the number that may be read. */
export type Omitted = 'nothing' | 'nodes' | 'clusters and nodes';

/**
 * Limits the number of queries. It omits the metrics of all nodes first: a part has no useful
 * average.
 */
export const limitSources = (
  sources: Sources,
  atMost: number,
): { readonly sources: Sources; readonly omitted: Omitted } => {
  const ofClusters = sources.clusters.reduce((count, { queries }) => count + queries.length, 0);
  const ofNodes = sources.nodes.reduce((count, { queries }) => count + queries.length, 0);
  if (ofClusters + ofNodes <= atMost) {
    return { sources, omitted: 'nothing' };
  }
  if (ofClusters <= atMost) {
    return { sources: { ...sources, nodes: [] }, omitted: 'nodes' };
  }
  return {
    sources: { clusters: sources.clusters.map((cluster) => ({ ...cluster, queries: [] })), nodes: [] },
    omitted: 'clusters and nodes',
  };
};

/** Lists the queries of all sources. */
export const queriesOf = ({ clusters, nodes }: Sources): MetricQuery[] =>
  [...clusters, ...nodes].flatMap(({ queries }) => queries);

const since = (points: Points, at: Date): Points => new Map([...points].filter(([start]) => start >= at.getTime()));

/**
 * Assembles the answers.
 *
 * @throws Error that names the first query with an incomplete answer
 */
export const reportedFrom = (
  dimension: string,
  { clusters, nodes }: Sources,
  readings: ReadonlyMap<MetricQuery, Reading>,
): Reported => {
  const seriesOf = (query: MetricQuery): Series & { readonly query: MetricQuery } => {
    const reading = readings.get(query) ?? { kind: 'incomplete', reason: 'no answer' };
    if (reading.kind === 'incomplete') {
      throw new Error(
        `CloudWatch answered incompletely for ${query.namespace} ${query.metric} ${JSON.stringify(query.dimensions)}: ${reading.reason}`,
      );
    }
    return { query, metric: query.metric, points: reading.points };
  };
  return {
    dimension,
    clusters: clusters.map(({ of, nodes: all, queries }) => ({ ...of, nodes: all, series: queries.map(seriesOf) })),
    nodes: nodes.map(({ of, queries }) => ({
      ...of,
      series: queries
        .map(seriesOf)
        .map(({ query, metric, points }) =>
          'InstanceId' in query.dimensions
            ? { metric, points }
            : { metric, points: since(points, later(of.createdAt, AGENT_SETTLES_MS)) },
        ),
    })),
  };
};
