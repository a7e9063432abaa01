/** The shape of the EMR clusters, and of their metrics. */
import * as z from 'zod';
import {
  AGENT_METRICS,
  type AgentMetricName,
  CLUSTER_METRICS,
  type ClusterMetricName,
  NODE_METRICS,
  type NodeMetricName,
} from '../shared/clusters/source-metrics.ts';
import type { UserEmr } from './define-emr.ts';
import { strict, text, wholeNumber } from './schema-fields.ts';
import { didYouMean } from './suggestion.ts';

/** Makes a list of metrics whose names are the keys of a table. */
const metricsOf = <Name extends string>(table: Readonly<Record<Name, unknown>>) =>
  z.array(
    z.custom<Name>((value) => typeof value === 'string' && Object.hasOwn(table, value), {
      error: ({ input }) =>
        `is not a metric that can be published${typeof input === 'string' ? didYouMean(input, Object.keys(table)) : ''}`,
    }),
    'must be a list of metrics',
  );

const cluster = strict({
  name: text.optional(),
  pattern: text.optional(),
  tag: strict({ key: text, value: text }).optional(),
});

export const emr = strict({
  clusters: z.array(cluster, 'must be a list of clusters'),
  metrics: strict({
    clusterMetrics: metricsOf<ClusterMetricName>(CLUSTER_METRICS).optional(),
    nodeMetrics: metricsOf<NodeMetricName>(NODE_METRICS).optional(),
    agentMetrics: metricsOf<AgentMetricName>(AGENT_METRICS).optional(),
    lagMinutes: wholeNumber(5, 60).optional(),
    maxNames: wholeNumber(1, 500).optional(),
    maxNodes: wholeNumber(0, 10_000).optional(),
    maxMonthlyUsd: wholeNumber(1).optional(),
    alarms: strict({
      unhealthyNodes: wholeNumber(0).optional(),
      hdfsUtilizationPercent: wholeNumber(1, 100).optional(),
    }).optional(),
  }).optional(),
}) satisfies z.ZodType<UserEmr>;
