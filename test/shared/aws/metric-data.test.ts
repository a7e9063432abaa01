import { CloudWatchClient, PutMetricDataCommand, type StandardUnit } from '@aws-sdk/client-cloudwatch';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createMetricData } from '../../../shared/aws/metric-data.ts';
import type { Gauge } from '../../../shared/telemetry/catalogue.ts';
import { mockMetricData } from '../../support/mock-metric-data.ts';

vi.hoisted(() => {
  Object.assign(process.env, {
    AWS_REGION: 'ap-northeast-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
});

const cloudWatch = mockMetricData();

const signal = new AbortController().signal;
const at = new Date('2026-11-22T00:05:00.000Z');
const metricData = createMetricData();

const stuckJobs = (queue: string, value = 1): Gauge => ({
  metric: 'StuckJobs',
  dimensions: { JobQueue: queue },
  value,
  at,
});

const { puts } = cloudWatch;

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
            Timestamp: at.getTime() / 1_000,
            Unit: 'Seconds',
            Value: 90,
          },
          { MetricName: 'LateRuns', Dimensions: [], Timestamp: at.getTime() / 1_000, Unit: 'Count', Value: 0 },
          {
            MetricName: 'LateRuns',
            Dimensions: [{ Name: 'Feed', Value: 'sales' }],
            Timestamp: at.getTime() / 1_000,
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
          cloudWatch.forget();
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
          cloudWatch.forget();
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
    const error = Object.assign(new Error('not now'), { name: 'AbortError' });
    cloudWatch.failWhen(({ Namespace }) => (Namespace === 'Breakaway' ? error : undefined));
    vi.spyOn(Math, 'random').mockReturnValue(0);

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

it('sends what the client of the SDK sends', async () => {
  const sent: { method: string; path: string; hostname: string; headers: Record<string, string>; body: string }[] = [];
  vi.spyOn(NodeHttpHandler.prototype, 'handle').mockImplementation(async (request) => {
    sent.push(request as never);
    throw Object.assign(new Error('Captured'), { name: 'AbortError' });
  });
  vi.spyOn(Math, 'random').mockReturnValue(0);
  const datum = {
    MetricName: 'OldestJobAge',
    Dimensions: [
      { Name: 'JobQueue', Value: 'etl' },
      { Name: 'JobStatus', Value: 'RUNNABLE' },
    ],
    Timestamp: at,
    Unit: 'Seconds' as StandardUnit,
    Value: 90.5,
  };

  await new CloudWatchClient({ maxAttempts: 1 })
    .send(new PutMetricDataCommand({ Namespace: 'Breakaway', MetricData: [datum] }))
    .catch(() => undefined);
  await metricData
    .publish(
      [{ metric: 'OldestJobAge', dimensions: { JobQueue: 'etl', JobStatus: 'RUNNABLE' }, value: 90.5, at }],
      signal,
    )
    .catch(() => undefined);

  const [theirs, ...ours] = sent.map(({ method, path, hostname, headers, body }) => ({
    method,
    path,
    hostname,
    headers: ['content-type', 'x-amz-target', 'x-amzn-query-mode'].map((name) => headers[name]),
    body: JSON.parse(Buffer.from(body).toString()),
  }));
  expect(ours).not.toEqual([]);
  expect(ours[0]).toEqual(theirs);
});
