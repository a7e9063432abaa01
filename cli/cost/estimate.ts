/** An upper bound of what a configuration costs per month. Pure. */

import type { Configuration } from '../../configuration/configuration.ts';
import { monthlyCost } from '../../shared/clusters/monthly-cost.ts';
import type { Feed } from '../../shared/feeds/feed.ts';
import { fileSlotsOf } from '../../shared/feeds/file-slots.ts';
import type { DateUnit } from '../../shared/feeds/template.ts';

/** The price of a unit, in US dollars. */
export type Prices = {
  readonly lambdaRequest: number;
  readonly lambdaGigabyteSecond: number;
  readonly sqsRequest: number;
  readonly tableWrite: number;
  readonly tableRead: number;
  readonly customMetric: number;
  readonly alarm: number;
  readonly logGigabyte: number;
  readonly putMetricRequest: number;
  readonly kmsKey: number;
  readonly listRequest: number;
};

export type CostLine = {
  readonly kind: 'function' | 'queue' | 'cluster' | 'feed' | 'stack';
  readonly name: string;
  readonly usd: number;
  /** The main items of the amount. */
  readonly why: string;
};

/** The month of the AWS price lists has 730 hours. */
const MINUTES = 730 * 60;

const GIGABYTES_PER_FUNCTION = 0.5;
const LOG_GIGABYTES_PER_CALL = 1_500 / 1e9;

/**
 * Lambda polls a queue with five long polls of 20 seconds, also while the queue is empty.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
const POLLS_PER_QUEUE = 5 * 3 * MINUTES;

type Work = {
  readonly calls: number;
  readonly secondsPerCall: number;
  readonly readsPerCall: number;
  readonly writesPerCall: number;
  /** Requests that publish gauges. */
  readonly putsPerCall?: number;
  /** Queues that Lambda polls for the function. */
  readonly queues: number;
  readonly alarms: number;
};

const callsCost = (
  { calls, secondsPerCall, readsPerCall, writesPerCall, putsPerCall = 0 }: Work,
  prices: Prices,
): number =>
  calls *
  (prices.lambdaRequest +
    secondsPerCall * GIGABYTES_PER_FUNCTION * prices.lambdaGigabyteSecond +
    LOG_GIGABYTES_PER_CALL * prices.logGigabyte +
    readsPerCall * prices.tableRead +
    writesPerCall * prices.tableWrite +
    putsPerCall * prices.putMetricRequest);

const workCost = (work: Work, prices: Prices): number =>
  callsCost(work, prices) + work.queues * POLLS_PER_QUEUE * prices.sqsRequest + work.alarms * prices.alarm;

const DATES_PER_MONTH: Readonly<Record<DateUnit, number>> = { yyyy: 1 / 12, MM: 1, dd: 30.5, HH: 730, mm: MINUTES };

/** The configuration does not say how many runs an undated feed or an unlisted capture has. */
const ASSUMED_UNDATED_RUNS = 100;
const ASSUMED_VALUES = 10;

/** Counts the runs of a feed per month, and tells whether the number is a guess. */
export const runsPerMonth = ({
  dateUnit,
  captures,
  values,
}: Feed): { readonly runs: number; readonly isGuess: boolean } => {
  const combinations = captures.reduce((count, name) => count * (values[name]?.length ?? ASSUMED_VALUES), 1);
  const dates = dateUnit === undefined ? ASSUMED_UNDATED_RUNS : DATES_PER_MONTH[dateUnit];
  return {
    runs: Math.max(1, dates * combinations),
    isGuess: dateUnit === undefined || captures.some((name) => values[name] === undefined),
  };
};

const filesPerRun = (feed: Feed): number => fileSlotsOf(feed).reduce((count, { min }) => count + min, 0);

/** Two units for each of the two items of a transaction, and two for the index of candidates. */
const WRITES_PER_FILE = 6;
/** Opened, claimed, submitted, running and ended, each in the table and its indexes. */
const WRITES_PER_RUN = 20;
const READS_PER_RUN = 20;

/** `JobsSubmitted`, `JobsStarted`, `JobsSucceeded`, `JobsFailed`; `LateRuns` if it has `due`. */
const metricsOf = ({ due }: Feed): number => 4 + Number(due !== undefined);

const feedLine = (feed: Feed, prices: Prices): CostLine => {
  const { runs, isGuess } = runsPerMonth(feed);
  const writes = runs * (filesPerRun(feed) * WRITES_PER_FILE + WRITES_PER_RUN);
  const metrics = metricsOf(feed);
  return {
    kind: 'feed',
    name: feed.name,
    usd: metrics * prices.customMetric + writes * prices.tableWrite + runs * READS_PER_RUN * prices.tableRead,
    why: `${metrics} metrics; ${isGuess ? 'a guess of ' : ''}${Math.ceil(runs).toLocaleString('en')} runs of ${filesPerRun(feed)} files`,
  };
};

/** `StuckJobs`, `UnplaceableJobs`, and `Jobs` and `OldestJobAge` by each of five statuses. */
const METRICS_PER_QUEUE = 12;

const queueLines = ({ feeds, queues }: Configuration, prices: Prices): CostLine[] => {
  const alarms = Object.keys(queues.alarmAfterMs).length + 1;
  return [...new Set(feeds.map(({ job }) => job.batch.queue))].sort().map((name) => ({
    kind: 'queue',
    name,
    usd: METRICS_PER_QUEUE * prices.customMetric + alarms * prices.alarm,
    why: `${METRICS_PER_QUEUE} metrics, ${alarms} alarms`,
  }));
};

const ALARMS_PER_CLUSTER = 2;

const clusterLines = ({ emr }: Configuration, prices: Prices): CostLine[] => {
  if (emr === undefined) {
    return [];
  }
  const { names, customMetrics, usd } = monthlyCost(emr);
  const stated = [...new Set(emr.clusters.flatMap(({ name }) => name ?? []))];
  const others = names - stated.length;
  const each = names === 0 ? 0 : usd / names;
  const why = `${Math.ceil(customMetrics / Math.max(1, names))} metrics, up to ${emr.metrics.maxNodes} nodes in all`;
  return [
    ...stated.map((name): CostLine => ({ kind: 'cluster', name, usd: each + ALARMS_PER_CLUSTER * prices.alarm, why })),
    ...(others > 0
      ? [{ kind: 'cluster' as const, name: `${others} more, named by EMR`, usd: each * others, why }]
      : []),
  ];
};

const METRICS_PER_UI = 2;

const uiLines = ({ uis }: Configuration, prices: Prices): CostLine[] =>
  (uis?.clusterUis ?? []).map(({ cluster, ui }) => ({
    kind: 'cluster',
    name: `${cluster}: ${ui}`,
    usd: METRICS_PER_UI * prices.customMetric + prices.alarm,
    why: `${METRICS_PER_UI} metrics and an alarm`,
  }));

/** A search for lost events begins every five minutes. */
const SEARCHES = MINUTES / 5;
/** The limits of a tick: requests for open dates, and for whole prefixes. */
const MAX_REQUESTS_PER_TICK = 60 + 20;

/** The dates of `lookback`, today and tomorrow. */
const openDates = ({ dateUnit, lookback }: Feed): number => (dateUnit === undefined ? 1 : lookback + 2);

const searchLine = ({ feeds }: Configuration, prices: Prices): CostLine => {
  const places = feeds.reduce((sum, feed) => sum + fileSlotsOf(feed).length * openDates(feed), 0);
  const requests = Math.min(places * SEARCHES, MAX_REQUESTS_PER_TICK * MINUTES);
  return {
    kind: 'stack',
    name: 'search for lost events',
    usd: requests * prices.listRequest,
    why: `up to ${Math.ceil(requests).toLocaleString('en')} LIST requests`,
  };
};

/** The seconds per call are an upper bound for a stack of a hundred feeds. */
const functionLines = ({ feeds }: Configuration, prices: Prices): CostLine[] => {
  const all = feeds.map((feed) => ({ runs: runsPerMonth(feed).runs, files: filesPerRun(feed) }));
  const objects = all.reduce((sum, { runs, files }) => sum + runs * files, 0);
  const jobs = all.reduce((sum, { runs }) => sum + runs, 0);
  const scheduled = { readsPerCall: 10, writesPerCall: 1, putsPerCall: 1, queues: 0, alarms: 2 };
  const works: Readonly<Record<string, Work>> = {
    'submit-batch-job': {
      calls: objects,
      secondsPerCall: 0.5,
      readsPerCall: 4,
      writesPerCall: 0,
      queues: 1,
      alarms: 3,
    },
    // The states of a job: submitted, runnable, starting, running, ended.
    'track-jobs': { calls: jobs * 5, secondsPerCall: 0.3, readsPerCall: 4, writesPerCall: 0, queues: 1, alarms: 3 },
    'check-arrivals': { ...scheduled, calls: MINUTES, secondsPerCall: 2 },
    // Assumes that one job of twenty fails.
    'notify-failure': { calls: jobs / 20, secondsPerCall: 3, readsPerCall: 10, writesPerCall: 4, queues: 2, alarms: 5 },
    'count-stuck-jobs': { ...scheduled, calls: MINUTES, secondsPerCall: 3, alarms: 3 },
    // Its requests to publish metrics are in the cost of the clusters.
    'aggregate-emr-metrics': { ...scheduled, calls: MINUTES / 5, secondsPerCall: 10, putsPerCall: 0 },
    'rebind-emr-ui': { ...scheduled, calls: MINUTES, secondsPerCall: 2 },
  };
  return Object.entries(works).map(([name, work]) => ({
    kind: 'function',
    name,
    usd: workCost(work, prices),
    why: `${Math.ceil(work.calls).toLocaleString('en')} calls of ${work.secondsPerCall} s${work.queues > 0 ? `, polls of ${work.queues} ${work.queues === 1 ? 'queue' : 'queues'}` : ''}, ${work.alarms} alarms`,
  }));
};

/** Estimates the monthly cost of a configuration, line by line, without its jobs and clusters. */
export const estimateCost = (configuration: Configuration, prices: Prices): CostLine[] => [
  ...functionLines(configuration, prices),
  ...queueLines(configuration, prices),
  ...clusterLines(configuration, prices),
  ...uiLines(configuration, prices),
  ...configuration.feeds.map((feed) => feedLine(feed, prices)),
  searchLine(configuration, prices),
  {
    kind: 'stack',
    name: 'shared by all',
    usd: prices.kmsKey + 2 * prices.alarm,
    why: 'a KMS key; alarms on late runs and undelivered events',
  },
];
