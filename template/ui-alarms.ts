/** The alarms on the user interfaces that the configuration names. */
import { dimensionValue } from '../shared/clusters/dimension-value.ts';
import type { Uis } from '../shared/clusters/uis.ts';
import { METRICS } from '../shared/telemetry/catalogue.ts';
import { alarm } from './alarms.ts';
import { logicalName, type Resources } from './cloudformation.ts';
import { hashOf, shortName } from './cluster-names.ts';

/** Longer than daemons and health checks need after a cluster says that it is ready. */
const MINUTES = 5;

/**
 * Derives an alarm for each interface: a live cluster has it, and for some minutes nobody could see it.
 *
 * Without a live cluster the metric is not there, which counts as good.
 */
export const uiAlarms = (prefix: string, { clusterUis }: Uis): Resources =>
  Object.fromEntries(
    clusterUis.map(({ cluster, ui }) => [
      `${logicalName(ui)}${hashOf(cluster)}Alarm`,
      alarm({
        AlarmName: `${prefix}-${shortName(cluster)}-${ui}-unreachable`,
        means: `A cluster ${dimensionValue(cluster)} is alive, and its ${ui} has had no healthy target for ${MINUTES} minutes.`,
        first:
          'the health reason of its target group: Target.Timeout is mostly the security group of the primary nodes, Target.ResponseCodeMismatch the application. The log of rebind-emr-ui says whether there is a group, and a rule that leads to it.',
        Namespace: METRICS.HealthyTargets.namespace,
        MetricName: 'HealthyTargets',
        Dimensions: [
          { Name: 'ClusterName', Value: dimensionValue(cluster) },
          { Name: 'Ui', Value: ui },
        ],
        Statistic: 'Average',
        Period: 60,
        EvaluationPeriods: MINUTES,
        ComparisonOperator: 'LessThanOrEqualToThreshold',
        Threshold: 0,
        TreatMissingData: 'notBreaching',
      }),
    ]),
  );
