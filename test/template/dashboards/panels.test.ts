import { describe, expect, it } from 'vitest';
import { parseConfiguration } from '../../../configuration/load.ts';
import { EMR_AGGREGATES, METRICS } from '../../../shared/telemetry/catalogue.ts';
import { cloudWatchDashboard } from '../../../template/dashboards/cloudwatch.ts';
import { grafanaDashboard } from '../../../template/dashboards/grafana.ts';
import { type Series, sectionsOf } from '../../../template/dashboards/panels.ts';
import { aService } from '../a-service.ts';

const { configuration } = parseConfiguration({
  timeZone: 'UTC',
  feeds: [],
  emr: { clusters: [{ name: 'etl' }], metrics: { agentMetrics: ['mem_used_percent'] } },
  uis: { clusters: { etl: ['hue'] } },
});

const sections = sectionsOf(aService(), configuration);
const panels = sections.flatMap((section) => section.panels);
const series = panels.flatMap((panel) => panel.series);

const widgetsOf = (alarms: readonly string[] = []) => {
  const { Dashboard } = cloudWatchDashboard('breakaway-dev', sections, alarms);
  const body = Dashboard?.Properties['DashboardBody'] as { 'Fn::Sub': string };
  return JSON.parse(body['Fn::Sub']).widgets;
};

/** Finds the dimension sets that a metric is put with. */
const setsOf = ({ namespace, metric }: Series): readonly (readonly string[])[] => {
  const known = Object.entries(METRICS).find(([name]) => name === metric)?.[1];
  if (known?.namespace === namespace) return known.dimensions;
  return namespace === EMR_AGGREGATES.namespace && EMR_AGGREGATES.name.test(metric) ? EMR_AGGREGATES.dimensions : [];
};

describe('the panels', () => {
  it('show only published metrics, with their dimensions and their statistic', () => {
    const ours = series.filter(({ namespace }) => !namespace.startsWith('AWS/'));

    expect(ours.length).toBeGreaterThan(30);
    for (const one of ours) {
      const definition = Object.entries(METRICS).find(([name]) => name === one.metric)?.[1];
      expect([one.metric, setsOf(one)]).toEqual([one.metric, expect.arrayContaining([Object.keys(one.dimensions)])]);
      expect([one.metric, one.statistic]).toEqual([one.metric, definition?.putAs === 'counter' ? 'Sum' : 'Average']);
    }
  });

  it('show every gauge of the catalogue', () => {
    const gauges = Object.entries(METRICS).filter(([, { putAs }]) => putAs === 'gauge');
    const shown = new Set(series.map(({ metric }) => metric));

    // The number of jobs by status is in the age of the oldest, as far as somebody has to act.
    expect(gauges.map(([name]) => name).filter((name) => !shown.has(name))).toEqual(['Jobs']);
  });

  it('leave out panels for missing parts of the configuration', () => {
    const { configuration: without } = parseConfiguration({ timeZone: 'UTC', feeds: [] });

    expect(sectionsOf(aService(), without).map(({ title }) => title)).toEqual([
      'Feeds',
      'Job queues',
      'The suite itself',
    ]);
  });

  it('have different titles', () => {
    const titles = panels.map(({ title }) => title);

    expect(new Set(titles).size).toBe(titles.length);
  });
});

describe('the dashboard in CloudWatch', () => {
  it('has a widget for each panel, and none covers another', () => {
    const widgets: { type: string; x: number; y: number; width: number; height: number }[] = widgetsOf();
    const cells = widgets.flatMap(({ x, y, width, height }) =>
      Array.from({ length: width * height }, (_, at) => `${x + (at % width)},${y + Math.floor(at / width)}`),
    );

    expect(widgets.filter(({ type }) => type === 'metric')).toHaveLength(panels.length);
    expect(new Set(cells).size).toBe(cells.length);
    expect(widgets.every(({ x, width }) => x + width <= 24)).toBe(true);
  });

  it('finds every queue by a search of exactly these dimensions', () => {
    const oldest = widgetsOf().find(
      ({ properties }: { properties: { title?: string } }) => properties.title === 'Oldest RUNNABLE job',
    );

    expect(oldest.properties.metrics).toEqual([
      [
        {
          expression: `SEARCH('{"Breakaway","JobQueue","JobStatus"} MetricName="OldestJobAge" "JobStatus"="RUNNABLE"', 'Average', 60)`,
          id: 'e1',
          region: `\${AWS::Region}`,
        },
      ],
    ]);
  });

  it('shows the state of every alarm first, a hundred at a time', () => {
    const names = Array.from({ length: 120 }, (_, index) => `breakaway-dev-${index}`);

    const [first, second, heading] = widgetsOf(names);

    expect([first.type, second.type, heading.type]).toEqual(['alarm', 'alarm', 'text']);
    expect([first, second].map(({ properties }) => properties.alarms.length)).toEqual([100, 20]);
    expect(second.y).toBe(first.y + first.height);
    expect(first.properties.alarms[0]).toBe(
      `arn:\${AWS::Partition}:cloudwatch:\${AWS::Region}:\${AWS::AccountId}:alarm:breakaway-dev-0`,
    );
  });
});

describe('the dashboard for Grafana', () => {
  const dashboard = grafanaDashboard('breakaway-dev', 'ap-northeast-1', sections);

  it('asks for its data source on import, and uses it everywhere', () => {
    const graphs = dashboard.panels.filter((panel) => 'targets' in panel);

    expect(dashboard.__inputs).toMatchObject([{ name: 'DS_CLOUDWATCH', pluginId: 'cloudwatch' }]);
    expect(graphs).toHaveLength(panels.length);
    expect(JSON.stringify(graphs).match(/"uid":"\$\{DS_CLOUDWATCH\}"/g)).toHaveLength(panels.length + series.length);
  });

  it('numbers its panels, and puts none over another', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    );

    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    expect(new Set(cells).size).toBe(cells.length);
  });

  it('asks for the metrics as the catalogue has them', () => {
    const [first] = dashboard.panels.flatMap((panel) => ('targets' in panel ? [panel] : []));

    expect(first).toMatchObject({
      title: 'Late runs',
      targets: [
        {
          refId: 'Q1',
          namespace: 'Breakaway',
          metricName: 'LateRuns',
          dimensions: {},
          statistic: 'Average',
          matchExact: true,
        },
        { refId: 'Q2', dimensions: { Feed: ['*'] }, label: `\${PROP('Dim.Feed')}` },
      ],
    });
  });
});
