/** Derives the metrics of each UI from a tick. */
import { dimensionValue } from '../../shared/clusters/dimension-value.ts';
import type { ClusterUi } from '../../shared/clusters/uis.ts';
import type { Gauge } from '../../shared/telemetry/catalogue.ts';
import type { Binding, Tick } from './tick-result.ts';

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const pairOf = ({ cluster, ui }: ClusterUi): string => JSON.stringify([cluster, ui]);

type Counts = Pick<Binding, 'bound' | 'healthy' | 'isExpected'>;

const gaugesOf = ({ cluster, ui }: ClusterUi, groups: readonly Counts[], at: Date): Gauge[] => {
  const dimensions = { ClusterName: dimensionValue(cluster), Ui: ui };
  return [
    { metric: 'BoundTargets', dimensions, value: sum(groups.map(({ bound }) => bound)), at },
    ...(groups.some(({ isExpected }) => isExpected)
      ? [{ metric: 'HealthyTargets' as const, dimensions, value: sum(groups.map(({ healthy }) => healthy)), at }]
      : []),
  ];
};

/**
 * Derives the gauges of a tick, each over all target groups of a cluster's UI.
 *
 * `HealthyTargets` is published only while a live cluster has the UI. So a zero means that the UI
 * cannot be seen, and not that the cluster was stopped for the night. A UI with an unread group
 * gets no gauge, since a part is not the sum.
 */
export const gaugesFor = (
  { bindings, unread, missing }: Pick<Tick, 'bindings' | 'missing' | 'unread'>,
  at: Date,
): Gauge[] => {
  const incomplete = new Set(unread.map(pairOf));
  const byPair = Map.groupBy(bindings, ({ group }) => pairOf(group));
  return [
    ...[...byPair].flatMap(([pair, [first, ...rest]]) =>
      first === undefined || incomplete.has(pair) ? [] : gaugesOf(first.group, [first, ...rest], at),
    ),
    ...missing.flatMap((ui) => gaugesOf(ui, [{ bound: 0, healthy: 0, isExpected: ui.isExpected }], at)),
  ];
};
