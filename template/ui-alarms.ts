/** The alarms on the user interfaces in the configuration. */
import { dimensionValue } from '../shared/clusters/dimension-value.ts';
import type { Uis } from '../shared/clusters/uis.ts';
import { METRICS } from '../shared/telemetry/catalogue.ts';
import { alarm } from './alarms.ts';
import { logicalName, type Resources } from './cloudformation.ts';
import { hashOf, shortName } from './cluster-names.ts';

/** Longer than daemons and health checks need after a cluster is ready. */
const MINUTES = 5;

/**
 * Derives an alarm for each interface: a live cluster has it, but no target was healthy for some
 * minutes.
 *
 * A scope without a live cluster has no metric, which counts as good.
 */
export const uiAlarms = (prefix: string, { clusterUis }: Uis): Resources =>
  Object.fromEntries(
    clusterUis.map(({ cluster, ui }) => [
      `${logicalName(ui)}${hashOf(cluster)}Alarm`,
      alarm({
        AlarmName: `${prefix}-${shortName(cluster)}-${ui}-unreachable`,
        means: `A cluster ${dimensionValue(cluster)} is alive, but its ${ui} has had no healthy target for ${MINUTES} minutes.`,
        first:
          'check the health reason of its target group. The usual cause of Target.Timeout is the security group of the primary nodes, and of Target.ResponseCodeMismatch the application. The log of rebind-emr-ui says whether the target group and its rule exist.',
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
