import { describe, expect, it } from 'vitest';
import { uiAlarms } from '../../template/ui-alarms.ts';
import { problemsOf } from '../support/emitted-metrics.ts';

const alarmsOf = (...clusterUis: { cluster: string; ui: string }[]) =>
  Object.entries(uiAlarms('breakaway-dev', { defined: [], clusterUis }));

describe('uiAlarms', () => {
  it('starts when an interface of a live cluster has had no healthy target for five minutes, and not when the cluster has ended', () => {
    const [[, alarm] = []] = alarmsOf({ cluster: 'etl', ui: 'hue' });

    expect(alarm?.Properties).toMatchObject({
      AlarmName: 'breakaway-dev-etl-hue-unreachable',
      Namespace: 'Breakaway',
      MetricName: 'HealthyTargets',
      Dimensions: [
        { Name: 'ClusterName', Value: 'etl' },
        { Name: 'Ui', Value: 'hue' },
      ],
      Statistic: 'Average',
      Period: 60,
      EvaluationPeriods: 5,
      ComparisonOperator: 'LessThanOrEqualToThreshold',
      Threshold: 0,
      TreatMissingData: 'notBreaching',
      AlarmActions: [{ Ref: 'AlertTopic' }],
    });
  });

  it('evaluates a metric of the catalogue, with its dimensions', () => {
    const [[, alarm] = []] = alarmsOf({ cluster: '日次', ui: 'hue' });
    const { Namespace, MetricName, Dimensions } = alarm?.Properties ?? {};

    expect(
      problemsOf({
        namespace: String(Namespace),
        name: String(MetricName),
        putAs: 'gauge',
        unit: 'Count',
        dimensions: Object.fromEntries(
          (Dimensions as { Name: string; Value: string }[]).map(({ Name, Value }) => [Name, Value]),
        ),
        value: 0,
      }),
    ).toEqual([]);
  });

  it('has its own alarm for each interface, for any name of a cluster', () => {
    const alarms = alarmsOf(
      { cluster: 'etl', ui: 'hue' },
      { cluster: 'etl', ui: 'tez-ui' },
      { cluster: 'e t l', ui: 'hue' },
      { cluster: 'x'.repeat(256), ui: 'hue' },
      { cluster: '日次', ui: 'hue' },
    );

    expect(new Set(alarms.map(([id]) => id)).size).toBe(5);
    expect(new Set(alarms.map(([, { Properties }]) => Properties['AlarmName'])).size).toBe(5);
    for (const [id, { Properties }] of alarms) {
      expect(id).toMatch(/^[A-Za-z0-9]+$/);
      expect(String(Properties['AlarmName']).length).toBeLessThanOrEqual(255);
    }
  });

  it('makes no alarm without interfaces', () => {
    expect(alarmsOf()).toEqual([]);
  });
});
