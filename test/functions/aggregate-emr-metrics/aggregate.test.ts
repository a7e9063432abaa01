import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  aggregate,
  combine,
  LOOKBACK_WINDOWS,
  type Reported,
  type ReportingCluster,
  type ReportingNode,
} from '../../../functions/aggregate-emr-metrics/aggregate.ts';
import { WINDOW_MS } from '../../../functions/aggregate-emr-metrics/windows.ts';
import type { SourceName } from '../../../shared/clusters/source-metrics.ts';
import type { Gauge } from '../../../shared/telemetry/catalogue.ts';
import { at } from '../../support/emr-builders.ts';

const WINDOW = { from: at('03:00'), to: at('03:05') };

/** Values by the time of their window. */
const points = (values: Readonly<Record<string, number>>) =>
  new Map(Object.entries(values).map(([time, value]) => [at(time).getTime(), value]));

const aReport = (metric: SourceName, values: Readonly<Record<string, number>>) => ({ metric, points: points(values) });

const cluster = (differences: Partial<ReportingCluster> = {}): ReportingCluster => ({
  createdAt: at('00:00'),
  series: [],
  nodes: [{ createdAt: at('00:00') }],
  ...differences,
});

const node = (differences: Partial<ReportingNode> = {}): ReportingNode => ({
  createdAt: at('00:00'),
  role: 'core',
  series: [],
  ...differences,
});

const reported = (differences: Partial<Reported> = {}): Reported => ({
  dimension: 'etl',
  clusters: [],
  nodes: [],
  ...differences,
});

/** Gauges as text, so that a test shows them all: `ContainerAllocatedSum etl 12`. */
const shown = (gauges: readonly Gauge[]): string[] =>
  gauges.map(({ metric, dimensions, value }) => `${metric} ${Object.values(dimensions).join('/')} ${value}`);

describe('aggregate', () => {
  it('adds up and averages the metrics of the clusters of a name', () => {
    const clusters = [
      cluster({ series: [aReport('ContainerAllocated', { '03:00': 10 })] }),
      cluster({ series: [aReport('ContainerAllocated', { '03:00': 30 })] }),
    ];

    expect(aggregate(reported({ clusters }), WINDOW)).toEqual([
      { metric: 'LiveClusters', dimensions: { ClusterName: 'etl' }, value: 2, at: at('03:00') },
      {
        metric: 'ContainerAllocatedAverage',
        dimensions: { ClusterName: 'etl' },
        unit: 'Count',
        value: 20,
        at: at('03:00'),
      },
      {
        metric: 'ContainerAllocatedSum',
        dimensions: { ClusterName: 'etl' },
        unit: 'Count',
        value: 40,
        at: at('03:00'),
      },
    ]);
  });

  it('adds up and averages the metrics of nodes, in all and by role', () => {
    const nodes = [
      node({ role: 'primary', series: [aReport('NetworkIn', { '03:00': 1 })] }),
      node({ role: 'core', series: [aReport('NetworkIn', { '03:00': 2 })] }),
      node({ role: 'core', series: [aReport('NetworkIn', { '03:00': 6 })] }),
    ];

    expect(shown(aggregate(reported({ nodes }), WINDOW))).toEqual([
      'LiveClusters etl 0',
      'NetworkInAverage etl 3',
      'NetworkInSum etl 9',
      'NetworkInAverage etl/primary 1',
      'NetworkInSum etl/primary 1',
      'NetworkInAverage etl/core 4',
      'NetworkInSum etl/core 8',
    ]);
  });

  it('does not count a node without data as zero', () => {
    const nodes = [
      node({ series: [aReport('CPUUtilization', { '03:00': 50 })] }),
      node({ series: [aReport('CPUUtilization', {})] }),
      node({ series: [aReport('CPUUtilization', { '03:05': 99 })] }),
    ];

    expect(shown(aggregate(reported({ nodes }), WINDOW))).toEqual([
      'LiveClusters etl 0',
      'CPUUtilizationAverage etl 50',
      'CPUUtilizationAverage etl/core 50',
    ]);
  });

  it('counts a node without a role for the cluster only', () => {
    const { role: _, ...nameless } = node({ series: [aReport('CPUUtilization', { '03:00': 50 })] });

    expect(shown(aggregate(reported({ nodes: [nameless] }), WINDOW))).toEqual([
      'LiveClusters etl 0',
      'CPUUtilizationAverage etl 50',
    ]);
  });

  it('averages a ratio by the number of nodes, and never adds it up', () => {
    const clusters = [
      cluster({
        series: [aReport('HDFSUtilization', { '03:00': 90 })],
        nodes: [{ createdAt: at('00:00') }, { createdAt: at('00:00') }, { createdAt: at('03:02') }],
      }),
      cluster({
        series: [aReport('HDFSUtilization', { '03:00': 10 })],
        nodes: [{ createdAt: at('00:00') }, { createdAt: at('00:00'), endedAt: at('02:59') }],
      }),
    ];

    expect(shown(aggregate(reported({ clusters }), WINDOW))).toEqual([
      'LiveClusters etl 2',
      'HDFSUtilizationAverage etl 70',
    ]);
  });

  it('lets a cluster without nodes that reports a ratio count as one node', () => {
    const clusters = [
      cluster({ series: [aReport('HDFSUtilization', { '03:00': 90 })], nodes: [] }),
      cluster({ series: [aReport('HDFSUtilization', { '03:00': 10 })] }),
    ];

    expect(shown(aggregate(reported({ clusters }), WINDOW))).toContain('HDFSUtilizationAverage etl 50');
  });

  it('publishes the number and the share of clusters with a flag', () => {
    const clusters = [1, 0, 0, 1].map((value) => cluster({ series: [aReport('IsIdle', { '03:00': value })] }));

    expect(shown(aggregate(reported({ clusters }), WINDOW))).toEqual([
      'LiveClusters etl 4',
      'IsIdleAverage etl 0.5',
      'IsIdleSum etl 2',
    ]);
  });

  it.each([
    ['since the window before', { '02:55': 7, '03:00': 10 }, '00:00', 3],
    ['since the last value, when there are gaps', { '02:30': 4, '03:00': 10 }, '00:00', 6],
    ['as nothing, when it was reset', { '02:55': 7, '03:00': 2 }, '00:00', 0],
    ['from 0, when the cluster is new', { '03:00': 5 }, '02:40', 5],
    ['not at all, when nothing was heard for long', { '02:25': 4, '03:00': 10 }, '00:00', undefined],
    ['not at all, when it is silent', { '02:55': 4 }, '00:00', undefined],
  ])('measures the growth of a counter %s', (_, values, createdAt, growth) => {
    const clusters = [cluster({ createdAt: at(createdAt), series: [aReport('AppsCompleted', values)] })];

    const gauges = shown(aggregate(reported({ clusters }), WINDOW));

    expect(gauges).toEqual(
      growth === undefined
        ? ['LiveClusters etl 1']
        : ['LiveClusters etl 1', `AppsCompletedAverage etl ${growth}`, `AppsCompletedSum etl ${growth}`],
    );
  });

  it('does not lose a window at a restart, nor the last one of a cluster', () => {
    const ended = cluster({
      endedAt: at('03:02'),
      series: [aReport('ContainerAllocated', { '02:55': 8, '03:00': 4, '03:05': 99 })],
    });
    const next = cluster({
      createdAt: at('03:03'),
      series: [aReport('ContainerAllocated', { '03:00': 1, '03:05': 6 })],
    });
    const span = { from: at('02:55'), to: at('03:10') };

    const gauges = aggregate(reported({ clusters: [ended, next] }), span);

    expect(shown(gauges.filter(({ metric }) => metric !== 'ContainerAllocatedAverage'))).toEqual([
      'LiveClusters etl 1',
      'ContainerAllocatedSum etl 8',
      'LiveClusters etl 1',
      'ContainerAllocatedSum etl 5',
      // The ended cluster's data of a window that it did not live in is not its own.
      'LiveClusters etl 1',
      'ContainerAllocatedSum etl 6',
    ]);
  });

  it('publishes only zero live clusters for a name without a cluster', () => {
    expect(shown(aggregate(reported(), WINDOW))).toEqual(['LiveClusters etl 0']);
  });

  it('makes one value of several series of a node: their mean of a ratio, else their sum', () => {
    const nodes = [
      node({
        series: [
          aReport('disk_used_percent', { '03:00': 90 }),
          aReport('disk_used_percent', { '03:00': 10 }),
          aReport('disk_used', { '03:00': 1 }),
          aReport('disk_used', { '03:00': 2 }),
        ],
      }),
      node({ series: [aReport('disk_used_percent', { '03:00': 20 })] }),
    ];

    expect(shown(aggregate(reported({ nodes }), WINDOW))).toEqual(
      expect.arrayContaining(['disk_used_percentAverage etl 35', 'disk_usedSum etl 3']),
    );
  });
});

/** The windows of an hour, and times between which things live, some at the very edge of a window. */
const HOUR = Array.from({ length: 12 }, (_, index) => at('03:00').getTime() + index * WINDOW_MS);
const lifetimes = fc
  .tuple(fc.integer({ min: -90, max: 70 }), fc.option(fc.integer({ min: 1, max: 90 }), { nil: undefined }))
  .map(([born, age]) => ({
    createdAt: new Date(at('03:00').getTime() + born * 60_000),
    ...(age === undefined ? {} : { endedAt: new Date(at('03:00').getTime() + (born + age) * 60_000) }),
  }));

/** Whole numbers, so that sums are exact in whatever order. */
const seriesOf = (metric: SourceName, most: number) =>
  fc
    .uniqueArray(fc.tuple(fc.integer({ min: -LOOKBACK_WINDOWS, max: 11 }), fc.nat(most)), {
      selector: ([index]) => index,
    })
    .map((values) => ({
      metric,
      points: new Map(values.map(([index, value]) => [at('03:00').getTime() + index * WINDOW_MS, value])),
    }));

const someNodes = fc.array(
  fc
    .tuple(
      lifetimes,
      fc.constantFrom('primary', 'core', 'task'),
      seriesOf('NetworkIn', 1e9),
      seriesOf('CPUUtilization', 100),
    )
    .map(([lifetime, role, ...series]): ReportingNode => ({ ...lifetime, role, series })),
  { maxLength: 6 },
);

const someClusters = fc.array(
  fc
    .tuple(
      lifetimes,
      fc.array(lifetimes, { maxLength: 4 }),
      seriesOf('ContainerAllocated', 1_000),
      seriesOf('AppsCompleted', 50),
      seriesOf('YARNMemoryAvailablePercentage', 100),
      seriesOf('IsIdle', 1),
    )
    .map(([lifetime, nodes, ...series]): ReportingCluster => ({ ...lifetime, nodes, series })),
  { maxLength: 4 },
);

type Thing = {
  createdAt: Date;
  endedAt?: Date;
  series: readonly { metric: SourceName; points: ReadonlyMap<number, number> }[];
};

/** The same, calculated as slowly and plainly as possible: minute by minute, source by source. */
const naively = ({ clusters, nodes }: Reported): Map<string, number> => {
  const reference = new Map<string, number>();
  const livesAt = (thing: { createdAt: Date; endedAt?: Date }, time: number) =>
    thing.createdAt.getTime() <= time && (thing.endedAt === undefined || thing.endedAt.getTime() > time);
  const livesIn = (thing: { createdAt: Date; endedAt?: Date }, start: number) => {
    // Lifetimes are whole minutes.
    return [0, 1, 2, 3, 4].some((minute) => livesAt(thing, start + minute * 60_000));
  };
  const of = (thing: Thing, metric: SourceName, start: number) =>
    livesIn(thing, start) ? thing.series.find((series) => series.metric === metric)?.points.get(start) : undefined;
  const add = (name: string, start: number, values: (number | undefined)[], withSum: boolean, weights?: number[]) => {
    let [sum, weighed, weight, count] = [0, 0, 0, 0];
    for (const [index, value] of values.entries()) {
      if (value !== undefined) {
        sum += value;
        weighed += value * (weights?.[index] ?? 1);
        weight += weights?.[index] ?? 1;
        count += 1;
      }
    }
    if (count > 0) {
      const [metric, ...role] = name.split(' ');
      reference.set([`${metric}Average`, ...role, start].join(' '), weighed / weight);
      if (withSum) {
        reference.set([`${metric}Sum`, ...role, start].join(' '), sum);
      }
    }
  };
  for (const start of HOUR) {
    reference.set(`LiveClusters ${start}`, clusters.filter((one) => livesAt(one, start + WINDOW_MS - 1)).length);
    add(
      'ContainerAllocated',
      start,
      clusters.map((one) => of(one, 'ContainerAllocated', start)),
      true,
    );
    add(
      'IsIdle',
      start,
      clusters.map((one) => of(one, 'IsIdle', start)),
      true,
    );
    add(
      'YARNMemoryAvailablePercentage',
      start,
      clusters.map((one) => of(one, 'YARNMemoryAvailablePercentage', start)),
      false,
      clusters.map((one) => Math.max(1, one.nodes.filter((each) => livesIn(each, start)).length)),
    );
    const growths = clusters.map((one) => {
      const now = of(one, 'AppsCompleted', start);
      const counter = one.series.find(({ metric }) => metric === 'AppsCompleted');
      let before: number | undefined;
      for (let back = LOOKBACK_WINDOWS; back >= 1; back -= 1) {
        before = counter?.points.get(start - back * WINDOW_MS) ?? before;
      }
      if (before === undefined && one.createdAt.getTime() >= start - LOOKBACK_WINDOWS * WINDOW_MS) {
        before = 0;
      }
      return now === undefined || before === undefined ? undefined : Math.max(0, now - before);
    });
    add('AppsCompleted', start, growths, true);
    for (const metric of ['NetworkIn', 'CPUUtilization'] as const) {
      add(
        metric,
        start,
        nodes.map((one) => of(one, metric, start)),
        metric === 'NetworkIn',
      );
      for (const role of ['primary', 'core', 'task']) {
        const ofRole = nodes.filter((one) => one.role === role);
        add(
          `${metric} ${role}`,
          start,
          ofRole.map((one) => of(one, metric, start)),
          metric === 'NetworkIn',
        );
      }
    }
  }
  return reference;
};

const keyed = (gauges: readonly Gauge[]): Map<string, number> =>
  new Map(
    gauges.map((gauge) => {
      const role = 'NodeRole' in gauge.dimensions ? [gauge.dimensions.NodeRole] : [];
      return [[gauge.metric, ...role, gauge.at.getTime()].join(' '), gauge.value];
    }),
  );

const anHour = { from: at('03:00'), to: at('04:00') };

describe('aggregate of any metrics', () => {
  it('equals a naive reference', () => {
    fc.assert(
      fc.property(someClusters, someNodes, (clusters, nodes) => {
        const expected = naively(reported({ clusters, nodes }));
        const actual = keyed(aggregate(reported({ clusters, nodes }), anHour));

        expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
        for (const [key, value] of expected) {
          expect(actual.get(key)).toBeCloseTo(value, 9);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('returns each value once, and only finite values', () => {
    fc.assert(
      fc.property(someClusters, someNodes, (clusters, nodes) => {
        const gauges = aggregate(reported({ clusters, nodes }), anHour);

        expect(keyed(gauges).size).toBe(gauges.length);
        expect(gauges.every(({ value }) => Number.isFinite(value))).toBe(true);
      }),
    );
  });

  it('returns the same values of a window to the last bit, alone or with others', () => {
    const windows = fc
      .tuple(fc.nat(11), fc.nat(11))
      .map(([one, other]) => [Math.min(one, other), Math.max(one, other)]);
    fc.assert(
      fc.property(someClusters, someNodes, windows, (clusters, nodes, [first = 0, last = 0]) => {
        const all = keyed(aggregate(reported({ clusters, nodes }), anHour));
        const span = { from: new Date(HOUR[first]!), to: new Date(HOUR[last]! + WINDOW_MS) };

        for (const [key, value] of keyed(aggregate(reported({ clusters, nodes }), span))) {
          expect(value).toBe(all.get(key));
        }
      }),
    );
  });
});

describe('combine', () => {
  it('does not let rounding make an average of equal weights differ from the sum', () => {
    const values = [0.1, 0.2, 0.3].map((value) => ({ value, weight: 7 }));

    const { Average, Sum } = combine(values);

    expect(Average).toBe(Sum / 3);
  });
});
