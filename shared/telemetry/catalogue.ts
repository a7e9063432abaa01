/**
 * Every metric of the suite: its namespace, dimension sets, unit, and how it is put.
 *
 * Alarms, dashboards and tests name nothing else. A **gauge** is put with the timestamp of what it describes (`shared/aws/metric-data.ts`) and is
 * read with the statistic Average; a **counter** is what one invocation saw (`metrics.ts`) and is read with Sum. The dimension `service` of every
 * counter is the function that counted. A metric with several dimension sets is put once with each, since an alarm cannot add up over a dimension.
 */
import type { AlertKind } from '../alerts/kinds.ts';

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html */
export type Unit =
  | 'Bytes'
  | 'Bytes/Second'
  | 'Count'
  | 'Count/Second'
  | 'Megabytes'
  | 'Milliseconds'
  | 'None'
  | 'Percent'
  | 'Seconds';

export type Definition = {
  readonly namespace: string;
  readonly putAs: 'gauge' | 'counter';
  readonly unit: Unit;
  readonly dimensions: readonly (readonly string[])[];
};

/** The namespace of what the suite says about itself. */
export const NAMESPACE = 'Breakaway';

/** The namespace of what the suite says about EMR clusters. */
export const EMR_NAMESPACE = 'Breakaway/EMR';

export const METRICS = {
  /** Jobs of a queue whose status is neither SUCCEEDED nor FAILED. */
  StuckJobs: { namespace: NAMESPACE, putAs: 'gauge', unit: 'Count', dimensions: [['JobQueue']] },
  /** The same by status. */
  Jobs: { namespace: NAMESPACE, putAs: 'gauge', unit: 'Count', dimensions: [['JobQueue', 'JobStatus']] },
  /** For how long the oldest job of a queue and status has been in it. */
  OldestJobAge: { namespace: NAMESPACE, putAs: 'gauge', unit: 'Seconds', dimensions: [['JobQueue', 'JobStatus']] },
  /** Jobs that no compute environment of their queue could ever run. */
  UnplaceableJobs: { namespace: NAMESPACE, putAs: 'gauge', unit: 'Count', dimensions: [['JobQueue']] },
  /** Queues that could not be read, and so have no numbers. */
  QueuesNotCounted: { namespace: NAMESPACE, putAs: 'gauge', unit: 'Count', dimensions: [[]] },
  /** Runs that are late now, in all and by feed. */
  LateRuns: { namespace: NAMESPACE, putAs: 'gauge', unit: 'Count', dimensions: [[], ['Feed']] },
  /** Targets that a user interface's target group has. */
  BoundTargets: { namespace: NAMESPACE, putAs: 'gauge', unit: 'Count', dimensions: [['ClusterName', 'Ui']] },
  /** Those of them that answer, and are of the cluster that should be seen. There only while that lives, so a zero means that nobody can see it. */
  HealthyTargets: { namespace: NAMESPACE, putAs: 'gauge', unit: 'Count', dimensions: [['ClusterName', 'Ui']] },
  /** EMR clusters of a name that are alive. */
  LiveClusters: { namespace: EMR_NAMESPACE, putAs: 'gauge', unit: 'Count', dimensions: [['ClusterName']] },

  /** Jobs that Batch accepted for a run, or that were found there after their answer had been lost. */
  JobsSubmitted: {
    namespace: NAMESPACE,
    putAs: 'counter',
    unit: 'Count',
    dimensions: [['service'], ['service', 'Feed']],
  },
  /** Runs whose job Batch will not take however often it is asked. */
  SubmissionsRefused: {
    namespace: NAMESPACE,
    putAs: 'counter',
    unit: 'Count',
    dimensions: [['service'], ['service', 'Feed']],
  },
  /** Claims that lost their owner, or the answer to their submission, and were brought to an end all the same. */
  ClaimsRecovered: {
    namespace: NAMESPACE,
    putAs: 'counter',
    unit: 'Count',
    dimensions: [['service'], ['service', 'Feed']],
  },
  /** Objects that no feed waits for, or that were gone again. */
  ArrivalsSkipped: { namespace: NAMESPACE, putAs: 'counter', unit: 'Count', dimensions: [['service']] },
  /** Arrivals whose event was lost, found by listing the bucket. */
  ArrivalsFoundByListing: {
    namespace: NAMESPACE,
    putAs: 'counter',
    unit: 'Count',
    dimensions: [['service'], ['service', 'Feed']],
  },
  /** Times of schedules that came during an outage, and are not made up for. */
  TimesSkipped: {
    namespace: NAMESPACE,
    putAs: 'counter',
    unit: 'Count',
    dimensions: [['service'], ['service', 'Feed']],
  },
  /** Windows of five minutes that were published under the name of a logical cluster. */
  WindowsPublished: { namespace: NAMESPACE, putAs: 'counter', unit: 'Count', dimensions: [['service']] },
  /** Logical clusters that had to wait for the next tick, since EMR could not be asked all that it takes. */
  ClustersDeferred: { namespace: NAMESPACE, putAs: 'counter', unit: 'Count', dimensions: [['service']] },
  /** Logical clusters of which something is not published: beyond the limits of the configuration, or of what CloudWatch can tell apart. */
  ClustersOmitted: { namespace: NAMESPACE, putAs: 'counter', unit: 'Count', dimensions: [['service']] },
  /** Messages that a person was sent. */
  AlertsTold: { namespace: NAMESPACE, putAs: 'counter', unit: 'Count', dimensions: [['service'], ['service', 'Kind']] },
  /** Runs whose job began to run, ended well, or failed. */
  JobsStarted: {
    namespace: NAMESPACE,
    putAs: 'counter',
    unit: 'Count',
    dimensions: [['service'], ['service', 'Feed']],
  },
  JobsSucceeded: {
    namespace: NAMESPACE,
    putAs: 'counter',
    unit: 'Count',
    dimensions: [['service'], ['service', 'Feed']],
  },
  JobsFailed: { namespace: NAMESPACE, putAs: 'counter', unit: 'Count', dimensions: [['service'], ['service', 'Feed']] },
  /** Changes of jobs whose event was lost, found by asking Batch. */
  ChangesFoundByAsking: {
    namespace: NAMESPACE,
    putAs: 'counter',
    unit: 'Count',
    dimensions: [['service'], ['service', 'Feed']],
  },
  /** Failures that have no message of their own: children of an array job, jobs that fell with another one, and what a burst has too much of. */
  FailuresFolded: { namespace: NAMESPACE, putAs: 'counter', unit: 'Count', dimensions: [['service']] },
  /** Queue messages that were reported as failed, and come back or go to the failure queue. */
  RecordsFailed: { namespace: NAMESPACE, putAs: 'counter', unit: 'Count', dimensions: [['service']] },
} as const satisfies Readonly<Record<string, Definition>>;

/**
 * The metrics of logical clusters, `<SourceMetric>Average` and `<SourceMetric>Sum`, with the unit of their source; node sources also by role.
 * Both are plain values read with the statistic Average, so that putting a value again changes nothing.
 */
export const EMR_AGGREGATES = {
  namespace: EMR_NAMESPACE,
  putAs: 'gauge',
  name: /^[A-Za-z][A-Za-z0-9_]*(?:Average|Sum)$/,
  dimensions: [['ClusterName'], ['ClusterName', 'NodeRole']],
} as const;

/** What a dimension may say, where it is one of a few. */
type DimensionValues = {
  readonly JobStatus: 'SUBMITTED' | 'PENDING' | 'RUNNABLE' | 'STARTING' | 'RUNNING';
  readonly Kind: AlertKind;
};

type Dimensions<Names extends readonly string[]> = Names extends readonly []
  ? Readonly<Record<string, never>>
  : { readonly [Name in Names[number]]: Name extends keyof DimensionValues ? DimensionValues[Name] : string };

type DimensionsOf<Sets extends readonly (readonly string[])[]> = Sets extends readonly (infer Names)[]
  ? Names extends readonly string[]
    ? Dimensions<Names>
    : never
  : never;

type PutAs<How extends Definition['putAs']> = {
  [Name in keyof typeof METRICS]: (typeof METRICS)[Name]['putAs'] extends How ? Name : never;
}[keyof typeof METRICS];

export type GaugeName = PutAs<'gauge'>;

export type CounterName = PutAs<'counter'>;

/** The dimension that a counter has beside its service. */
export type OwnDimension<Name extends CounterName> = Exclude<
  (typeof METRICS)[Name]['dimensions'][number][number],
  'service'
>;

/** What has to be said with a count, beside its value. */
export type CounterDimensions<Name extends CounterName> = {
  readonly [Own in OwnDimension<Name>]: Own extends keyof DimensionValues ? DimensionValues[Own] : string;
};

/** One value of a gauge, and the instant that it describes. */
export type Gauge =
  | {
      [Name in GaugeName]: {
        readonly metric: Name;
        readonly dimensions: DimensionsOf<(typeof METRICS)[Name]['dimensions']>;
        readonly value: number;
        readonly at: Date;
      };
    }[GaugeName]
  | {
      readonly metric: `${string}${'Average' | 'Sum'}`;
      readonly dimensions: DimensionsOf<typeof EMR_AGGREGATES.dimensions>;
      readonly unit: Unit;
      readonly value: number;
      readonly at: Date;
    };
