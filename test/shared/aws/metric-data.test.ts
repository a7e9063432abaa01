import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { createMetricData } from '../../../shared/aws/metric-data.ts';
import type { Gauge } from '../../../shared/telemetry/catalogue.ts';
import { mockAws } from '../../support/mock-aws.ts';

const cloudWatch = mockAws(CloudWatchClient);

beforeEach(() => {
  cloudWatch.on(PutMetricDataCommand).resolves({});
});

const signal = new AbortController().signal;
const at = new Date('2026-11-22T00:05:00.000Z');
const metricData = createMetricData();

const stuckJobs = (queue: string, value = 1): Gauge => ({
  metric: 'StuckJobs',
  dimensions: { JobQueue: queue },
  value,
  at,
});

const puts = () => cloudWatch.commandCalls(PutMetricDataCommand).map(({ args: [{ input }] }) => input);

describe('publish', () => {
  it('puts a gauge with its namespace, dimensions and unit, and the instant that it describes', async () => {
    await metricData.publish(
      [
        { metric: 'OldestJobAge', dimensions: { JobQueue: 'etl', JobStatus: 'RUNNABLE' }, value: 90, at },
        { metric: 'LateRuns', dimensions: {}, value: 0, at },
        { metric: 'LateRuns', dimensions: { Feed: 'sales' }, value: 0, at },
      ],
      signal,
    );

    expect(puts()).toEqual([
      {
        Namespace: 'Breakaway',
        MetricData: [
          {
            MetricName: 'OldestJobAge',
            Dimensions: [
              { Name: 'JobQueue', Value: 'etl' },
              { Name: 'JobStatus', Value: 'RUNNABLE' },
            ],
            Timestamp: at,
            Unit: 'Seconds',
            Value: 90,
          },
          { MetricName: 'LateRuns', Dimensions: [], Timestamp: at, Unit: 'Count', Value: 0 },
          {
            MetricName: 'LateRuns',
            Dimensions: [{ Name: 'Feed', Value: 'sales' }],
            Timestamp: at,
            Unit: 'Count',
            Value: 0,
          },
        ],
      },
    ]);
  });

  it('puts each namespace by a call of its own, and the metrics of clusters in the unit of their source', async () => {
    await metricData.publish(
      [
        { metric: 'CPUUtilizationAverage', dimensions: { ClusterName: 'etl' }, unit: 'Percent', value: 41.5, at },
        stuckJobs('etl'),
        { metric: 'LiveClusters', dimensions: { ClusterName: 'etl' }, value: 1, at },
      ],
      signal,
    );

    expect(
      puts().map(({ Namespace, MetricData }) => [
        Namespace,
        MetricData?.map(({ MetricName, Unit }) => [MetricName, Unit]),
      ]),
    ).toEqual([
      [
        'Breakaway/EMR',
        [
          ['CPUUtilizationAverage', 'Percent'],
          ['LiveClusters', 'Count'],
        ],
      ],
      ['Breakaway', [['StuckJobs', 'Count']]],
    ]);
  });

  it('asks CloudWatch nothing when there is nothing to put', async () => {
    await metricData.publish([], signal);

    expect(puts()).toEqual([]);
  });

  it.each([
    [1000, [1000]],
    [1001, [1000, 1]],
    [2500, [1000, 1000, 500]],
  ])('puts %i gauges in calls of at most 1,000', async (n, expected) => {
    await metricData.publish(
      Array.from({ length: n }, (_, index) => stuckJobs(`queue-${index}`)),
      signal,
    );

    expect(puts().map(({ MetricData }) => MetricData?.length)).toEqual(expected);
  });

  it('puts every gauge once, in order, and no call of more than a megabyte', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1, max: 900 })), { maxLength: 5 }),
        async (blocks) => {
          cloudWatch.resetHistory();
          const gauges = blocks.flatMap(([length, n]): Gauge[] =>
            Array.from({ length: n }, (_, value) => ({
              metric: `${'M'.repeat(length)}Sum`,
              // Quotes take two characters each on the way.
              dimensions: { ClusterName: '"'.repeat(length), NodeRole: '"'.repeat(length) },
              unit: 'Count',
              value,
              at,
            })),
          );

          await metricData.publish(gauges, signal);

          const data = puts().flatMap(({ MetricData }) => MetricData ?? []);
          expect(data.map(({ MetricName, Value }) => [MetricName, Value])).toEqual(
            gauges.map(({ metric, value }) => [metric, value]),
          );
          for (const put of puts()) {
            expect(JSON.stringify(put).length).toBeLessThan(1_000_000);
            expect(put.MetricData?.length).toBeLessThanOrEqual(1000);
          }
          expect(puts().length).toBeLessThanOrEqual(Math.ceil(gauges.length / 500));
          cloudWatch.resetHistory();
        },
      ),
      { numRuns: 20 },
    );
  });

  it.each([
    ['売上', '\\u{58f2}\\u{4e0a}'],
    ['a\tb', 'a\\u{9}b'],
    [' etl ', 'etl'],
    ['', '-'],
    ['x'.repeat(300), 'x'.repeat(250)],
  ])('makes a name that CloudWatch would refuse a dimension that it takes: %j', async (name, expected) => {
    await metricData.publish([stuckJobs(name)], signal);

    expect(puts()[0]?.MetricData?.[0]?.Dimensions?.[0]?.Value).toBe(expected);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('refuses %s by name before it puts anything', async (value) => {
    await expect(metricData.publish([stuckJobs('etl'), stuckJobs('adhoc', value)], signal)).rejects.toThrow(
      new RangeError(`Gauge StuckJobs {"JobQueue":"adhoc"} has the value ${value}`),
    );

    expect(puts()).toEqual([]);
  });

  it('makes the other calls when one fails, and then says so', async () => {
    const error = new Error('not now');
    cloudWatch.on(PutMetricDataCommand, { Namespace: 'Breakaway' }).rejects(error);

    const publishing = metricData.publish(
      [stuckJobs('etl'), { metric: 'LiveClusters', dimensions: { ClusterName: 'etl' }, value: 1, at }],
      signal,
    );

    await expect(publishing).rejects.toThrow(
      expect.objectContaining({ message: '1 of 2 calls of PutMetricData failed', cause: error }),
    );
    expect(new Set(puts().map(({ Namespace }) => Namespace))).toEqual(new Set(['Breakaway', 'Breakaway/EMR']));
  });
});
