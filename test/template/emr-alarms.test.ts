import { describe, expect, it } from 'vitest';
import { dimensionValue } from '../../shared/clusters/dimension-value.ts';
import { emrAlarms } from '../../template/emr-alarms.ts';
import { anEmr } from '../support/emr-builders.ts';

const metrics = { clusterMetrics: ['MRUnhealthyNodes', 'HDFSUtilization'] } as const;

const propertiesOf = (...args: Parameters<typeof anEmr>) =>
  Object.values(emrAlarms('breakaway-dev', anEmr(...args))).map(({ Properties }) => Properties);

describe('emrAlarms', () => {
  it('watches unhealthy nodes and the use of HDFS of each name', () => {
    const alarms = { unhealthyNodes: 1, hdfsUtilizationPercent: 75 };

    expect(propertiesOf({ metrics: { ...metrics, alarms } })).toMatchObject([
      {
        AlarmName: 'breakaway-dev-etl-unhealthy-nodes',
        Namespace: 'Breakaway/EMR',
        MetricName: 'MRUnhealthyNodesSum',
        Dimensions: [{ Name: 'ClusterName', Value: 'etl' }],
        Statistic: 'Average',
        ComparisonOperator: 'GreaterThanThreshold',
        Threshold: 1,
        AlarmActions: [{ Ref: 'AlertTopic' }],
      },
      {
        AlarmName: 'breakaway-dev-etl-hdfs-utilization',
        MetricName: 'HDFSUtilizationAverage',
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        Threshold: 75,
      },
    ]);
  });

  it.each([
    [5, 9],
    [10, 10],
    [60, 20],
  ])('with a lag of %i minutes evaluates %i windows, so that enough windows have values', (lagMinutes, windows) => {
    for (const properties of propertiesOf({ metrics: { ...metrics, lagMinutes } })) {
      expect(properties).toMatchObject({
        Period: 300,
        EvaluationPeriods: windows,
        DatapointsToAlarm: 3,
        TreatMissingData: 'notBreaching',
      });
      // The newest window that there can be began a lag, its own length and a tick ago.
      const neverThere = Math.ceil((lagMinutes + 5 + 5) / 5);
      expect(windows - neverThere).toBeGreaterThanOrEqual(6);
    }
  });

  it('leaves out metrics that are not published', () => {
    expect(propertiesOf({ metrics: { clusterMetrics: ['IsIdle'] } })).toEqual([]);
    expect(propertiesOf({ metrics: { clusterMetrics: ['HDFSUtilization'] } })).toHaveLength(1);
  });

  it('leaves out clusters that keep their own names, and has one alarm per name', () => {
    const clusters = [
      { kind: 'name', name: 'etl' },
      { kind: 'pattern', pattern: 'etl-*', name: 'etl' },
      { kind: 'pattern', pattern: '*' },
    ] as const;

    expect(propertiesOf({ clusters, metrics })).toHaveLength(2);
  });

  it('has the dimension of the published metric, and a name that CloudWatch accepts', () => {
    const names = ['日次', 'a'.repeat(250), `${'a'.repeat(249)}b`];
    const all = propertiesOf({ clusters: names.map((name) => ({ kind: 'name', name }) as const), metrics });

    expect(new Set(all.map((properties) => JSON.stringify(properties['Dimensions'])))).toEqual(
      new Set(names.map((name) => JSON.stringify([{ Name: 'ClusterName', Value: dimensionValue(name) }]))),
    );
    expect(new Set(all.map((properties) => properties['AlarmName'])).size).toBe(6);
    for (const { AlarmName } of all) {
      expect(AlarmName).toMatch(/^[\x21-\x7e]{1,255}$/);
    }
  });

  it('keeps the logical id of an alarm when another is added before it', () => {
    const ids = (...names: string[]) =>
      Object.keys(
        emrAlarms(
          'breakaway-dev',
          anEmr({ clusters: names.map((name) => ({ kind: 'name', name }) as const), metrics }),
        ),
      );

    expect(ids('a', 'b').slice(2)).toEqual(ids('b'));
    expect(ids('a', '日次').every((id) => /^[A-Za-z0-9]+$/.test(id))).toBe(true);
  });
});
