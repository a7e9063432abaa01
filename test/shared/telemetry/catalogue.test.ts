import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { type CounterName, type Definition, type Gauge, METRICS } from '../../../shared/telemetry/catalogue.ts';
import {
  type EmittedMetric,
  emittedMetrics,
  expectCatalogued,
  problemsOf,
  putMetrics,
} from '../../support/emitted-metrics.ts';

const definitions: [string, Definition][] = Object.entries(METRICS);

describe('the catalogue', () => {
  it.each(definitions)('names what %s counts after what happened, and by whom', (name, { putAs, unit, dimensions }) => {
    if (putAs === 'counter') {
      expect(name).toMatch(/^[A-Z][a-z]+s(?:[A-Z][a-z]+)*(?:ed|Told|Found)(?:[A-Z][a-z]+)*$/);
      expect(unit).toBe('Count');
      expect(dimensions.every(([first]) => first === 'service')).toBe(true);
      expect(dimensions[0], 'an alarm needs the total').toEqual(['service']);
    } else {
      expect(dimensions.flat(), 'a gauge describes the world, whoever looked').not.toContain('service');
    }
  });

  it('has the metrics that alarms and dashboards are promised', () => {
    const promised = Object.fromEntries(
      definitions.map(([name, { namespace, putAs, dimensions }]) => [
        name,
        `${putAs} in ${namespace} by ${dimensions.map((set) => `(${set.join(', ')})`).join(' and ')}`,
      ]),
    );

    expect(promised).toEqual({
      StuckJobs: 'gauge in Breakaway by (JobQueue)',
      Jobs: 'gauge in Breakaway by (JobQueue, JobStatus)',
      OldestJobAge: 'gauge in Breakaway by (JobQueue, JobStatus)',
      UnplaceableJobs: 'gauge in Breakaway by (JobQueue)',
      QueuesNotCounted: 'gauge in Breakaway by ()',
      LateRuns: 'gauge in Breakaway by () and (Feed)',
      BoundTargets: 'gauge in Breakaway by (ClusterName, Ui)',
      HealthyTargets: 'gauge in Breakaway by (ClusterName, Ui)',
      LiveClusters: 'gauge in Breakaway/EMR by (ClusterName)',
      JobsSubmitted: 'counter in Breakaway by (service) and (service, Feed)',
      SubmissionsRefused: 'counter in Breakaway by (service) and (service, Feed)',
      ClaimsRecovered: 'counter in Breakaway by (service) and (service, Feed)',
      ArrivalsSkipped: 'counter in Breakaway by (service)',
      ArrivalsFoundByListing: 'counter in Breakaway by (service) and (service, Feed)',
      WindowsPublished: 'counter in Breakaway by (service)',
      ClustersDeferred: 'counter in Breakaway by (service)',
      ClustersOmitted: 'counter in Breakaway by (service)',
      JobsStarted: 'counter in Breakaway by (service) and (service, Feed)',
      JobsSucceeded: 'counter in Breakaway by (service) and (service, Feed)',
      JobsFailed: 'counter in Breakaway by (service) and (service, Feed)',
      ChangesFoundByAsking: 'counter in Breakaway by (service) and (service, Feed)',
      TimesSkipped: 'counter in Breakaway by (service) and (service, Feed)',
      FailuresFolded: 'counter in Breakaway by (service)',
      AlertsTold: 'counter in Breakaway by (service) and (service, Kind)',
      RecordsFailed: 'counter in Breakaway by (service)',
    });
  });

  it('knows counters from gauges, and what each needs to be said', () => {
    expectTypeOf<CounterName>().toEqualTypeOf<
      | 'JobsSubmitted'
      | 'SubmissionsRefused'
      | 'ClaimsRecovered'
      | 'ArrivalsSkipped'
      | 'ArrivalsFoundByListing'
      | 'WindowsPublished'
      | 'ClustersDeferred'
      | 'ClustersOmitted'
      | 'JobsStarted'
      | 'JobsSucceeded'
      | 'JobsFailed'
      | 'ChangesFoundByAsking'
      | 'TimesSkipped'
      | 'FailuresFolded'
      | 'AlertsTold'
      | 'RecordsFailed'
    >();
    type Put<Metric> = Omit<Extract<Gauge, { metric: Metric }>, 'at' | 'value' | 'metric'>;
    expectTypeOf<{ dimensions: { JobQueue: string } }>().toExtend<Put<'StuckJobs'>>();
    expectTypeOf<{ dimensions: { Feed: string } }>().not.toExtend<Put<'StuckJobs'>>();
    expectTypeOf<{ dimensions: { JobQueue: string; JobStatus: 'FAILED' } }>().not.toExtend<Put<'Jobs'>>();
    expectTypeOf<{ dimensions: Record<string, never> }>().toExtend<Put<'LateRuns'>>();
    expectTypeOf<{ dimensions: { Feed: string } }>().not.toExtend<Put<'QueuesNotCounted'>>();
  });
});

describe('what tests saw', () => {
  const line = {
    _aws: {
      Timestamp: 1,
      CloudWatchMetrics: [
        {
          Namespace: 'Breakaway',
          Dimensions: [['service'], ['service', 'Feed']],
          Metrics: [{ Name: 'JobsSubmitted', Unit: 'Count' }],
        },
      ],
    },
    service: 'submit-batch-job',
    Feed: 'sales',
    JobsSubmitted: [1, 2],
  };
  const [seen] = emittedMetrics([JSON.stringify(line)]);
  const metric: EmittedMetric = seen ?? expect.fail('No metric was read');

  const gauge: EmittedMetric = {
    namespace: 'Breakaway/EMR',
    name: 'CPUUtilizationAverage',
    putAs: 'gauge',
    unit: 'Percent',
    dimensions: { ClusterName: 'etl', NodeRole: 'core' },
    value: 1,
  };

  it('is read from lines in the embedded metric format, and from nothing else', () => {
    const lines = ['', 'START RequestId', '{', 'null', '3', '{"level":"INFO"}', '{"_aws":{}}', JSON.stringify(line)];

    expect(emittedMetrics(lines)).toEqual([
      {
        namespace: 'Breakaway',
        name: 'JobsSubmitted',
        putAs: 'counter',
        unit: 'Count',
        dimensions: { service: 'submit-batch-job' },
        value: [1, 2],
      },
      {
        namespace: 'Breakaway',
        name: 'JobsSubmitted',
        putAs: 'counter',
        unit: 'Count',
        dimensions: { service: 'submit-batch-job', Feed: 'sales' },
        value: [1, 2],
      },
    ]);
  });

  it('is read from requests to CloudWatch', () => {
    const { input } = new PutMetricDataCommand({
      Namespace: 'Breakaway',
      MetricData: [{ MetricName: 'LateRuns', Unit: 'Count', Value: 0, Dimensions: [{ Name: 'Feed', Value: 'sales' }] }],
    });

    expect(putMetrics(input)).toEqual([
      {
        namespace: 'Breakaway',
        name: 'LateRuns',
        putAs: 'gauge',
        unit: 'Count',
        dimensions: { Feed: 'sales' },
        value: 0,
      },
    ]);
  });

  it.each<[string, EmittedMetric]>([
    ['a counter', metric],
    ['a gauge of a cluster', gauge],
  ])('passes if it is in the catalogue: %s', (_what, known) => {
    expect(problemsOf(known)).toEqual([]);
    expectCatalogued([known]);
  });

  it.each<[string, EmittedMetric]>([
    ['JobsLost is not in the catalogue', { ...metric, name: 'JobsLost' }],
    ['toString is not in the catalogue', { ...metric, name: 'toString' }],
    ['JobsSubmitted is in AWS/Batch, not in Breakaway', { ...metric, namespace: 'AWS/Batch' }],
    ['JobsSubmitted is put as a gauge, not as a counter', { ...metric, putAs: 'gauge' }],
    ['JobsSubmitted has the unit Seconds, not Count', { ...metric, unit: 'Seconds' }],
    [
      'JobsSubmitted has the dimensions [Kind, service]',
      { ...metric, dimensions: { service: 'a', Kind: 'feed-late' } },
    ],
    ['JobsSubmitted has the dimensions []', { ...metric, dimensions: {} }],
    [
      'JobsSubmitted has a dimension that CloudWatch refuses: {"service":"a","Feed":"売上"}',
      { ...metric, dimensions: { service: 'a', Feed: '売上' } },
    ],
    ['JobsSubmitted has the value NaN', { ...metric, value: [Number.NaN] }],
    ['CPUUtilizationAverage is in Breakaway, not in Breakaway/EMR', { ...gauge, namespace: 'Breakaway' }],
    ['CPUUtilizationAverage has the dimensions [InstanceId]', { ...gauge, dimensions: { InstanceId: 'i-1' } }],
  ])('fails otherwise: %s', (problem, unknown) => {
    expect(problemsOf(unknown)).toEqual([problem]);
    expect(() => expectCatalogued([metric, unknown])).toThrow(problem);
  });
});
