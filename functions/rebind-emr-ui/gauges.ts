/** What a tick says about each user interface. */
import { dimensionValue } from '../../shared/clusters/dimension-value.ts';
import type { UiGroup } from '../../shared/clusters/targets.ts';
import type { Gauge } from '../../shared/telemetry/catalogue.ts';
import type { Binding, Tick } from './rebind-groups.ts';

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const pairOf = ({ cluster, ui }: UiGroup): string => JSON.stringify([cluster, ui]);

const gaugesOf = (bindings: readonly [Binding, ...Binding[]], at: Date): Gauge[] => {
  const { cluster, ui } = bindings[0].group;
  const dimensions = { ClusterName: dimensionValue(cluster), Ui: ui };
  // Of a group that no rule leads to, the load balancer does not know the health.
  const seen = bindings.filter(({ group, isExpected }) => group.inUse && isExpected);
  return [
    { metric: 'BoundTargets', dimensions, value: sum(bindings.map(({ bound }) => bound)), at },
    ...(seen.length === 0
      ? []
      : [{ metric: 'HealthyTargets' as const, dimensions, value: sum(seen.map(({ healthy }) => healthy)), at }]),
  ];
};

/**
 * Derives the gauges of a tick, each over all target groups of a cluster's interface.
 *
 * `HealthyTargets` is there only while a live cluster has the interface: a zero then means that nobody can see it, and not that the cluster was stopped
 * for the night. Of an interface of which a group could not be read there is nothing, since a part is not the sum.
 */
export const gaugesFor = ({ bindings, unread }: Pick<Tick, 'bindings' | 'unread'>, at: Date): Gauge[] => {
  const incomplete = new Set(unread.map(pairOf));
  const byPair = Map.groupBy(bindings, ({ group }) => pairOf(group));
  return [...byPair].flatMap(([pair, [first, ...rest]]) =>
    first === undefined || incomplete.has(pair) ? [] : gaugesOf([first, ...rest], at),
  );
};
