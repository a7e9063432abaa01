import { describe, expect, it } from 'vitest';
import { defineConfig } from '../../configuration/define.ts';
import { ConfigurationError, parseConfiguration } from '../../configuration/load.ts';
import { dimensionValue } from '../../shared/clusters/dimension-value.ts';
import { DEFAULT_CLUSTER_METRICS, DEFAULT_NODE_METRICS } from '../../shared/clusters/source-metrics.ts';

const withEmr = (emr: unknown): unknown => ({ timeZone: 'UTC', feeds: [], emr });

const problemsOf = (emr: unknown): string[] => {
  try {
    parseConfiguration(withEmr(emr));
    return [];
  } catch (error) {
    return error instanceof ConfigurationError ? error.problems : [String(error)];
  }
};

const readEmr = (emr: unknown) => parseConfiguration(withEmr(emr)).configuration.emr;

describe('the EMR clusters of a configuration', () => {
  it('are optional', () => {
    expect(parseConfiguration({ timeZone: 'UTC', feeds: [] }).configuration).not.toHaveProperty('emr');
  });

  it('get the defaults', () => {
    expect(readEmr({ clusters: [{ name: 'etl' }] })).toEqual({
      clusters: [{ kind: 'name', name: 'etl' }],
      metrics: {
        clusterMetrics: DEFAULT_CLUSTER_METRICS,
        nodeMetrics: DEFAULT_NODE_METRICS,
        agentMetrics: [],
        lagMinutes: 10,
        maxNames: 10,
        maxNodes: 100,
        maxMonthlyUsd: 100,
        alarms: { unhealthyNodes: 0, hdfsUtilizationPercent: 80 },
      },
    });
  });

  it('are selected by name, pattern or tag, in their order', () => {
    const clusters = [
      { name: 'etl' },
      { name: 'etl', pattern: 'etl-*' },
      { name: 'training', tag: { key: 'team', value: 'ml' } },
      { pattern: '*' },
    ];

    expect(readEmr({ clusters, metrics: { nodeMetrics: [], maxMonthlyUsd: 200 } })?.clusters).toEqual([
      { kind: 'name', name: 'etl' },
      { kind: 'pattern', name: 'etl', pattern: 'etl-*' },
      { kind: 'tag', name: 'training', key: 'team', value: 'ml' },
      { kind: 'pattern', pattern: '*' },
    ]);
  });

  it('keep all settings of their metrics', () => {
    const metrics = {
      clusterMetrics: ['IsIdle'],
      nodeMetrics: ['StatusCheckFailed'],
      agentMetrics: ['mem_used_percent'],
      lagMinutes: 60,
      maxNames: 500,
      maxNodes: 0,
      maxMonthlyUsd: 1,
      alarms: { unhealthyNodes: 2, hdfsUtilizationPercent: 100 },
    } as const;
    const config = defineConfig({ timeZone: 'UTC', feeds: [], emr: { clusters: [], metrics } });

    expect(parseConfiguration(config).configuration.emr).toEqual({ clusters: [], metrics });
  });

  it.each([
    ['nothing that says which', {}, 'emr, cluster 1, has no name, no pattern and no tag'],
    ['a blank name', { name: ' ' }, 'emr, cluster 1, name: is blank'],
    ['a blank pattern', { name: 'a', pattern: '' }, 'emr, cluster a, pattern: is blank'],
    [
      'a name that EMR refuses',
      { name: 'a|b' },
      'emr, cluster a|b, name: "a|b" has "|", which EMR does not allow in the name of a cluster',
    ],
    [
      'a name with a line break',
      { name: 'a\nb' },
      'emr, cluster a\nb, name: "a\\nb" has "\\n", which EMR does not allow in the name of a cluster',
    ],
    [
      'a long name',
      { name: 'a'.repeat(257) },
      `emr, cluster ${'a'.repeat(257)}, name: has 257 characters, and EMR allows 256`,
    ],
    [
      'a pattern and a tag',
      { name: 'a', pattern: 'a-*', tag: { key: 'k', value: 'v' } },
      'emr, cluster a, has a pattern and a tag; write one of them, or two clusters',
    ],
    [
      'a tag without a name',
      { tag: { key: 'k', value: 'v' } },
      'emr, cluster 1, has a tag, but no name for its metrics',
    ],
    ['a tag without a key', { name: 'a', tag: { key: '', value: 'v' } }, 'emr, cluster a, tag, key: is blank'],
    [
      'a key that it does not know',
      { name: 'a', patern: 'b' },
      'emr, cluster a: unknown key patern (did you mean pattern?)',
    ],
  ])('are refused with %s', (_, cluster, problem) => {
    expect(problemsOf({ clusters: [cluster] })).toEqual([problem]);
  });

  it.each([
    [
      { clusterMetrics: ['HDFSUtilisation'] },
      'emr, metrics, clusterMetrics entry 1: is not a metric that can be published (did you mean HDFSUtilization?)',
    ],
    [
      { nodeMetrics: ['CPUUtilization', 'toString'] },
      'emr, metrics, nodeMetrics entry 2: is not a metric that can be published',
    ],
    [{ agentMetrics: [7] }, 'emr, metrics, agentMetrics entry 1: is not a metric that can be published'],
    [{ clusterMetrics: ['IsIdle', 'IsIdle'] }, 'emr, metrics, clusterMetrics: IsIdle occurs twice'],
    [{ lagMinutes: 4 }, 'emr, metrics, lagMinutes: must be a whole number from 5 to 60, not 4'],
    [{ maxNames: 0 }, 'emr, metrics, maxNames: must be a whole number from 1 to 500, not 0'],
    [{ maxNodes: -1 }, 'emr, metrics, maxNodes: must be a whole number from 0 to 10,000, not -1'],
    [
      { alarms: { hdfsUtilizationPercent: 101 } },
      'emr, metrics, alarms, hdfsUtilizationPercent: must be a whole number from 1 to 100, not 101',
    ],
  ])('are refused with metrics %j', (metrics, problem) => {
    expect(problemsOf({ clusters: [{ name: 'etl' }], metrics })[0]).toMatch(problem);
  });

  it.each([
    [{ name: 'etl' }, "{ name: 'etl' }"],
    [{ pattern: 'etl-*' }, "{ pattern: 'etl-*' }"],
    [{ name: 'etl', pattern: 'etl-*' }, "{ name: 'etl', pattern: 'etl-*' }"],
    [{ name: 'x', tag: { key: 'team', value: 'ml' } }, "{ name: 'x', tag: { key: 'team', value: 'ml' } }"],
  ])('are refused when %j occurs twice', (cluster, written) => {
    expect(
      problemsOf({ clusters: [cluster, { name: 'other' }, cluster], metrics: { maxMonthlyUsd: 1_000_000 } }),
    ).toEqual([`emr, clusters: ${written} occurs twice`]);
  });

  it('are refused when their names are equal in CloudWatch', () => {
    const names = ['日次', dimensionValue('日次')];

    expect(problemsOf({ clusters: names.map((name) => ({ name })), metrics: { maxNodes: 10 } })).toEqual([
      `emr, clusters: "日次" and "${dimensionValue('日次')}" are both ${dimensionValue('日次')} in CloudWatch`,
    ]);
  });

  it('are refused when there are more names than maxNames', () => {
    const clusters = ['a', 'b', 'c'].map((name) => ({ name }));

    expect(problemsOf({ clusters, metrics: { maxNames: 2, nodeMetrics: [] } })).toEqual([
      'emr, metrics, maxNames: 2 is less than the 3 names in clusters',
    ]);
  });

  it('are refused when they can cost more than maxMonthlyUsd, with the numbers', () => {
    expect(problemsOf({ clusters: [{ pattern: '*' }] })).toEqual([
      'emr, metrics, maxMonthlyUsd: 100 is less than the possible cost: at most 340 USD a month, for 830 custom metrics of ' +
        '10 logical clusters and 8,935,200 metrics read with GetMetricData from up to 100 nodes. ' +
        'Publish fewer metrics, lower maxNames or maxNodes, or raise maxMonthlyUsd',
    ]);
  });
});
