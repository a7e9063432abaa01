/**
 * The dashboard in the template.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
import type { Resources } from '../cloudformation.ts';
import { EVERY, type Panel, type Section, type Series } from './panels.ts';

/** A dashboard is 24 columns wide. */
const COLUMNS = 24;
const WIDTH = 8;
const HEIGHT = 6;
const HEADING_HEIGHT = 1;

/** The most alarms of one widget. */
const MAX_ALARMS = 100;

const REGION = `\${AWS::Region}`;

type Widget = {
  readonly type: 'alarm' | 'metric' | 'text';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: Readonly<Record<string, unknown>>;
};

/**
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
 */
const searchFor = ({ namespace, metric, dimensions, statistic }: Series, periodSeconds: number): string => {
  const schema = [namespace, ...Object.keys(dimensions)].map((name) => `"${name}"`).join(',');
  const fixed = Object.entries(dimensions)
    .filter(([, value]) => value !== EVERY)
    .map(([name, value]) => ` "${name}"="${value}"`)
    .join('');
  return `SEARCH('{${schema}} MetricName="${metric}"${fixed}', '${statistic}', ${periodSeconds})`;
};

const isEvery = ({ dimensions }: Series): boolean => Object.values(dimensions).includes(EVERY);

const line = (series: Series, index: number, periodSeconds: number): readonly unknown[] =>
  isEvery(series)
    ? [{ expression: searchFor(series, periodSeconds), id: `e${index + 1}`, region: REGION }]
    : [series.namespace, series.metric, ...Object.entries(series.dimensions).flat(), { stat: series.statistic }];

const graph = ({ title, periodSeconds, series }: Panel): Readonly<Record<string, unknown>> => ({
  title,
  region: REGION,
  view: 'timeSeries',
  period: periodSeconds,
  yAxis: { left: { min: 0 } },
  metrics: series.map((one, index) => line(one, index, periodSeconds)),
});

/** Puts the next widgets below the existing ones. */
const below = (widgets: readonly Widget[]): number => Math.max(0, ...widgets.map(({ y, height }) => y + height));

const inRows = (panels: readonly Panel[], top: number): Widget[] =>
  panels.map((panel, index) => ({
    type: 'metric',
    x: (index * WIDTH) % COLUMNS,
    y: top + Math.floor((index * WIDTH) / COLUMNS) * HEIGHT,
    width: WIDTH,
    height: HEIGHT,
    properties: graph(panel),
  }));

const withSection = (widgets: readonly Widget[], { title, panels }: Section): Widget[] => {
  const top = below(widgets);
  return [
    ...widgets,
    { type: 'text', x: 0, y: top, width: COLUMNS, height: HEADING_HEIGHT, properties: { markdown: `## ${title}` } },
    ...inRows(panels, top + HEADING_HEIGHT),
  ];
};

const alarmStates = (names: readonly string[]): Widget[] =>
  Array.from({ length: Math.ceil(names.length / MAX_ALARMS) }, (_, index) => ({
    type: 'alarm',
    x: 0,
    y: index * HEIGHT,
    width: COLUMNS,
    height: HEIGHT,
    properties: {
      title: index === 0 ? 'Alarms' : `Alarms (${index + 1})`,
      alarms: names
        .slice(index * MAX_ALARMS, (index + 1) * MAX_ALARMS)
        .map((name) => `arn:\${AWS::Partition}:cloudwatch:${REGION}:\${AWS::AccountId}:alarm:${name}`),
      sortBy: 'stateUpdatedTimestamp',
    },
  }));

/**
 * Derives the dashboard.
 *
 * @param alarms - Names of the stack's alarms. Their states are at the top.
 */
export const cloudWatchDashboard = (
  prefix: string,
  sections: readonly Section[],
  alarms: readonly string[],
): Resources => {
  const widgets = sections.reduce<readonly Widget[]>(withSection, alarmStates(alarms));
  return {
    Dashboard: {
      Type: 'AWS::CloudWatch::Dashboard',
      Properties: { DashboardName: prefix, DashboardBody: { 'Fn::Sub': JSON.stringify({ widgets }) } },
    },
  };
};
