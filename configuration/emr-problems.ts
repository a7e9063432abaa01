/** Reads the EMR clusters of a configuration, and validates them. */
import { dimensionValue } from '../shared/clusters/dimension-value.ts';
import type { ClusterSelector, Emr } from '../shared/clusters/emr-settings.ts';
import { describeCost, monthlyCost } from '../shared/clusters/monthly-cost.ts';
import { DEFAULT_CLUSTER_METRICS, DEFAULT_NODE_METRICS } from '../shared/clusters/source-metrics.ts';
import type { UserCluster, UserEmr } from './define-emr.ts';

const NO_METRICS: readonly [] = [];

/** Reads one entry. An entry that selects no clusters gives nothing. */
const readSelector = ({ name, pattern, tag }: UserCluster): ClusterSelector[] => {
  if (pattern !== undefined) {
    return [{ kind: 'pattern', pattern, ...(name === undefined ? {} : { name }) }];
  }
  if (name === undefined) {
    return [];
  }
  return [tag === undefined ? { kind: 'name', name } : { kind: 'tag', name, key: tag.key, value: tag.value }];
};

/** Fills in the defaults. */
export const readEmr = ({ clusters, metrics = {} }: UserEmr): Emr => ({
  clusters: clusters.flatMap(readSelector),
  metrics: {
    clusterMetrics: metrics.clusterMetrics ?? DEFAULT_CLUSTER_METRICS,
    nodeMetrics: metrics.nodeMetrics ?? DEFAULT_NODE_METRICS,
    agentMetrics: metrics.agentMetrics ?? NO_METRICS,
    lagMinutes: metrics.lagMinutes ?? 10,
    maxNames: metrics.maxNames ?? 10,
    maxNodes: metrics.maxNodes ?? 100,
    maxMonthlyUsd: metrics.maxMonthlyUsd ?? 100,
    alarms: {
      unhealthyNodes: metrics.alarms?.unhealthyNodes ?? 0,
      hdfsUtilizationPercent: metrics.alarms?.hdfsUtilizationPercent ?? 80,
    },
  },
});

/** @see https://docs.aws.amazon.com/emr/latest/APIReference/API_RunJobFlow.html */
const nameProblems = (what: string, text: string | undefined): string[] => {
  if (text === undefined) {
    return [];
  }
  if (text.trim() === '') {
    return [`${what}: is blank`];
  }
  const illegal = /[<>$|`\p{Cc}]/u.exec(text)?.[0];
  if (illegal !== undefined) {
    return [
      `${what}: ${JSON.stringify(text)} has ${JSON.stringify(illegal)}, which EMR does not allow in the name of a cluster`,
    ];
  }
  return text.length > 256 ? [`${what}: has ${text.length} characters, and EMR allows 256`] : [];
};

const clusterProblems = ({ name, pattern, tag }: UserCluster): string[] => [
  ...nameProblems('name', name),
  ...nameProblems('pattern', pattern),
  ...(pattern !== undefined && tag !== undefined
    ? ['has a pattern and a tag; write one of them, or two clusters']
    : []),
  ...(tag !== undefined && name === undefined ? ['has a tag, but no name for its metrics'] : []),
  ...(name === undefined && pattern === undefined && tag === undefined ? ['has no name, no pattern and no tag'] : []),
  ...(tag?.key.trim() === '' ? ['tag, key: is blank'] : []),
];

const placeOf = ({ name, pattern }: UserCluster, index: number): string =>
  `emr, cluster ${name?.trim() || pattern?.trim() || index + 1}`;

const twice = (texts: readonly string[]): string[] => [
  ...new Set(texts.filter((text, index) => texts.indexOf(text) !== index)),
];

/** Writes a selector in the form of the configuration. */
const describeSelector = (selector: ClusterSelector): string => {
  const { name } = selector;
  const fields = {
    ...(name === undefined ? {} : { name: `'${name}'` }),
    ...(selector.kind === 'pattern' ? { pattern: `'${selector.pattern}'` } : {}),
    ...(selector.kind === 'tag' ? { tag: `{ key: '${selector.key}', value: '${selector.value}' }` } : {}),
  };
  return `{ ${Object.entries(fields)
    .map(([field, written]) => `${field}: ${written}`)
    .join(', ')} }`;
};

/** Two entries may have the same name, but must not be equal. */
const repeated = (clusters: readonly ClusterSelector[]): string[] =>
  twice(clusters.map(describeSelector)).map((text) => `emr, clusters: ${text} occurs twice`);

const collisions = ({ clusters }: Emr): string[] => {
  const names = [...new Set(clusters.flatMap(({ name }) => name ?? []))];
  return [...Map.groupBy(names, dimensionValue)].flatMap(([dimension, same]) =>
    same.length === 1
      ? []
      : [
          `emr, clusters: ${same.map((name) => JSON.stringify(name)).join(' and ')} are both ${dimension} in CloudWatch`,
        ],
  );
};

const repeatedMetrics = ({ metrics }: Emr): string[] =>
  (['clusterMetrics', 'nodeMetrics', 'agentMetrics'] as const).flatMap((list) =>
    twice(metrics[list]).map((name) => `emr, metrics, ${list}: ${name} occurs twice`),
  );

const limitProblems = (emr: Emr): string[] => {
  const { names, usd } = monthlyCost(emr);
  const { maxNames, maxMonthlyUsd } = emr.metrics;
  return [
    ...(names > maxNames ? [`emr, metrics, maxNames: ${maxNames} is less than the ${names} names in clusters`] : []),
    ...(usd > maxMonthlyUsd
      ? [
          `emr, metrics, maxMonthlyUsd: ${maxMonthlyUsd} is less than the possible cost: ${describeCost(emr)}. ` +
            'Publish fewer metrics, lower maxNames or maxNodes, or raise maxMonthlyUsd',
        ]
      : []),
  ];
};

/** Lists the problems of the EMR clusters in a configuration. */
export const emrProblems = (user: UserEmr, emr: Emr): string[] => [
  ...user.clusters.flatMap((cluster, index) =>
    clusterProblems(cluster).map((problem) => `${placeOf(cluster, index)}, ${problem}`),
  ),
  ...repeated(emr.clusters),
  ...collisions(emr),
  ...repeatedMetrics(emr),
  ...limitProblems(emr),
];
