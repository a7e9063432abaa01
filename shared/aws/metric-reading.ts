/** Reads what clusters and nodes reported, from CloudWatch. */
import {
  CloudWatchClient,
  type Dimension,
  GetMetricDataCommand,
  type GetMetricDataCommandOutput,
  ListMetricsCommand,
  type MetricDataQuery,
} from '@aws-sdk/client-cloudwatch';
import { AGENT_NAMESPACE, type AgentSeries, type MetricQuery, type Reading } from '../clusters/metric-query.ts';
import type { AgentMetricName } from '../clusters/source-metrics.ts';
import { allPages } from './all-pages.ts';
import { clientSettings } from './client-settings.ts';

/**
 * The most queries of one call.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
 */
export const MAX_QUERIES = 500;

const PERIOD_SECONDS = 300;

const PERIOD_MS = 300_000;

/** A query that CloudWatch could not complete is sent once more. */
const TRIES = 2;

export type MetricReading = {
  /**
   * Reads values for windows of five minutes, from `from` until before `to`, both at the edge of
   * one.
   *
   * @returns an answer for every query; what CloudWatch did not tell in full is `incomplete`, and
   * has no values at all
   */
  read(
    queries: readonly MetricQuery[],
    span: { readonly from: Date; readonly to: Date },
    signal: AbortSignal,
  ): Promise<ReadonlyMap<MetricQuery, Reading>>;
  /**
   * Finds out under which dimensions the agents of a cluster publish.
   *
   * @remarks CloudWatch lists a new metric after up to 15 minutes, and forgets one after two weeks
   * of silence.
   */
  listAgentSeries(clusterId: string, metrics: readonly AgentMetricName[], signal: AbortSignal): Promise<AgentSeries[]>;
};

/** The points of one query so far. */
type Answer = { readonly points: Map<number, number>; status: string };

const idOf = (index: number): string => `q${index}`;

const queryOf = ({ namespace, metric, dimensions, statistic }: MetricQuery, index: number): MetricDataQuery => ({
  // A cluster's or an instance's own id has characters that are not legal here.
  Id: idOf(index),
  MetricStat: {
    Metric: {
      Namespace: namespace,
      MetricName: metric,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    },
    // No unit is named, so that data of any unit count.
    Period: PERIOD_SECONDS,
    Stat: statistic,
  },
});

const windowStart = (at: Date): number => Math.floor(at.getTime() / PERIOD_MS) * PERIOD_MS;

const addPage = (
  answers: ReadonlyMap<string, Answer>,
  { MetricDataResults = [] }: GetMetricDataCommandOutput,
): void => {
  for (const { Id = '', Timestamps = [], Values = [], StatusCode = 'none' } of MetricDataResults) {
    const answer = answers.get(Id);
    if (answer !== undefined) {
      // The same id comes back on later pages with more; its last status is the one that holds.
      answer.status = StatusCode;
      for (const [index, at] of Timestamps.entries()) {
        const value = Values[index];
        if (value !== undefined) {
          answer.points.set(windowStart(at), value);
        }
      }
    }
  }
};

const chunked = <Item>(items: readonly Item[], size: number): Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));

const agentSeriesFrom = (metric: AgentMetricName, listed: readonly Dimension[] = []): AgentSeries[] => {
  const dimensions: Record<string, string> = Object.fromEntries(
    listed.map(({ Name = '', Value = '' }) => [Name, Value]),
  );
  const instanceId = dimensions['instance.id'];
  return instanceId === undefined ? [] : [{ metric, instanceId, dimensions }];
};

/** Opens CloudWatch for reading. */
export const createMetricReading = (): MetricReading => {
  const client = new CloudWatchClient(clientSettings({ timeoutMs: 20_000 }));

  const readOnce = async (
    queries: readonly MetricQuery[],
    { from, to }: { readonly from: Date; readonly to: Date },
    abortSignal: AbortSignal,
  ): Promise<Map<MetricQuery, Reading>> => {
    const asked = queries.map((query, index) => {
      const answer: Answer = { points: new Map(), status: 'no answer' };
      return { query, id: idOf(index), answer };
    });
    const answers = new Map(asked.map(({ id, answer }) => [id, answer]));
    const messages = await allPages(async (token) => {
      const page = await client.send(
        new GetMetricDataCommand({
          MetricDataQueries: queries.map(queryOf),
          StartTime: from,
          EndTime: to,
          ...(token === undefined ? {} : { NextToken: token }),
        }),
        { abortSignal },
      );
      addPage(answers, page);
      return { items: (page.Messages ?? []).map(({ Code, Value }) => `${Code}: ${Value}`), nextToken: page.NextToken };
    });

    return new Map(
      asked.map(({ query, answer: { points, status } }): [MetricQuery, Reading] => {
        // Whatever CloudWatch has to say beside the values, some of them may be missing.
        const reason = messages.length > 0 ? messages.join('; ') : status;
        return [query, reason === 'Complete' ? { kind: 'complete', points } : { kind: 'incomplete', reason }];
      }),
    );
  };

  const readPack = async (
    queries: readonly MetricQuery[],
    span: { readonly from: Date; readonly to: Date },
    signal: AbortSignal,
  ): Promise<Map<MetricQuery, Reading>> => {
    const readings = new Map<MetricQuery, Reading>();
    let open = queries;
    for (let tried = 1; open.length > 0 && tried <= TRIES; tried += 1) {
      for (const [query, reading] of await readOnce(open, span, signal)) {
        readings.set(query, reading);
      }
      open = open.filter((query) => readings.get(query)?.kind === 'incomplete');
    }
    return readings;
  };

  const seriesOf = (clusterId: string, metric: AgentMetricName, abortSignal: AbortSignal): Promise<AgentSeries[]> =>
    allPages(async (token) => {
      const { Metrics = [], NextToken } = await client.send(
        new ListMetricsCommand({
          Namespace: AGENT_NAMESPACE,
          MetricName: metric,
          Dimensions: [{ Name: 'cluster.id', Value: clusterId }],
          ...(token === undefined ? {} : { NextToken: token }),
        }),
        { abortSignal },
      );
      return {
        items: Metrics.flatMap(({ Dimensions }) => agentSeriesFrom(metric, Dimensions)),
        nextToken: NextToken,
      };
    });

  return {
    read: async (queries, span, signal) => {
      const readings = new Map<MetricQuery, Reading>();
      for (const pack of chunked(queries, MAX_QUERIES)) {
        for (const [query, reading] of await readPack(pack, span, signal)) {
          readings.set(query, reading);
        }
      }
      return readings;
    },

    listAgentSeries: async (clusterId, metrics, signal) => {
      const series: AgentSeries[] = [];
      for (const metric of metrics) {
        series.push(...(await seriesOf(clusterId, metric, signal)));
      }
      return series;
    },
  };
};
