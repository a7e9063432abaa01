/**
 * Every metric of the suite: its namespace, dimension sets, unit, and how it is put.
 *
 * Alarms, dashboards and tests use no other metric. A **gauge** is put with the timestamp that it
 * describes (`shared/aws/metric-data.ts`) and is read with the statistic Average; a **counter**
 * counts events of one invocation (`metrics.ts`) and is read with Sum. The dimension `service` of
 * every counter is the function that counted. A metric with several dimension sets is put once with
 * each, since an alarm cannot add up over a dimension.
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

/** The namespace of the suite's own metrics. */
export const NAMESPACE = 'Breakaway';

/** The namespace of the metrics of EMR clusters. */
export const EMR_NAMESPACE = 'Breakaway/EMR';

export const METRICS = {
  /** Jobs of a queue whose status is neither SUCCEEDED nor FAILED. */
  StuckJobs: { namespace: NAMESPACE, putAs: 'gauge', unit: 'Count', dimensions: [['JobQueue']] },
  /** These jobs by status. */
  Jobs: { namespace: NAMESPACE, putAs: 'gauge', unit: 'Count', dimensions: [['JobQueue', 'JobStatus']] },
  /** The time that the oldest job of a queue has been in its status. */
  OldestJobAge: { namespace: NAMESPACE, putAs: 'gauge', unit: 'Seconds', dimensions: [['JobQueue', 'JobStatus']] },
  /** Jobs that no compute environment of their queue could ever run. */
  UnplaceableJobs: { namespace: NAMESPACE, putAs: 'gauge', unit: 'Count', dimensions: [['JobQueue']] },
  /** Queues without numbers, since they could not be read. */
  QueuesNotCounted: { namespace: NAMESPACE, putAs: 'gauge', unit: 'Count', dimensions: [[]] },
  /** Runs that are late now, in all and by feed. */
  LateRuns: { namespace: NAMESPACE, putAs: 'gauge', unit: 'Count', dimensions: [[], ['Feed']] },
  /** Targets in the target group of a user interface. */
  BoundTargets: { namespace: NAMESPACE, putAs: 'gauge', unit: 'Count', dimensions: [['ClusterName', 'Ui']] },
  /**
   * Healthy targets of the wanted cluster. Published only while that cluster is alive, so a zero
   * means that its interface cannot be reached.
   */
  HealthyTargets: { namespace: NAMESPACE, putAs: 'gauge', unit: 'Count', dimensions: [['ClusterName', 'Ui']] },
  /** Live EMR clusters of a name. */
  LiveClusters: { namespace: EMR_NAMESPACE, putAs: 'gauge', unit: 'Count', dimensions: [['ClusterName']] },

  /**
   * Jobs of runs that Batch accepted, also those that were found by name after the answer was lost.
   */
  JobsSubmitted: {
    namespace: NAMESPACE,
    putAs: 'counter',
    unit: 'Count',
    dimensions: [['service'], ['service', 'Feed']],
  },
  /** Runs whose job Batch refused for good. */
  SubmissionsRefused: {
    namespace: NAMESPACE,
    putAs: 'counter',
    unit: 'Count',
    dimensions: [['service'], ['service', 'Feed']],
  },
  /**
   * Claims that were finished after their owner died or the answer to their submission was lost.
   */
  ClaimsRecovered: {
    namespace: NAMESPACE,
    putAs: 'counter',
    unit: 'Count',
    dimensions: [['service'], ['service', 'Feed']],
  },
  /** Objects that match no feed, or that were deleted before they were read. */
  ArrivalsSkipped: { namespace: NAMESPACE, putAs: 'counter', unit: 'Count', dimensions: [['service']] },
  /** Arrivals whose event was lost, found by listing the bucket. */
  ArrivalsFoundByListing: {
    namespace: NAMESPACE,
    putAs: 'counter',
    unit: 'Count',
    dimensions: [['service'], ['service', 'Feed']],
  },
  /** Items of the ledger that this version cannot read: damaged, or written by a newer one. */
  ItemsUnreadable: { namespace: NAMESPACE, putAs: 'counter', unit: 'Count', dimensions: [['service']] },
  /** Evaluations that a dependency made fail. The run stays due. */
  EvaluationsFailed: { namespace: NAMESPACE, putAs: 'counter', unit: 'Count', dimensions: [['service']] },
  /** Runs that the minute's tick sent to be evaluated. */
  RunsDue: { namespace: NAMESPACE, putAs: 'counter', unit: 'Count', dimensions: [['service']] },
  /** Times of schedules that passed during an outage, and get no run. */
  TimesSkipped: {
    namespace: NAMESPACE,
    putAs: 'counter',
    unit: 'Count',
    dimensions: [['service'], ['service', 'Feed']],
  },
  /** Windows of five minutes that were published under the name of a logical cluster. */
  WindowsPublished: { namespace: NAMESPACE, putAs: 'counter', unit: 'Count', dimensions: [['service']] },
  /** Logical clusters that wait for the next tick, since the call rate of EMR was used up. */
  ClustersDeferred: { namespace: NAMESPACE, putAs: 'counter', unit: 'Count', dimensions: [['service']] },
  /**
   * Logical clusters with metrics that are not published: beyond the limits of the configuration,
   * or with names that CloudWatch does not distinguish.
   */
  ClustersOmitted: { namespace: NAMESPACE, putAs: 'counter', unit: 'Count', dimensions: [['service']] },
  /** Notifications that were sent. */
  AlertsTold: { namespace: NAMESPACE, putAs: 'counter', unit: 'Count', dimensions: [['service'], ['service', 'Kind']] },
  /** Runs whose job started, succeeded or failed. */
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
  /**
   * Failures without a notification of their own: children of an array job, jobs that failed
   * because of another job, and failures beyond the places of a burst.
   */
  FailuresFolded: { namespace: NAMESPACE, putAs: 'counter', unit: 'Count', dimensions: [['service']] },
  /** Queue messages that failed, and come back or go to the failure queue. */
  RecordsFailed: { namespace: NAMESPACE, putAs: 'counter', unit: 'Count', dimensions: [['service']] },
} as const satisfies Readonly<Record<string, Definition>>;

/**
 * The metrics of logical clusters, `<SourceMetric>Average` and `<SourceMetric>Sum`, with the unit
 * of their source; sources of nodes also by role. Both are plain values read with the statistic
 * Average, so that putting a value again changes nothing.
 */
export const EMR_AGGREGATES = {
  namespace: EMR_NAMESPACE,
  putAs: 'gauge',
  name: /^[A-Za-z][A-Za-z0-9_]*(?:Average|Sum)$/,
  dimensions: [['ClusterName'], ['ClusterName', 'NodeRole']],
} as const;

/** The values of the dimensions that have only a few. */
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

/** The dimension of a counter beside its service. */
export type OwnDimension<Name extends CounterName> = Exclude<
  (typeof METRICS)[Name]['dimensions'][number][number],
  'service'
>;

/** The dimensions of a count. */
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
