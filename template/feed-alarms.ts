/** The alarm on late runs. */
import type { Feed } from '../shared/feeds/feed.ts';
import { METRICS } from '../shared/telemetry/catalogue.ts';
import { alarm } from './alarms.ts';
import type { Resources } from './cloudformation.ts';

/** Derives the alarm on late runs, if a feed has `due`. */
export const feedAlarms = (prefix: string, feeds: readonly Feed[]): Resources =>
  feeds.some(({ due }) => due !== undefined)
    ? {
        LateRunsAlarm: alarm({
          AlarmName: `${prefix}-late-runs`,
          means: 'Runs are late: a required file, feed or time has not come.',
          first:
            'read the alert feed-late of each run, which lists the missing slots. `npx breakaway status` shows all late runs.',
          Namespace: METRICS.LateRuns.namespace,
          MetricName: 'LateRuns',
          Statistic: 'Average',
          ComparisonOperator: 'GreaterThanThreshold',
          Threshold: 0,
          // check-arrivals, which publishes the metric, has an alarm when it does not run.
          TreatMissingData: 'notBreaching',
        }),
      }
    : {};
