import { CloudWatchClient, GetMetricDataCommand, ListMetricsCommand } from '@aws-sdk/client-cloudwatch';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMetricReading, MAX_QUERIES } from '../../../shared/aws/metric-reading.ts';
import { agentQuery, clusterQuery, nodeQuery } from '../../../shared/clusters/metric-query.ts';
import { at } from '../../support/emr-builders.ts';
import { mockAws } from '../../support/mock-aws.ts';

const cloudWatch = mockAws(CloudWatchClient);
const { signal } = new AbortController();
const SPAN = { from: at('03:00'), to: at('03:10') };

const queriesFor = (count: number) =>
  Array.from({ length: count }, (_, index) => nodeQuery(`i-${index}`, 'CPUUtilization'));

const points = (values: Readonly<Record<string, number>>) =>
  new Map(Object.entries(values).map(([time, value]) => [at(time).getTime(), value]));

describe('read', () => {
  it('asks for windows of five minutes, by all dimensions and no unit', async () => {
    cloudWatch.on(GetMetricDataCommand).resolves({ MetricDataResults: [] });
    const dimensions = { 'cluster.id': 'j-1', 'instance.id': 'i-1', 'node.type': 'core', 'service.name': 'agent' };

    await createMetricReading().read(
      [clusterQuery({ id: 'j-1' }, 'IsIdle'), agentQuery({ metric: 'mem_used', instanceId: 'i-1', dimensions })],
      SPAN,
      signal,
    );

    expect(cloudWatch.commandCalls(GetMetricDataCommand)[0]?.args[0].input).toEqual({
      StartTime: at('03:00'),
      EndTime: at('03:10'),
      MetricDataQueries: [
        {
          Id: 'q0',
          MetricStat: {
            Metric: {
              Namespace: 'AWS/ElasticMapReduce',
              MetricName: 'IsIdle',
              Dimensions: [{ Name: 'JobFlowId', Value: 'j-1' }],
            },
            Period: 300,
            Stat: 'Minimum',
          },
        },
        {
          Id: 'q1',
          MetricStat: {
            Metric: {
              Namespace: 'CWAgent',
              MetricName: 'mem_used',
              Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
            },
            Period: 300,
            Stat: 'Average',
          },
        },
      ],
    });
  });

  it('puts the pages of an answer together', async () => {
    const [one, other] = queriesFor(2);
    cloudWatch
      .on(GetMetricDataCommand)
      .resolvesOnce({
        MetricDataResults: [
          { Id: 'q0', Timestamps: [at('03:05')], Values: [2], StatusCode: 'PartialData' },
          { Id: 'q1', Timestamps: [], Values: [], StatusCode: 'Complete' },
        ],
        NextToken: 'next',
      })
      .resolvesOnce({
        MetricDataResults: [{ Id: 'q0', Timestamps: [at('03:00')], Values: [1], StatusCode: 'Complete' }],
      });

    const readings = await createMetricReading().read([one!, other!], SPAN, signal);

    expect(readings.get(one!)).toEqual({ kind: 'complete', points: points({ '03:00': 1, '03:05': 2 }) });
    expect(readings.get(other!)).toEqual({ kind: 'complete', points: new Map() });
    expect(cloudWatch.commandCalls(GetMetricDataCommand)[1]?.args[0].input.NextToken).toBe('next');
  });

  it('gives a value the start of its window, whatever second it is told with', async () => {
    const [query] = queriesFor(1);
    const result = {
      Id: 'q0',
      Timestamps: [at('03:04:59'), at('03:05')],
      Values: [7],
      StatusCode: 'Complete' as const,
    };
    cloudWatch.on(GetMetricDataCommand).resolves({ MetricDataResults: [result, { Id: 'unasked' }] });

    const readings = await createMetricReading().read([query!], SPAN, signal);

    expect(readings.get(query!)).toEqual({ kind: 'complete', points: points({ '03:00': 7 }) });
  });

  it('asks once more for what was not answered in full, and only for that', async () => {
    const [one, other] = queriesFor(2);
    cloudWatch
      .on(GetMetricDataCommand)
      .resolvesOnce({
        MetricDataResults: [
          { Id: 'q0', Timestamps: [at('03:00')], Values: [1], StatusCode: 'Complete' },
          { Id: 'q1', StatusCode: 'InternalError' },
        ],
      })
      .resolvesOnce({
        MetricDataResults: [{ Id: 'q0', Timestamps: [at('03:00')], Values: [2], StatusCode: 'Complete' }],
      });

    const readings = await createMetricReading().read([one!, other!], SPAN, signal);

    expect([...readings.values()]).toEqual([
      { kind: 'complete', points: points({ '03:00': 1 }) },
      { kind: 'complete', points: points({ '03:00': 2 }) },
    ]);
    expect(cloudWatch.commandCalls(GetMetricDataCommand)[1]?.args[0].input.MetricDataQueries).toHaveLength(1);
  });

  it.each([
    [
      'PartialData',
      { MetricDataResults: [{ Id: 'q0', Timestamps: [at('03:00')], Values: [1], StatusCode: 'PartialData' as const }] },
      'PartialData',
    ],
    ['Forbidden', { MetricDataResults: [{ Id: 'q0', StatusCode: 'Forbidden' as const }] }, 'Forbidden'],
    ['no status', { MetricDataResults: [{ Id: 'q0' }] }, 'none'],
    ['no answer', {}, 'no answer'],
    [
      'a message',
      {
        MetricDataResults: [{ Id: 'q0', StatusCode: 'Complete' as const }],
        Messages: [{ Code: 'Limit', Value: 'Maximum number of allowed metrics exceeded' }],
      },
      'Limit: Maximum number of allowed metrics exceeded',
    ],
  ])('says that an answer is incomplete: %s', async (_, answer, reason) => {
    const [query] = queriesFor(1);
    cloudWatch.on(GetMetricDataCommand).resolves(answer);

    const readings = await createMetricReading().read([query!], SPAN, signal);

    expect(readings.get(query!)).toEqual({ kind: 'incomplete', reason });
    expect(cloudWatch.calls()).toHaveLength(2);
  });

  it('asks for each query once, in as few calls as it takes, however many there are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 * MAX_QUERIES + 2 }), async (count) => {
        cloudWatch.reset();
        cloudWatch.on(GetMetricDataCommand).callsFake(({ MetricDataQueries }) => ({
          MetricDataResults: MetricDataQueries.map(({ Id }: { Id: string }) => ({ Id, StatusCode: 'Complete' })),
        }));
        const queries = queriesFor(count);

        const readings = await createMetricReading().read(queries, SPAN, signal);

        const asked = cloudWatch
          .commandCalls(GetMetricDataCommand)
          .flatMap(({ args: [{ input }] }) => input.MetricDataQueries ?? [])
          .map((query) => query.MetricStat?.Metric?.Dimensions?.[0]?.Value);
        expect(asked).toEqual(queries.map(({ dimensions }) => dimensions['InstanceId']));
        expect([...readings.keys()]).toEqual(queries);
        expect(cloudWatch.calls()).toHaveLength(Math.ceil(count / MAX_QUERIES));
      }),
      { numRuns: 30, examples: [[0], [499], [500], [501], [1_000], [1_001]] },
    );
  });

  it('ends with an error, and not never, when a token comes again', async () => {
    cloudWatch.on(GetMetricDataCommand).resolves({ NextToken: 'same' });

    await expect(createMetricReading().read(queriesFor(1), SPAN, signal)).rejects.toThrow('A page token was repeated');
  });
});

describe('listAgentSeries', () => {
  it('finds the dimensions of every node, metric by metric, over all pages', async () => {
    const dimensions = (instance: string) => [
      { Name: 'cluster.id', Value: 'j-1' },
      { Name: 'instance.id', Value: instance },
      { Name: 'service.name', Value: 'agent' },
    ];
    cloudWatch
      .on(ListMetricsCommand, {
        Namespace: 'CWAgent',
        MetricName: 'mem_used',
        Dimensions: [{ Name: 'cluster.id', Value: 'j-1' }],
      })
      .resolvesOnce({ Metrics: [{ Dimensions: dimensions('i-1') }, {}], NextToken: 'next' })
      .resolvesOnce({ Metrics: [{ Dimensions: dimensions('i-2') }] })
      .on(ListMetricsCommand, { MetricName: 'swap_used' })
      .resolves({});

    const series = await createMetricReading().listAgentSeries('j-1', ['mem_used', 'swap_used'], signal);

    expect(series).toEqual(
      ['i-1', 'i-2'].map((instanceId) => ({
        metric: 'mem_used',
        instanceId,
        dimensions: { 'cluster.id': 'j-1', 'instance.id': instanceId, 'service.name': 'agent' },
      })),
    );
  });

  it('ends with an error, and not never, when a token comes again', async () => {
    cloudWatch
      .on(ListMetricsCommand)
      .resolves({ Metrics: [{ Dimensions: [{ Name: undefined, Value: undefined }] }], NextToken: 'same' });

    await expect(createMetricReading().listAgentSeries('j-1', ['mem_used'], signal)).rejects.toThrow(
      'A page token was repeated',
    );
  });
});
