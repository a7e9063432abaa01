import { describe, expect, it } from 'vitest';
import { limitSources, queriesOf, reportedFrom, sourcesOf } from '../../../functions/aggregate-emr-metrics/sources.ts';
import type { AgentSeries, Reading } from '../../../shared/clusters/metric-query.ts';
import { aCluster, aNode, at } from '../../support/emr-builders.ts';

const SPAN = { from: at('03:00'), to: at('03:10') };
const METRICS = { clusterMetrics: ['ContainerAllocated', 'IsIdle'], nodeMetrics: ['CPUUtilization'] } as const;

const agentSeries = (instanceId: string): AgentSeries => ({
  metric: 'mem_used',
  instanceId,
  dimensions: { 'cluster.id': 'j-1', 'instance.id': instanceId },
});

const anInventory = (differences: Partial<Parameters<typeof sourcesOf>[0][number]> = {}) => ({
  cluster: aCluster(),
  nodes: [
    aNode({ instanceId: 'i-2' }),
    aNode({ instanceId: 'i-1' }),
    aNode({ instanceId: 'i-3', endedAt: at('03:00') }),
  ],
  agentSeries: [],
  ...differences,
});

const shown = (sources: ReturnType<typeof sourcesOf>): string[] =>
  queriesOf(sources).map(({ metric, dimensions }) => `${metric} ${Object.values(dimensions).join('/')}`);

describe('sourcesOf', () => {
  it('has all metrics of clusters and nodes that lived in the span, nodes in order', () => {
    const gone = anInventory({ cluster: aCluster({ id: 'j-0', endedAt: at('02:59') }) });

    expect(shown(sourcesOf([gone, anInventory()], SPAN, METRICS))).toEqual([
      'ContainerAllocated j-1',
      'IsIdle j-1',
      'CPUUtilization i-1',
      'CPUUtilization i-2',
    ]);
  });

  it('has the metrics of an agent with all its dimensions', () => {
    const inventory = anInventory({ agentSeries: [agentSeries('i-1'), agentSeries('i-gone')] });

    expect(shown(sourcesOf([inventory], SPAN, { clusterMetrics: [], nodeMetrics: [] }))).toEqual(['mem_used j-1/i-1']);
  });

  it('asks nothing of a cluster without nodes but its own metrics', () => {
    expect(shown(sourcesOf([anInventory({ nodes: [] })], SPAN, METRICS))).toEqual([
      'ContainerAllocated j-1',
      'IsIdle j-1',
    ]);
  });
});

describe('limitSources', () => {
  const sources = sourcesOf([anInventory()], SPAN, METRICS);

  it.each([
    [4, 'nothing', 4],
    [3, 'nodes', 2],
    [2, 'nodes', 2],
    [1, 'clusters and nodes', 0],
    [0, 'clusters and nodes', 0],
  ])('with %i queries allowed leaves out %s', (atMost, omitted, left) => {
    const limited = limitSources(sources, atMost);

    expect(limited.omitted).toBe(omitted);
    expect(queriesOf(limited.sources)).toHaveLength(left);
    // The number of live clusters and of their nodes stays known.
    expect(limited.sources.clusters.map(({ of, nodes }) => [of.id, nodes.length])).toEqual([['j-1', 3]]);
  });
});

describe('reportedFrom', () => {
  const complete = (values: Readonly<Record<string, number>>): Reading => ({
    kind: 'complete',
    points: new Map(Object.entries(values).map(([time, value]) => [at(time).getTime(), value])),
  });

  it('puts each answer to its source', () => {
    const sources = sourcesOf([anInventory({ nodes: [aNode()] })], SPAN, METRICS);
    const readings = new Map(queriesOf(sources).map((query, index) => [query, complete({ '03:00': index })]));

    expect(reportedFrom('etl', sources, readings)).toMatchObject({
      dimension: 'etl',
      clusters: [
        {
          id: 'j-1',
          nodes: [{ instanceId: 'i-1' }],
          series: [
            { metric: 'ContainerAllocated', points: new Map([[at('03:00').getTime(), 0]]) },
            { metric: 'IsIdle', points: new Map([[at('03:00').getTime(), 1]]) },
          ],
        },
      ],
      nodes: [
        { instanceId: 'i-1', series: [{ metric: 'CPUUtilization', points: new Map([[at('03:00').getTime(), 2]]) }] },
      ],
    });
  });

  it('omits the values of an agent from before CloudWatch lists it for certain', () => {
    const inventory = anInventory({ nodes: [aNode({ createdAt: at('02:35') })], agentSeries: [agentSeries('i-1')] });
    const sources = sourcesOf([inventory], SPAN, { clusterMetrics: [], nodeMetrics: ['CPUUtilization'] });
    const readings = new Map(queriesOf(sources).map((query) => [query, complete({ '03:00': 1, '03:05': 2 })]));

    const [node] = reportedFrom('etl', sources, readings).nodes;

    expect(node?.series.map(({ metric, points }) => [metric, [...points.values()]])).toEqual([
      ['CPUUtilization', [1, 2]],
      ['mem_used', [2]],
    ]);
  });

  it.each([
    ['an incomplete answer', { kind: 'incomplete', reason: 'PartialData' } as const, 'PartialData'],
    ['no answer', undefined, 'no answer'],
  ])('names the query that has %s', (_, reading, reason) => {
    const sources = sourcesOf([anInventory({ nodes: [] })], SPAN, METRICS);
    const readings = new Map(queriesOf(sources).flatMap((query) => (reading === undefined ? [] : [[query, reading]])));

    expect(() => reportedFrom('etl', sources, readings)).toThrow(
      `CloudWatch answered incompletely for AWS/ElasticMapReduce ContainerAllocated {"JobFlowId":"j-1"}: ${reason}`,
    );
  });
});
