import { describe, expect, it } from 'vitest';
import { monthlyCost } from '../../../shared/clusters/monthly-cost.ts';
import {
  type AgentMetricName,
  DEFAULT_CLUSTER_METRICS,
  DEFAULT_NODE_METRICS,
} from '../../../shared/clusters/source-metrics.ts';
import { anEmr } from '../../support/emr-builders.ts';

describe('monthlyCost', () => {
  it('counts every published metric, every metric read, and the dollars for both', () => {
    const emr = anEmr({
      metrics: { clusterMetrics: ['ContainerAllocated', 'HDFSUtilization'], nodeMetrics: ['NetworkIn'], maxNodes: 20 },
    });

    const cost = monthlyCost(emr);

    // LiveClusters, ContainerAllocated twice, HDFSUtilization once; NetworkIn twice, for all and three roles.
    expect(cost).toMatchObject({ names: 1, customMetrics: 1 + 2 + 1 + 2 * 4, metricsReadAWindow: 4 + 20 });
    expect(cost.metricsRead).toBe(24 * 8_760);
    expect(cost.usd).toBeCloseTo(12 * 0.3 + (24 * 8_760 * 0.01) / 1_000 + (8_760 * 0.01) / 1_000, 10);
  });

  it('counts a put for every name, since names that wait differently long share none, and one more beyond a thousand', () => {
    const metrics = { clusterMetrics: ['ContainerAllocated'], nodeMetrics: [], maxNodes: 0, maxNames: 50 } as const;
    const clusters = [{ kind: 'pattern', pattern: '*' }] as const;

    const { customMetrics, metricsRead, usd } = monthlyCost(anEmr({ clusters, metrics }));

    expect(customMetrics).toBe(50 * 3);
    expect(usd - customMetrics * 0.3 - (metricsRead * 0.01) / 1_000).toBeCloseTo((50 * 8_760 * 0.01) / 1_000, 10);
  });

  it('counts the calls that find out what agents publish', () => {
    const cost = (agentMetrics: readonly AgentMetricName[]) => {
      const { customMetrics, metricsRead, usd } = monthlyCost(anEmr({ metrics: { agentMetrics, maxNodes: 20 } }));
      return usd - customMetrics * 0.3 - (metricsRead * 0.01) / 1_000;
    };

    // Of two clusters, for each window.
    expect(cost(['mem_used', 'disk_used']) - cost([])).toBeCloseTo((2 * 2 * 8_760 * 0.01) / 1_000, 10);
  });

  it('costs nothing without clusters', () => {
    expect(monthlyCost(anEmr({ clusters: [] }))).toEqual({
      names: 0,
      customMetrics: 0,
      metricsReadAWindow: 0,
      metricsRead: 0,
      usd: 0,
    });
  });

  it('counts a name once, and as many as are allowed where EMR decides on them', () => {
    const stated = [
      { kind: 'name', name: 'a' },
      { kind: 'pattern', pattern: 'a-*', name: 'a' },
      { kind: 'tag', key: 'k', value: 'v', name: 'b' },
    ] as const;
    const metrics = { maxNames: 7 };

    expect(monthlyCost(anEmr({ clusters: stated, metrics })).names).toBe(2);
    expect(monthlyCost(anEmr({ clusters: [...stated, { kind: 'pattern', pattern: '*' }], metrics })).names).toBe(7);
  });

  it('is below 90 dollars for one name of up to 100 nodes with the default metrics', () => {
    const metrics = { clusterMetrics: DEFAULT_CLUSTER_METRICS, nodeMetrics: DEFAULT_NODE_METRICS, maxNodes: 100 };

    const { customMetrics, usd } = monthlyCost(anEmr({ metrics }));

    expect(customMetrics).toBe(83);
    expect(usd).toBeGreaterThan(85);
    expect(usd).toBeLessThan(90);
  });
});
