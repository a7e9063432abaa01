/**
 * `node bench/aggregate-emr-metrics/chart.ts`: draws docs/emr-metrics.svg from the metrics that the
 * function publishes.
 *
 * Three clusters with one name report to a server that implements EMR and CloudWatch. The second
 * one starts before the first one ends, and the third one after a gap. The function runs every five
 * minutes. The picture shows the metrics in CloudWatch: above by `JobFlowId`, as EMR reports them,
 * below by name.
 */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readEmr } from '../../configuration/emr-problems.ts';
import { MINUTE_MS } from '../../shared/durations.ts';
import { createTicks } from '../../test/support/emr-ticks.ts';
import { createEmrWorld, type WorldCluster } from '../../test/support/emr-world.ts';
import { createMemoryClusterProgress } from '../../test/support/memory-cluster-progress.ts';

const FILE = resolve(import.meta.dirname, '../../docs/emr-metrics.svg');

const WINDOW_MS = 5 * MINUTE_MS;

const at = (time: string): Date => new Date(`2026-11-22T${time}:00Z`);

const FROM = at('00:00');
const TO = at('06:00');

const CLUSTERS: readonly WorldCluster[] = [
  { id: 'j-1K48XXXXXXHCB', name: 'etl-20261121', createdAt: at('00:00'), endedAt: at('02:12') },
  { id: 'j-2AXXXXXXGAPLF', name: 'etl-20261122', createdAt: at('01:58'), endedAt: at('03:41') },
  { id: 'j-3KVTXXXXXX7UG', name: 'etl-20261122b', createdAt: at('04:22') },
];

const COLOURS = ['#0969da', '#bc4c00', '#1a7f37'];

/** The containers of a cluster: they rise, vary, and fall to zero. */
const containersOf =
  ({ createdAt, endedAt = TO }: WorldCluster) =>
  (time: Date): number => {
    const sinceStart = (time.getTime() - createdAt.getTime()) / (30 * MINUTE_MS);
    const untilEnd = (endedAt.getTime() - time.getTime()) / (25 * MINUTE_MS);
    const work =
      60 + 18 * Math.sin(time.getTime() / (17 * MINUTE_MS)) + 7 * Math.sin(time.getTime() / (5.3 * MINUTE_MS));
    return Math.max(0, Math.round(work * Math.min(1, sinceStart, untilEnd)));
  };

type Point = { readonly time: number; readonly value: number };

/** Runs the function over the whole time, and returns the published metrics. */
const publish = async (): Promise<(metric: string) => Point[]> => {
  const world = createEmrWorld();
  const url = await world.start();
  Object.assign(process.env, {
    AWS_REGION: 'ap-northeast-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_EMR: url,
    AWS_ENDPOINT_URL_CLOUDWATCH: url,
  });
  try {
    for (const cluster of CLUSTERS) {
      world.clusters.push(cluster);
      world.report({
        namespace: 'AWS/ElasticMapReduce',
        metric: 'ContainerAllocated',
        dimensions: { JobFlowId: cluster.id },
        everyMinutes: 5,
        parts: [[cluster.createdAt, cluster.endedAt ?? TO]],
        value: containersOf(cluster),
      });
    }
    const emr = readEmr({
      clusters: [{ name: 'etl', pattern: 'etl-*' }],
      metrics: { clusterMetrics: ['ContainerAllocated'], nodeMetrics: [] },
    });
    const { tick } = createTicks(world, createMemoryClusterProgress(), emr);
    for (let time = FROM.getTime() + 16 * MINUTE_MS; time <= TO.getTime() + 11 * MINUTE_MS; time += WINDOW_MS) {
      await tick(new Date(time));
    }
    const published = world.puts.map(({ metric, at: time, value }) => ({ metric, time, value }));
    return (metric) =>
      published
        .filter((put) => put.metric === metric)
        .map(({ time, value }) => ({ time, value }))
        .sort((one, other) => one.time - other.time);
  } finally {
    world.stop();
  }
};

const WIDTH = 860;
const LEFT = 46;
const RIGHT = 28;
const PANEL = 130;
const MOST = 110;

const x = (time: number): number =>
  LEFT + ((time - FROM.getTime()) / (TO.getTime() - FROM.getTime())) * (WIDTH - LEFT - RIGHT);

const number = (value: number): string => value.toFixed(1).replace(/\.0$/, '');

const element = (name: string, attributes: Readonly<Record<string, string | number>>, content = ''): string =>
  `<${name} ${Object.entries(attributes)
    .map(([key, value]) => `${key}="${typeof value === 'number' ? number(value) : value}"`)
    .join(' ')}${content === '' ? '/>' : `>${content}</${name}>`}`;

const words = (left: number, top: number, content: string, attributes: Readonly<Record<string, string>> = {}): string =>
  element('text', { x: left, y: top, 'font-size': '12', fill: '#57606a', ...attributes }, content);

/** Draws a line with a gap where a window is missing. */
const line = (points: readonly Point[], y: (value: number) => number, colour: string): string => {
  const path = points.map(({ time, value }, index) => {
    const isNext = index > 0 && time - (points[index - 1]?.time ?? 0) === WINDOW_MS;
    return `${isNext ? 'L' : 'M'}${number(x(time))} ${number(y(value))}`;
  });
  return element('path', { d: path.join(''), fill: 'none', stroke: colour, 'stroke-width': 2 });
};

const panel = (top: number, title: string, drawn: (y: (value: number) => number) => string): string => {
  const y = (value: number): number => top + PANEL - (value / MOST) * PANEL;
  const grid = [0, 30, 60, 90].flatMap((value) => [
    element('line', { x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value), stroke: '#d0d7de' }),
    words(LEFT - 8, y(value) + 4, String(value), { 'text-anchor': 'end' }),
  ]);
  return [
    words(LEFT, top - 12, title, { 'font-size': '13', 'font-weight': '600', fill: '#1f2328' }),
    ...grid,
    drawn(y),
  ].join('\n');
};

const hours = (top: number): string =>
  Array.from({ length: 7 }, (_, hour) => {
    const time = FROM.getTime() + hour * 60 * MINUTE_MS;
    return words(x(time), top, `${String(hour).padStart(2, '0')}:00`, { 'text-anchor': 'middle' });
  }).join('\n');

const byJobFlowId = (y: (value: number) => number): string =>
  CLUSTERS.map((cluster, index) => {
    const [from, to] = [cluster.createdAt.getTime(), (cluster.endedAt ?? TO).getTime()];
    const starts: number[] = [];
    for (let time = Math.ceil(from / WINDOW_MS) * WINDOW_MS; time < to; time += WINDOW_MS) {
      starts.push(time);
    }
    const points = starts.map((time) => ({ time, value: containersOf(cluster)(new Date(time)) }));
    const colour = COLOURS[index] ?? '#000';
    return [
      line(points, y, colour),
      words(x(from) + 4, y(MOST) + 12, `JobFlowId ${cluster.id}`, { fill: colour }),
    ].join('\n');
  }).join('\n');

/** Draws the picture. */
export const drawPicture = async (): Promise<string> => {
  const published = await publish();
  const above = 40;
  const below = above + PANEL + 62;
  const strip = below + PANEL + 34;
  const height = strip + 44;
  const live = published('LiveClusters').map(({ time, value }) =>
    element('rect', {
      x: x(time),
      y: strip,
      // Overlaps the next rectangle, so that no gap is visible.
      width: Math.min(x(time + WINDOW_MS) + 1, x(TO.getTime())) - x(time),
      height: 12,
      fill: ['#d0d7de', '#8250df', '#5a32a3'][value] ?? '#000',
    }),
  );
  return `${element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${WIDTH} ${height}`,
      'font-family': 'system-ui, sans-serif',
      role: 'img',
      'aria-label': 'ContainerAllocated by JobFlowId breaks at each restart of the cluster; by name it runs on',
    },
    [
      '',
      element('rect', { width: WIDTH, height, fill: '#ffffff' }),
      panel(
        above,
        'AWS/ElasticMapReduce, ContainerAllocated by JobFlowId: a new series with every cluster',
        byJobFlowId,
      ),
      hours(above + PANEL + 18),
      panel(below, 'Breakaway/EMR, ContainerAllocatedSum by ClusterName: one series, and one alarm', (y) =>
        [
          line(published('ContainerAllocatedSum'), y, '#8250df'),
          words(LEFT + 4, y(MOST) + 12, 'ClusterName etl', { fill: '#8250df' }),
        ].join('\n'),
      ),
      hours(below + PANEL + 18),
      ...live,
      words(LEFT, strip + 28, 'LiveClusters: 1, 2 while one replaces the other, 0 while there is none'),
      '',
    ].join('\n'),
  )}\n`;
};

if (import.meta.main) {
  await writeFile(FILE, await drawPicture());
  console.log(`Drew ${FILE}`);
}
