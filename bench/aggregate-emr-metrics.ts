/**
 * `node bench/aggregate-emr-metrics.ts`: measures a tick for 1, 10 and 50 clusters of 20 nodes
 * each, with the default metrics.
 *
 * The function runs in its own process against a server that implements EMR and CloudWatch. Waits
 * for EMR's call rates advance a simulated clock. Exits with 1 when a limit is missed: every window
 * of every name is published within two ticks of a cold start, with at most the stated calls and 64
 * MB of heap.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DEFAULT_CLUSTER_METRICS, DEFAULT_NODE_METRICS } from '../shared/clusters/source-metrics.ts';
import { MINUTE_MS } from '../shared/durations.ts';
import { createEmrWorld, type EmrWorld } from '../test/support/emr-world.ts';
import type { Taken } from './aggregate-emr-metrics/environment.ts';
import { createFigureLog } from './figures.ts';

const NODES = 20;
const HEAP_MB = 64;
const QUERIES_A_CALL = 500;

const FIRST_TICK = new Date('2026-11-22T03:01:00Z');

type Tick = Taken & { readonly name: string; readonly calls: ReadonlyMap<string, number> };

const populate = (world: EmrWorld, clusters: number): void => {
  const [from, to] = [new Date('2026-11-22T00:00:00Z'), new Date('2026-11-23T00:00:00Z')];
  for (let index = 0; index < clusters; index += 1) {
    const id = `j-${String(index).padStart(13, '0')}`;
    const nodes = Array.from({ length: NODES }, (_, node) => ({
      instanceId: `i-${String(index * NODES + node).padStart(17, '0')}`,
      type: node === 0 ? ('MASTER' as const) : ('CORE' as const),
      createdAt: from,
    }));
    world.clusters.push({ id, name: `cluster-${index}`, createdAt: from, nodes });
    const report = (namespace: string, metric: string, dimensions: Record<string, string>): void =>
      world.report({
        namespace,
        metric,
        dimensions,
        everyMinutes: 5,
        parts: [[from, to]],
        value: (at) => at.getTime() % 97,
      });
    for (const metric of DEFAULT_CLUSTER_METRICS) {
      report('AWS/ElasticMapReduce', metric, { JobFlowId: id });
    }
    for (const { instanceId } of nodes) {
      for (const metric of DEFAULT_NODE_METRICS) {
        report('AWS/EC2', metric, { InstanceId: instanceId });
      }
    }
  }
};

const isTaken = (value: unknown): value is Taken => typeof value === 'object' && value !== null && 'heapMB' in value;

const TICKS = ['cold start', 'next tick', 'third tick', 'lists are read again'];

/** Runs four ticks of one execution environment. */
export const runTicks = async (clusters: number): Promise<Tick[]> => {
  const world = createEmrWorld();
  populate(world, clusters);
  const url = await world.start();
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON',
      `--max-old-space-size=${HEAP_MB}`,
      join(import.meta.dirname, 'aggregate-emr-metrics/environment.ts'),
    ],
    {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: {
        ...process.env,
        AWS_REGION: 'ap-northeast-1',
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        AWS_ENDPOINT_URL_EMR: url,
        AWS_ENDPOINT_URL_CLOUDWATCH: url,
      },
    },
  );
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`The function's process ended with ${code}`);
  });
  const answer = async (): Promise<unknown> => (await Promise.race([once(child, 'message'), died]))[0];
  try {
    await answer();
    const ticks: Tick[] = [];
    for (const [index, name] of TICKS.entries()) {
      const at = new Date(FIRST_TICK.getTime() + index * 5 * MINUTE_MS);
      world.setNow(at);
      world.calls.length = 0;
      child.send(at.toISOString());
      const taken = await answer();
      if (!isTaken(taken)) {
        throw new Error(`The function's process answered ${JSON.stringify(taken)}`);
      }
      const calls = new Map([...Map.groupBy(world.calls, (call) => call)].map(([call, all]) => [call, all.length]));
      ticks.push({ ...taken, name, calls });
    }
    return ticks;
  } finally {
    died.catch(() => undefined);
    child.kill('SIGKILL');
    world.stop();
  }
};

const EMR_CALLS = ['ListClusters', 'DescribeCluster', 'ListInstances', 'ListInstanceGroups', 'ListInstanceFleets'];

const callsOf = ({ calls }: Tick, names: readonly string[]): number =>
  names.reduce((sum, name) => sum + (calls.get(name) ?? 0), 0);

/**
 * The most calls to EMR by tick: pages of clusters, and for each cluster a description and lists of
 * its nodes.
 */
const emrCallLimit = (clusters: number, index: number): number => {
  const pages = Math.ceil(clusters / 50) + 1;
  return pages + ([2 * clusters, 2 * clusters, 0, clusters][index] ?? 0);
};

const row = (clusters: number, tick: Tick): string =>
  [
    clusters,
    tick.name,
    callsOf(tick, EMR_CALLS),
    tick.calls.get('GetMetricData') ?? 0,
    tick.calls.get('PutMetricData') ?? 0,
    `${(tick.waitedMs / 1_000).toFixed(0)} s`,
    `${(tick.wallMs / 1_000).toFixed(2)} s`,
    `${(tick.cpuMs / 1_000).toFixed(2)} s`,
    `${tick.heapMB.toFixed(0)} MB`,
    tick.deferred,
  ].join(' | ');

/** Measures and prints, and returns whether all limits were kept. */
export const benchAggregateEmrMetrics = async (): Promise<boolean> => {
  const { record, isAllKept } = createFigureLog();
  const queriesACluster = DEFAULT_CLUSTER_METRICS.length + NODES * DEFAULT_NODE_METRICS.length;
  console.log(
    `aggregate-emr-metrics: clusters of ${NODES} nodes, ${queriesACluster} metrics read for each in a window`,
  );
  console.log(
    '| clusters | tick | EMR calls | GetMetricData | PutMetricData | waited for EMR | time | CPU | heap | deferred |',
  );
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |');
  for (const clusters of [1, 10, 50]) {
    const ticks = await runTicks(clusters);
    for (const tick of ticks) {
      console.log(`| ${row(clusters, tick)} |`);
    }
    const [, second] = ticks;
    record(
      `${clusters} clusters: all published by the second tick, with none failed`,
      second?.deferred === 0 && second.published === clusters && ticks.every(({ failed }) => failed === 0),
    );
    const asked = ticks.map((tick) => callsOf(tick, EMR_CALLS));
    record(
      `${clusters} clusters: the calls to EMR are within the limit`,
      asked.every((calls, index) => calls <= emrCallLimit(clusters, index)),
      {
        value: asked.reduce((sum, calls) => sum + calls, 0),
        limit: ticks.reduce((sum, _, index) => sum + emrCallLimit(clusters, index), 0),
        unit: 'calls in four ticks',
      },
    );
    const reads = Math.ceil(clusters / Math.floor(QUERIES_A_CALL / queriesACluster));
    const most = Math.max(...ticks.slice(2).map(({ calls }) => calls.get('GetMetricData') ?? 0));
    record(`${clusters} clusters: at most ${reads} calls of GetMetricData in a warm environment`, most <= reads, {
      value: most,
      limit: reads,
      unit: 'calls a tick',
    });
    const heapMB = Math.max(...ticks.map((tick) => tick.heapMB));
    record(`${clusters} clusters: ${heapMB.toFixed(0)} MB of heap at most (limit ${HEAP_MB})`, heapMB <= HEAP_MB, {
      value: heapMB,
      limit: HEAP_MB,
      unit: 'MB of heap',
    });
  }
  return isAllKept();
};

if (import.meta.main) {
  process.exitCode = (await benchAggregateEmrMetrics()) ? 0 : 1;
}
