/** The alarm on what feeds wait for. */
import type { Feed } from '../shared/feeds/feed.ts';
import { METRICS } from '../shared/telemetry/catalogue.ts';
import { alarm } from './alarms.ts';
import type { Resources } from './cloudformation.ts';

/** Derives the alarm on late runs, where a feed has a time by which it should have everything. */
export const feedAlarms = (prefix: string, feeds: readonly Feed[]): Resources =>
  feeds.some(({ due }) => due !== undefined)
    ? {
        LateRunsAlarm: alarm({
          AlarmName: `${prefix}-late-runs`,
          means: 'Runs are late: something that they wait for has not come.',
          first: 'the alert feed-late of each names what is missing; `npx breakaway status` shows them all.',
          Namespace: METRICS.LateRuns.namespace,
          MetricName: 'LateRuns',
          Statistic: 'Average',
          ComparisonOperator: 'GreaterThanThreshold',
          Threshold: 0,
          // Whoever counts them has an alarm for its silence.
          TreatMissingData: 'notBreaching',
        }),
      }
    : {};
