/**
 * A world of EMR clusters, with dates of its own choosing, behind a server that speaks EMR and CloudWatch.
 *
 * It keeps AWS's limits (pages, queries a call, groups or fleets, one answer in several pages) and can be told to fail.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { MINUTE_MS } from '../../shared/durations.ts';
import { createStubServer } from './stub-server.ts';

export type WorldNode = {
  readonly instanceId: string;
  readonly type: 'MASTER' | 'CORE' | 'TASK';
  readonly createdAt: Date;
  readonly endedAt?: Date;
};

export type WorldCluster = {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly endedAt?: Date;
  readonly collection?: 'group' | 'fleet';
  readonly tags?: Readonly<Record<string, string>>;
  readonly nodes?: readonly WorldNode[];
};

/** Points that something reports, one every so often. */
export type WorldSeries = {
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly everyMinutes: number;
  /** When it reports: from, until before. */
  readonly parts: readonly (readonly [from: Date, to: Date])[];
  readonly value: (at: Date) => number;
  /** How long after its time a point can be read. */
  readonly lateMinutes?: number;
};

type Put = {
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly unit: string;
  readonly at: number;
  readonly value: number;
};

/** What to do with a request instead of answering it: an error, a connection cut before or after it had its effect, or another answer. */
export type Fault =
  | { readonly kind: 'error'; readonly status: number; readonly type: string; readonly message?: string }
  | { readonly kind: 'cut' }
  | { readonly kind: 'cutAfter' }
  | { readonly kind: 'change'; readonly change: (answer: Json) => Json };

type Json = Record<string, unknown>;

type Page<Item> = { readonly items: readonly Item[]; readonly next: string | undefined };

const CLUSTERS_A_PAGE = 50;
const INSTANCES_A_PAGE = 50;
const MAX_QUERIES = 500;
const MAX_DATA = 1_000;

const seconds = (at: Date | undefined): number | undefined => (at === undefined ? undefined : at.getTime() / 1_000);

const dateOf = (epochSeconds: unknown): Date => new Date(Number(epochSeconds) * 1_000);

const keyOf = (namespace: string, metric: string, dimensions: Readonly<Record<string, string>>): string =>
  JSON.stringify([namespace, metric, Object.entries(dimensions).sort()]);

const dimensionsOf = (list: unknown): Record<string, string> =>
  Object.fromEntries(((list ?? []) as { Name: string; Value: string }[]).map(({ Name, Value }) => [Name, Value]));

const STATISTICS: Readonly<Record<string, (values: readonly number[]) => number>> = {
  Average: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  Sum: (values) => values.reduce((sum, value) => sum + value, 0),
  Minimum: (values) => Math.min(...values),
  Maximum: (values) => Math.max(...values),
};

class ServiceError extends Error {
  readonly type: string;
  readonly status: number;

  constructor(type: string, message: string, status = 400) {
    super(message);
    this.type = type;
    this.status = status;
  }
}

export const createEmrWorld = () => {
  const clusters: WorldCluster[] = [];
  const series = new Map<string, WorldSeries>();
  const puts: Put[] = [];
  const calls: string[] = [];
  let faults: ((operation: string, input: Json) => Fault | undefined) | undefined;
  let now = new Date(0);
  let underWay = 0;
  let mostUnderWay = 0;
  let pointsAPage = 100_800;

  const page = <Item>(items: readonly Item[], token: unknown, size: number): Page<Item> => {
    const start = Number(token ?? 0);
    const next = start + size;
    return { items: items.slice(start, next), next: next < items.length ? String(next) : undefined };
  };

  const existing = (): WorldCluster[] => clusters.filter(({ createdAt }) => createdAt <= now);

  const hasEnded = ({ endedAt }: { endedAt?: Date }): boolean => endedAt !== undefined && endedAt <= now;

  const timeline = (thing: { createdAt: Date; endedAt?: Date }): Json => ({
    CreationDateTime: seconds(thing.createdAt),
    ...(hasEnded(thing) ? { EndDateTime: seconds(thing.endedAt) } : {}),
  });

  const summary = (cluster: WorldCluster): Json => ({
    Id: cluster.id,
    Name: cluster.name,
    Status: { State: hasEnded(cluster) ? 'TERMINATED' : 'WAITING', Timeline: timeline(cluster) },
  });

  const clusterOf = ({ ClusterId }: Json): WorldCluster => {
    const cluster = existing().find(({ id }) => id === ClusterId);
    if (cluster === undefined) {
      throw new ServiceError('InvalidRequestException', `Cluster id '${ClusterId}' is not valid.`);
    }
    return cluster;
  };

  /** EMR sorts nothing. */
  const shuffled = <Item>(items: readonly Item[]): Item[] => [
    ...items.filter((_, index) => index % 2 === 1),
    ...items.filter((_, index) => index % 2 === 0).reverse(),
  ];

  const memberships = (cluster: WorldCluster, collection: 'group' | 'fleet', noun: string): Json[] => {
    if ((cluster.collection ?? 'group') !== collection) {
      throw new ServiceError('InvalidRequestException', 'Instance fleets and instance groups are mutually exclusive.');
    }
    const types = new Set((cluster.nodes ?? []).map(({ type }) => type));
    return [...types].map((type) => ({ Id: `${noun}-${type}-${cluster.id}`, type }));
  };

  const valuesIn = ({ everyMinutes, parts, value, lateMinutes = 0 }: WorldSeries, start: number, end: number) => {
    const every = everyMinutes * MINUTE_MS;
    const values: number[] = [];
    for (let time = Math.ceil(start / every) * every; time < end; time += every) {
      const isReadable = time + lateMinutes * MINUTE_MS <= now.getTime();
      if (isReadable && parts.some(([from, to]) => time >= from.getTime() && time < to.getTime())) {
        values.push(value(new Date(time)));
      }
    }
    return values;
  };

  const results = (query: Json, start: number, end: number): { id: string; points: [number, number][] } => {
    const { Metric, Period, Stat } = query['MetricStat'] as { Metric: Json; Period: number; Stat: string };
    const found = series.get(
      keyOf(String(Metric['Namespace']), String(Metric['MetricName']), dimensionsOf(Metric['Dimensions'])),
    );
    const points: [number, number][] = [];
    for (let from = start; found !== undefined && from < end; from += Period * 1_000) {
      const values = valuesIn(found, from, Math.min(end, from + Period * 1_000));
      if (values.length > 0) {
        points.push([from, STATISTICS[Stat]!(values)]);
      }
    }
    return { id: String(query['Id']), points };
  };

  const OPERATIONS: Readonly<Record<string, (input: Json) => Json>> = {
    ListClusters: ({ ClusterStates, CreatedAfter, Marker }) => {
      const states = ClusterStates as string[];
      const found = existing().filter(
        (cluster) =>
          states.includes(hasEnded(cluster) ? 'TERMINATED' : 'WAITING') &&
          (CreatedAfter === undefined || cluster.createdAt > dateOf(CreatedAfter)),
      );
      const { items, next } = page(shuffled(found), Marker, CLUSTERS_A_PAGE);
      return { Clusters: items.map(summary), Marker: next };
    },

    DescribeCluster: (input) => {
      const cluster = clusterOf(input);
      const Tags = Object.entries(cluster.tags ?? {}).map(([Key, Value]) => ({ Key, Value }));
      return { Cluster: { ...summary(cluster), Tags } };
    },

    ListInstances: (input) => {
      const cluster = clusterOf(input);
      const nodes = (cluster.nodes ?? []).filter(({ createdAt }) => createdAt <= now);
      const { items, next } = page(shuffled(nodes), input['Marker'], INSTANCES_A_PAGE);
      const isFleet = cluster.collection === 'fleet';
      const Instances = items.map((node) => ({
        Id: `ci-${node.instanceId}`,
        Ec2InstanceId: node.instanceId,
        [isFleet ? 'InstanceFleetId' : 'InstanceGroupId']: `${isFleet ? 'if' : 'ig'}-${node.type}-${cluster.id}`,
        Status: { State: hasEnded(node) ? 'TERMINATED' : 'RUNNING', Timeline: timeline(node) },
      }));
      return { Instances, Marker: next };
    },

    ListInstanceGroups: (input) => ({
      InstanceGroups: memberships(clusterOf(input), 'group', 'ig').map(({ Id, type }) => ({
        Id,
        InstanceGroupType: type,
      })),
    }),

    ListInstanceFleets: (input) => ({
      InstanceFleets: memberships(clusterOf(input), 'fleet', 'if').map(({ Id, type }) => ({
        Id,
        InstanceFleetType: type,
      })),
    }),

    GetMetricData: ({ MetricDataQueries, StartTime, EndTime, NextToken }) => {
      const queries = MetricDataQueries as Json[];
      if (queries.length > MAX_QUERIES) {
        throw new ServiceError('ValidationError', `${queries.length} queries are more than ${MAX_QUERIES}`);
      }
      const all = queries
        .map((query) => results(query, dateOf(StartTime).getTime(), dateOf(EndTime).getTime()))
        .flatMap(({ id, points }): { id: string; point?: [number, number] }[] =>
          points.length === 0 ? [{ id }] : points.map((point) => ({ id, point })),
        );
      const { items, next } = page(all, NextToken, pointsAPage);
      const last = all.findLastIndex((_, index) => index < Number(NextToken ?? 0) + pointsAPage);
      const MetricDataResults = [...Map.groupBy(items, ({ id }) => id)].map(([Id, found]) => {
        const points = found.flatMap(({ point }) => (point === undefined ? [] : [point]));
        return {
          Id,
          Label: Id,
          Timestamps: points.map(([time]) => time / 1_000),
          Values: points.map(([, value]) => value),
          StatusCode: all[last + 1]?.id === Id ? 'PartialData' : 'Complete',
        };
      });
      return { MetricDataResults, NextToken: next, Messages: [] };
    },

    ListMetrics: ({ Namespace, MetricName, Dimensions }) => {
      const wanted = Object.entries(dimensionsOf(Dimensions));
      const found = [...series.values()].filter(
        ({ namespace, metric, dimensions, parts }) =>
          namespace === Namespace &&
          metric === MetricName &&
          parts.some(([from]) => from <= now) &&
          wanted.every(([name, value]) => dimensions[name] === value),
      );
      return {
        Metrics: found.map(({ namespace, metric, dimensions }) => ({
          Namespace: namespace,
          MetricName: metric,
          Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
        })),
      };
    },

    PutMetricData: ({ Namespace, MetricData }) => {
      const data = MetricData as Json[];
      const oldest = now.getTime() - 14 * 24 * 60 * MINUTE_MS;
      for (const { Timestamp, Value } of data) {
        if (dateOf(Timestamp).getTime() < oldest || !Number.isFinite(Value) || data.length > MAX_DATA) {
          throw new ServiceError('InvalidParameterValue', 'CloudWatch does not take this');
        }
      }
      puts.push(
        ...data.map(({ MetricName, Dimensions, Unit, Timestamp, Value }) => ({
          namespace: String(Namespace),
          metric: String(MetricName),
          dimensions: dimensionsOf(Dimensions),
          unit: String(Unit),
          at: dateOf(Timestamp).getTime(),
          value: Number(Value),
        })),
      );
      return {};
    },
  };

  const answerTo = (operation: string, input: Json): Json => {
    const answer = OPERATIONS[operation];
    if (answer === undefined) {
      throw new ServiceError('UnknownOperationException', operation);
    }
    return answer(input);
  };

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
    const body = await buffer(request);
    const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    const input: Json = JSON.parse(text.toString());
    calls.push(operation);
    const fault = faults?.(operation, input);
    const send = (status: number, answer: Json): void => {
      response
        .writeHead(status, { 'content-type': String(request.headers['content-type']) })
        .end(JSON.stringify(answer));
    };
    if (fault?.kind === 'cut') {
      request.socket.destroy();
      return;
    }
    if (fault?.kind === 'error') {
      send(fault.status, { __type: fault.type, message: fault.message ?? fault.type });
      return;
    }
    try {
      const answer = answerTo(operation, input);
      if (fault?.kind === 'cutAfter') {
        request.socket.destroy();
        return;
      }
      send(200, fault?.kind === 'change' ? fault.change(answer) : answer);
    } catch (error) {
      if (!(error instanceof ServiceError)) {
        throw error;
      }
      send(error.status, { __type: error.type, message: error.message });
    }
  };

  const server = createStubServer((request, response) => {
    underWay += 1;
    mostUnderWay = Math.max(mostUnderWay, underWay);
    response.on('close', () => {
      underWay -= 1;
    });
    void respond(request, response);
  });

  return {
    ...server,
    clusters,
    puts,
    calls,

    /** Begins a world in which nothing is and nothing has happened. */
    reset: (): void => {
      clusters.length = 0;
      puts.length = 0;
      calls.length = 0;
      series.clear();
      faults = undefined;
      mostUnderWay = 0;
      pointsAPage = 100_800;
    },
    setNow: (to: Date): void => {
      now = to;
    },
    setPointsAPage: (to: number): void => {
      pointsAPage = to;
    },
    setFaults: (to: typeof faults): void => {
      faults = to;
    },
    mostUnderWay: (): number => mostUnderWay,
    report: (one: WorldSeries): void => {
      series.set(keyOf(one.namespace, one.metric, one.dimensions), one);
    },
    /** Lists every value that was put for one metric, by its time: several where it was put again. */
    putFor: (metric: string, dimensions: Readonly<Record<string, string>>): Map<string, number[]> => {
      const found = new Map<string, number[]>();
      for (const put of puts) {
        if (keyOf('', put.metric, put.dimensions) === keyOf('', metric, dimensions)) {
          const time = new Date(put.at).toISOString().slice(11, 16);
          found.set(time, [...(found.get(time) ?? []), put.value]);
        }
      }
      return found;
    },
    /** Reads everything that was put, as CloudWatch shows it with the statistic Average, by metric, dimensions and time. */
    readBack: (): Map<string, number> => {
      const groups = Map.groupBy(puts, ({ metric, dimensions, at }) =>
        JSON.stringify([metric, dimensions, new Date(at)]),
      );
      return new Map([...groups].map(([key, same]) => [key, STATISTICS['Average']!(same.map(({ value }) => value))]));
    },
  };
};

export type EmrWorld = ReturnType<typeof createEmrWorld>;
