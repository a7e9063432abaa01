/** The alarms on what is published under the names of EMR clusters. */
import { dimensionValue } from '../shared/clusters/dimension-value.ts';
import type { Emr } from '../shared/clusters/emr-settings.ts';
import { EMR_NAMESPACE } from '../shared/telemetry/catalogue.ts';
import { alarm } from './alarms.ts';
import type { Resources } from './cloudformation.ts';
import { hashOf, shortName } from './cluster-names.ts';

const WINDOW_MINUTES = 5;

/** How many windows of the evaluated ones have to be bad. */
const BAD_WINDOWS = 3;

/**
 * Counts the windows to look at. The newest are always empty, since values come late by the lag, a window and a tick; missing ones count as good,
 * or an alarm could never end after the last cluster of its name has.
 */
const windowsEvaluated = (lagMinutes: number): number => Math.ceil(lagMinutes / WINDOW_MINUTES) + 2 + 2 * BAD_WINDOWS;

const alarmsFor = (prefix: string, name: string, { clusterMetrics, lagMinutes, alarms }: Emr['metrics']): Resources => {
  const common = {
    Namespace: EMR_NAMESPACE,
    Dimensions: [{ Name: 'ClusterName', Value: dimensionValue(name) }],
    Statistic: 'Average',
    EvaluationPeriods: windowsEvaluated(lagMinutes),
    DatapointsToAlarm: BAD_WINDOWS,
    TreatMissingData: 'notBreaching',
  };
  return {
    ...(clusterMetrics.includes('MRUnhealthyNodes') && {
      [`UnhealthyNodes${hashOf(name)}Alarm`]: alarm({
        ...common,
        AlarmName: `${prefix}-${shortName(name)}-unhealthy-nodes`,
        means: `YARN takes more than ${alarms.unhealthyNodes} nodes of the EMR clusters ${dimensionValue(name)} for unhealthy.`,
        first:
          '`yarn node -list -states UNHEALTHY` on the primary node says why. A disk over 90 percent is the usual reason; where disks are of unlike sizes, the smallest is full first.',
        MetricName: 'MRUnhealthyNodesSum',
        ComparisonOperator: 'GreaterThanThreshold',
        Threshold: alarms.unhealthyNodes,
      }),
    }),
    ...(clusterMetrics.includes('HDFSUtilization') && {
      [`HdfsUtilization${hashOf(name)}Alarm`]: alarm({
        ...common,
        AlarmName: `${prefix}-${shortName(name)}-hdfs-utilization`,
        means: `HDFS of the EMR clusters ${dimensionValue(name)} is used to ${alarms.hdfsUtilizationPercent} percent or more: core nodes become unhealthy when their disks are full, those with the smallest first.`,
        first:
          '`hdfs dfs -du -h /` on the primary node: delete what is not needed, balance with `hdfs balancer`, or add a core node.',
        MetricName: 'HDFSUtilizationAverage',
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        Threshold: alarms.hdfsUtilizationPercent,
      }),
    }),
  };
};

/**
 * Derives two alarms for each name that the configuration gives a logical cluster, where their metrics are published: on unhealthy nodes, and on
 * HDFS that fills up. Clusters that count under their own names have none, since nobody knows these names beforehand.
 */
export const emrAlarms = (prefix: string, { clusters, metrics }: Emr): Resources => {
  const names = [...new Set(clusters.flatMap(({ name }) => name ?? []))];
  return Object.assign({}, ...names.map((name) => alarmsFor(prefix, name, metrics)));
};
