/** The panels of the dashboards, for CloudWatch and for Grafana. */

import type { Configuration } from '../../configuration/configuration.ts';
import { AGGREGATES, type SourceName, sourceMetric } from '../../shared/clusters/source-metrics.ts';
import { EMR_NAMESPACE, METRICS, type Unit } from '../../shared/telemetry/catalogue.ts';
import { failureQueueNames } from '../event-queues.ts';
import type { Service } from '../service.ts';

export type Statistic = 'Average' | 'Maximum' | 'Sum' | 'p99';

/** One line, or one line for each value of a dimension that is {@link EVERY}. */
export type Series = {
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: Statistic;
};

export type Panel = {
  readonly title: string;
  /** How to read the panel. */
  readonly description: string;
  readonly unit: Unit;
  readonly periodSeconds: number;
  readonly series: readonly Series[];
};

export type Section = { readonly title: string; readonly panels: readonly Panel[] };

/** Means every value of a dimension. */
export const EVERY = '*';

const MINUTE_SECONDS = 60;
const FIVE_MINUTES_SECONDS = 300;

type Name = keyof typeof METRICS;

const seriesOf = (metric: Name, dimensions: Readonly<Record<string, string>>): Series => ({
  namespace: METRICS[metric].namespace,
  metric,
  dimensions,
  statistic: METRICS[metric].putAs === 'gauge' ? 'Average' : 'Sum',
});

/** Makes a panel of one metric of the catalogue. */
const panel = (
  title: string,
  description: string,
  metric: Name,
  ...dimensions: readonly Readonly<Record<string, string>>[]
): Panel => ({
  title,
  description,
  unit: METRICS[metric].unit,
  periodSeconds: METRICS[metric].putAs === 'gauge' ? MINUTE_SECONDS : FIVE_MINUTES_SECONDS,
  series: dimensions.map((one) => seriesOf(metric, one)),
});

const feedPanels = (): Panel[] => [
  panel('Late runs', 'Runs whose slots should be filled by now. Zero is good.', 'LateRuns', {}, { Feed: EVERY }),
  panel('Jobs submitted', 'By the function that submitted them.', 'JobsSubmitted', { service: EVERY }),
  panel('Jobs that succeeded, by feed', 'Runs that have their job and their data.', 'JobsSucceeded', {
    service: EVERY,
    Feed: EVERY,
  }),
  panel('Jobs that failed, by feed', 'Each has its own notification.', 'JobsFailed', { service: EVERY, Feed: EVERY }),
  panel(
    'Arrivals whose event was lost',
    'Found by listing the bucket. Many mean that events are lost.',
    'ArrivalsFoundByListing',
    {
      service: EVERY,
    },
  ),
  panel('Notifications, by kind', 'Messages to the topic.', 'AlertsTold', { service: EVERY, Kind: EVERY }),
];

const queuePanels = (): Panel[] => [
  panel('Stuck jobs', 'Jobs that have not ended, by queue.', 'StuckJobs', { JobQueue: EVERY }),
  panel('Oldest RUNNABLE job', 'How long it has waited for a compute environment.', 'OldestJobAge', {
    JobQueue: EVERY,
    JobStatus: 'RUNNABLE',
  }),
  panel('Oldest STARTING job', 'How long its container has not started.', 'OldestJobAge', {
    JobQueue: EVERY,
    JobStatus: 'STARTING',
  }),
  panel('Oldest RUNNING job', 'How long it has run.', 'OldestJobAge', { JobQueue: EVERY, JobStatus: 'RUNNING' }),
  panel('Jobs that can never run', 'No compute environment of their queue is large enough.', 'UnplaceableJobs', {
    JobQueue: EVERY,
  }),
  panel('Queues that were not counted', 'They have no metrics above.', 'QueuesNotCounted', {}),
];

/**
 * Of several values of a source, the sum says more about an amount, and the average more about a
 * share.
 */
const emrPanel = (cluster: string, source: SourceName): Panel => {
  const { kind, unit } = sourceMetric(source);
  const aggregate = AGGREGATES[kind].find((one) => one === 'Sum') ?? 'Average';
  return {
    title: `${cluster}: ${source}, ${aggregate === 'Sum' ? 'sum' : 'average'}`,
    description: 'By logical cluster, across restarts.',
    unit,
    periodSeconds: FIVE_MINUTES_SECONDS,
    series: [
      {
        namespace: EMR_NAMESPACE,
        metric: `${source}${aggregate}`,
        dimensions: { ClusterName: cluster },
        statistic: 'Average',
      },
    ],
  };
};

const emrPanels = ({ metrics }: NonNullable<Configuration['emr']>): Panel[] =>
  [
    {
      ...panel('Live clusters', 'Live EMR clusters of each logical cluster.', 'LiveClusters', { ClusterName: EVERY }),
      periodSeconds: FIVE_MINUTES_SECONDS,
    },
    ...[...metrics.clusterMetrics, ...metrics.nodeMetrics, ...metrics.agentMetrics].map((source) =>
      emrPanel(EVERY, source),
    ),
  ].map((one) => ({ ...one, title: one.title.replace(`${EVERY}: `, '') }));

const uiPanels = (): Panel[] => [
  panel('Bound targets', 'Primary nodes behind the load balancer, by user interface.', 'BoundTargets', {
    ClusterName: EVERY,
    Ui: EVERY,
  }),
  panel(
    'Healthy targets',
    'Zero while a cluster is alive means that the interface cannot be reached.',
    'HealthyTargets',
    {
      ClusterName: EVERY,
      Ui: EVERY,
    },
  ),
];

const lambda = (name: string, metric: string, statistic: Statistic): Series => ({
  namespace: 'AWS/Lambda',
  metric,
  dimensions: { FunctionName: name },
  statistic,
});

const queue = (name: string, metric: string): Series => ({
  namespace: 'AWS/SQS',
  metric,
  dimensions: { QueueName: name },
  statistic: 'Maximum',
});

const suitePanels = (service: Service): Panel[] => {
  const names = service.functions.map(({ name }) => name);
  const failures = failureQueueNames(service).map((name) => `${service.prefix}-${name}`);
  const events = service.queues.map(({ name }) => `${service.prefix}-${name}`);
  const common = { periodSeconds: FIVE_MINUTES_SECONDS };
  return [
    {
      ...common,
      title: 'Errors of functions',
      description: 'Each has an alarm.',
      unit: 'Count',
      series: names.map((name) => lambda(name, 'Errors', 'Sum')),
    },
    {
      ...common,
      title: 'Duration of functions, 99th percentile',
      description: 'A function near its timeout leaves work to the next tick.',
      unit: 'Milliseconds',
      series: names.map((name) => lambda(name, 'Duration', 'p99')),
    },
    {
      ...common,
      title: 'Throttles of functions',
      description: 'The account has no unused concurrency.',
      unit: 'Count',
      series: names.map((name) => lambda(name, 'Throttles', 'Sum')),
    },
    {
      ...common,
      title: 'Messages that were not processed',
      description: 'Fix the cause, then redrive them.',
      unit: 'Count',
      series: failures.map((name) => queue(name, 'ApproximateNumberOfMessagesVisible')),
    },
    {
      ...common,
      title: 'Oldest waiting message',
      description: 'How late the functions process events.',
      unit: 'Seconds',
      series: events.map((name) => queue(name, 'ApproximateAgeOfOldestMessage')),
    },
  ];
};

/** Lists the sections of a dashboard, the most urgent first. */
export const sectionsOf = (service: Service, { emr, uis }: Pick<Configuration, 'emr' | 'uis'>): Section[] => [
  { title: 'Feeds', panels: feedPanels() },
  { title: 'Job queues', panels: queuePanels() },
  ...(emr === undefined ? [] : [{ title: 'EMR clusters, by name', panels: emrPanels(emr) }]),
  ...(uis === undefined ? [] : [{ title: 'User interfaces of EMR clusters', panels: uiPanels() }]),
  { title: 'The suite itself', panels: suitePanels(service) },
];
