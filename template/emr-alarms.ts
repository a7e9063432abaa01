/** The alarms on the metrics of logical EMR clusters. */
import { dimensionValue } from '../shared/clusters/dimension-value.ts';
import type { Emr } from '../shared/clusters/emr-settings.ts';
import { EMR_NAMESPACE } from '../shared/telemetry/catalogue.ts';
import { alarm } from './alarms.ts';
import type { Resources } from './cloudformation.ts';
import { hashOf, shortName } from './cluster-names.ts';

const WINDOW_MINUTES = 5;

/** The number of bad windows that raises the alarm. */
const BAD_WINDOWS = 3;

/**
 * Counts the windows that an alarm evaluates. The newest windows are always empty, since values
 * arrive after the lag, one window and one tick. Missing windows count as good, so that an alarm
 * can end after the last cluster with its name has ended.
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
        means: `YARN reports more than ${alarms.unhealthyNodes} unhealthy nodes in the EMR clusters ${dimensionValue(name)}.`,
        first:
          'run `yarn node -list -states UNHEALTHY` on the primary node, which shows the reason. The usual reason is a disk that is more than 90 percent full; the smallest disk is full first.',
        MetricName: 'MRUnhealthyNodesSum',
        ComparisonOperator: 'GreaterThanThreshold',
        Threshold: alarms.unhealthyNodes,
      }),
    }),
    ...(clusterMetrics.includes('HDFSUtilization') && {
      [`HdfsUtilization${hashOf(name)}Alarm`]: alarm({
        ...common,
        AlarmName: `${prefix}-${shortName(name)}-hdfs-utilization`,
        means: `HDFS of the EMR clusters ${dimensionValue(name)} is full to ${alarms.hdfsUtilizationPercent} percent or more. Core nodes become unhealthy when their disks are full, first the nodes with the smallest disks.`,
        first:
          'run `hdfs dfs -du -h /` on the primary node. Then delete data, balance the nodes with `hdfs balancer`, or add a core node.',
        MetricName: 'HDFSUtilizationAverage',
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        Threshold: alarms.hdfsUtilizationPercent,
      }),
    }),
  };
};

/**
 * Derives two alarms for each logical cluster with a `name` in the configuration, if their metrics
 * are published: on unhealthy nodes, and on the use of HDFS. EMR clusters that keep their own names
 * have no alarms, since their names are not known at deployment.
 */
export const emrAlarms = (prefix: string, { clusters, metrics }: Emr): Resources => {
  const names = [...new Set(clusters.flatMap(({ name }) => name ?? []))];
  return Object.assign({}, ...names.map((name) => alarmsFor(prefix, name, metrics)));
};
