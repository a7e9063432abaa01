/**
 * The dashboard for Grafana. On import, Grafana asks for the CloudWatch data source.
 *
 * @see https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
 * @see https://grafana.com/docs/grafana/latest/datasources/aws-cloudwatch/query-editor/
 */
import type { Unit } from '../../shared/telemetry/catalogue.ts';
import type { Panel, Section, Series } from './panels.ts';

const COLUMNS = 24;
const WIDTH = 8;
const HEIGHT = 8;

/** The version of the JSON model. Grafana updates an old model on import. */
const SCHEMA_VERSION = 39;

/** Filled in on import. */
const DATA_SOURCE = { type: 'cloudwatch', uid: `\${DS_CLOUDWATCH}` };

/** The names of units in Grafana. */
const UNITS: Readonly<Record<Unit, string>> = {
  Bytes: 'bytes',
  'Bytes/Second': 'Bps',
  Count: 'short',
  'Count/Second': 'ops',
  Megabytes: 'decmbytes',
  Milliseconds: 'ms',
  None: 'none',
  Percent: 'percent',
  Seconds: 's',
};

/** Labels each line with the values that differ between lines. */
const labelOf = ({ metric, dimensions }: Series): string =>
  Object.keys(dimensions)
    .map((name) => `\${PROP('Dim.${name}')}`)
    .join(' ') || metric;

const target = (series: Series, index: number, periodSeconds: number) => ({
  refId: `Q${index + 1}`,
  datasource: DATA_SOURCE,
  queryMode: 'Metrics',
  metricQueryType: 0,
  metricEditorMode: 0,
  region: '$region',
  namespace: series.namespace,
  metricName: series.metric,
  dimensions: Object.fromEntries(Object.entries(series.dimensions).map(([name, value]) => [name, [value]])),
  // Matches only metrics with exactly these dimensions.
  matchExact: true,
  statistic: series.statistic,
  period: String(periodSeconds),
  label: labelOf(series),
});

const graph = ({ title, description, unit, periodSeconds, series }: Panel) => ({
  type: 'timeseries',
  title,
  description,
  datasource: DATA_SOURCE,
  fieldConfig: { defaults: { unit: UNITS[unit], min: 0 }, overrides: [] },
  options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
  targets: series.map((one, index) => target(one, index, periodSeconds)),
});

type Placed = {
  readonly id: number;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
};

const withSection = (placed: readonly Placed[], { title, panels }: Section): readonly Placed[] => {
  const top = Math.max(0, ...placed.map(({ gridPos }) => gridPos.y + gridPos.h));
  const first = placed.length + 1;
  return [
    ...placed,
    { id: first, ...{ type: 'row', title, collapsed: false, panels: [] }, gridPos: { x: 0, y: top, w: COLUMNS, h: 1 } },
    ...panels.map((panel, index) => ({
      id: first + 1 + index,
      ...graph(panel),
      gridPos: {
        x: (index * WIDTH) % COLUMNS,
        y: top + 1 + Math.floor((index * WIDTH) / COLUMNS) * HEIGHT,
        w: WIDTH,
        h: HEIGHT,
      },
    })),
  ];
};

/** Makes the dashboard that Grafana imports, as an object for JSON. */
export const grafanaDashboard = (prefix: string, region: string, sections: readonly Section[]) => ({
  __inputs: [
    {
      name: 'DS_CLOUDWATCH',
      label: 'CloudWatch',
      type: 'datasource',
      pluginId: 'cloudwatch',
      pluginName: 'CloudWatch',
    },
  ],
  __requires: [{ type: 'datasource', id: 'cloudwatch', name: 'CloudWatch', version: '1.0.0' }],
  uid: prefix.slice(0, 40),
  title: `Breakaway: ${prefix}`,
  tags: ['breakaway'],
  schemaVersion: SCHEMA_VERSION,
  editable: true,
  time: { from: 'now-24h', to: 'now' },
  refresh: '1m',
  templating: {
    list: [
      {
        name: 'region',
        label: 'Region',
        type: 'textbox',
        query: region,
        current: { text: region, value: region },
      },
    ],
  },
  panels: sections.reduce(withSection, []),
});
