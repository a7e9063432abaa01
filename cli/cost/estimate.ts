/** What a configuration costs a month, estimated from above. Pure. */

import type { Configuration } from '../../configuration/configuration.ts';
import { monthlyCost } from '../../shared/clusters/monthly-cost.ts';
import type { Feed } from '../../shared/feeds/feed.ts';
import { fileSlotsOf } from '../../shared/feeds/file-slots.ts';
import type { DateUnit } from '../../shared/feeds/template.ts';

/** What a unit of each costs, in US dollars. */
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
  /** What makes up most of it. */
  readonly why: string;
};

/** The month that AWS reckons with. */
const MINUTES = 730 * 60;

const GIGABYTES_OF_A_FUNCTION = 0.5;
const LOG_GIGABYTES_A_CALL = 1_500 / 1e9;

/** Lambda polls a queue with five long polls of 20 seconds, also while nothing comes. @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html */
const POLLS_OF_A_QUEUE = 5 * 3 * MINUTES;

type Work = {
  readonly calls: number;
  readonly secondsACall: number;
  readonly readsACall: number;
  readonly writesACall: number;
  /** Of gauges. */
  readonly putsACall?: number;
  /** Queues that it takes from. */
  readonly queues: number;
  readonly alarms: number;
};

const callsCost = ({ calls, secondsACall, readsACall, writesACall, putsACall = 0 }: Work, prices: Prices): number =>
  calls *
  (prices.lambdaRequest +
    secondsACall * GIGABYTES_OF_A_FUNCTION * prices.lambdaGigabyteSecond +
    LOG_GIGABYTES_A_CALL * prices.logGigabyte +
    readsACall * prices.tableRead +
    writesACall * prices.tableWrite +
    putsACall * prices.putMetricRequest);

const workCost = (work: Work, prices: Prices): number =>
  callsCost(work, prices) + work.queues * POLLS_OF_A_QUEUE * prices.sqsRequest + work.alarms * prices.alarm;

const DATES_A_MONTH: Readonly<Record<DateUnit, number>> = { yyyy: 1 / 12, MM: 1, dd: 30.5, HH: 730, mm: MINUTES };

/** Of a feed without a date, and of a capture whose values are not listed, nobody knows how many there are. */
const ASSUMED_UNDATED_RUNS = 100;
const ASSUMED_VALUES = 10;

/** How many runs a feed has in a month, and whether that is a guess. */
export const runsAMonth = ({
  dateUnit,
  captures,
  values,
}: Feed): { readonly runs: number; readonly isGuess: boolean } => {
  const combinations = captures.reduce((count, name) => count * (values[name]?.length ?? ASSUMED_VALUES), 1);
  const dates = dateUnit === undefined ? ASSUMED_UNDATED_RUNS : DATES_A_MONTH[dateUnit];
  return {
    runs: Math.max(1, dates * combinations),
    isGuess: dateUnit === undefined || captures.some((name) => values[name] === undefined),
  };
};

const filesARun = (feed: Feed): number => fileSlotsOf(feed).reduce((count, { min }) => count + min, 0);

/** A transaction of two items takes two units for each, and the index of candidates is written with them. */
const WRITES_A_FILE = 6;
/** Opened, claimed, submitted, running, ended; each in the table and its indexes. */
const WRITES_A_RUN = 20;
const READS_A_RUN = 20;

/** `JobsSubmitted`, `JobsStarted`, `JobsSucceeded` and `JobsFailed` by feed; `LateRuns` where it is due. */
const metricsOf = ({ due }: Feed): number => 4 + Number(due !== undefined);

const feedLine = (feed: Feed, prices: Prices): CostLine => {
  const { runs, isGuess } = runsAMonth(feed);
  const writes = runs * (filesARun(feed) * WRITES_A_FILE + WRITES_A_RUN);
  const metrics = metricsOf(feed);
  return {
    kind: 'feed',
    name: feed.name,
    usd: metrics * prices.customMetric + writes * prices.tableWrite + runs * READS_A_RUN * prices.tableRead,
    why: `${metrics} metrics; ${isGuess ? 'a guess of ' : ''}${Math.ceil(runs).toLocaleString('en')} runs of ${filesARun(feed)} files`,
  };
};

/** `StuckJobs`, `UnplaceableJobs`, and `Jobs` and `OldestJobAge` by each of five statuses. */
const METRICS_OF_A_QUEUE = 12;

const queueLines = ({ feeds, queues }: Configuration, prices: Prices): CostLine[] => {
  const alarms = Object.keys(queues.alarmAfterMs).length + 1;
  return [...new Set(feeds.map(({ job }) => job.batch.queue))].sort().map((name) => ({
    kind: 'queue',
    name,
    usd: METRICS_OF_A_QUEUE * prices.customMetric + alarms * prices.alarm,
    why: `${METRICS_OF_A_QUEUE} metrics, ${alarms} alarms`,
  }));
};

const ALARMS_OF_A_CLUSTER = 2;

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
    ...stated.map((name): CostLine => ({ kind: 'cluster', name, usd: each + ALARMS_OF_A_CLUSTER * prices.alarm, why })),
    ...(others > 0
      ? [{ kind: 'cluster' as const, name: `${others} more, named by EMR`, usd: each * others, why }]
      : []),
  ];
};

const METRICS_OF_A_UI = 2;

const uiLines = ({ uis }: Configuration, prices: Prices): CostLine[] =>
  (uis?.clusterUis ?? []).map(({ cluster, ui }) => ({
    kind: 'cluster',
    name: `${cluster}: ${ui}`,
    usd: METRICS_OF_A_UI * prices.customMetric + prices.alarm,
    why: `${METRICS_OF_A_UI} metrics and an alarm`,
  }));

/** How often a search for lost events begins, and what a tick of it may ask, of dates and of whole prefixes. */
const SEARCHES = MINUTES / 5;
const MOST_REQUESTS_A_TICK = 60 + 20;

/** The dates looked back to, today and tomorrow. */
const openDates = ({ dateUnit, lookback }: Feed): number => (dateUnit === undefined ? 1 : lookback + 2);

const searchLine = ({ feeds }: Configuration, prices: Prices): CostLine => {
  const places = feeds.reduce((sum, feed) => sum + fileSlotsOf(feed).length * openDates(feed), 0);
  const requests = Math.min(places * SEARCHES, MOST_REQUESTS_A_TICK * MINUTES);
  return {
    kind: 'stack',
    name: 'search for lost events',
    usd: requests * prices.listRequest,
    why: `up to ${Math.ceil(requests).toLocaleString('en')} LIST requests`,
  };
};

/** The seconds of a call are what its work takes with a stack of a hundred feeds, from above. */
const functionLines = ({ feeds }: Configuration, prices: Prices): CostLine[] => {
  const all = feeds.map((feed) => ({ runs: runsAMonth(feed).runs, files: filesARun(feed) }));
  const objects = all.reduce((sum, { runs, files }) => sum + runs * files, 0);
  const jobs = all.reduce((sum, { runs }) => sum + runs, 0);
  const scheduled = { readsACall: 10, writesACall: 1, putsACall: 1, queues: 0, alarms: 2 };
  const works: Readonly<Record<string, Work>> = {
    'submit-batch-job': { calls: objects, secondsACall: 0.5, readsACall: 4, writesACall: 0, queues: 1, alarms: 3 },
    // Submitted, runnable, starting, running, ended.
    'track-jobs': { calls: jobs * 5, secondsACall: 0.3, readsACall: 4, writesACall: 0, queues: 1, alarms: 3 },
    'check-arrivals': { ...scheduled, calls: MINUTES, secondsACall: 2 },
    // One job of twenty fails.
    'notify-failure': { calls: jobs / 20, secondsACall: 3, readsACall: 10, writesACall: 4, queues: 2, alarms: 5 },
    'count-stuck-jobs': { ...scheduled, calls: MINUTES, secondsACall: 3, alarms: 3 },
    // What it puts is in the cost of the clusters.
    'aggregate-emr-metrics': { ...scheduled, calls: MINUTES / 5, secondsACall: 10, putsACall: 0 },
    'rebind-emr-ui': { ...scheduled, calls: MINUTES, secondsACall: 2 },
  };
  return Object.entries(works).map(([name, work]) => ({
    kind: 'function',
    name,
    usd: workCost(work, prices),
    why: `${Math.ceil(work.calls).toLocaleString('en')} calls of ${work.secondsACall} s${work.queues > 0 ? `, polls of ${work.queues} ${work.queues === 1 ? 'queue' : 'queues'}` : ''}, ${work.alarms} alarms`,
  }));
};

/** Estimates what a configuration costs a month, line by line; not what its jobs and clusters cost themselves. */
export const estimateCost = (configuration: Configuration, prices: Prices): CostLine[] => [
  ...functionLines(configuration, prices),
  ...queueLines(configuration, prices),
  ...clusterLines(configuration, prices),
  ...uiLines(configuration, prices),
  ...configuration.feeds.map((feed) => feedLine(feed, prices)),
  searchLine(configuration, prices),
  {
    kind: 'stack',
    name: 'what all share',
    usd: prices.kmsKey + 2 * prices.alarm,
    why: 'a KMS key; alarms on late runs and undelivered events',
  },
];
