/**
 * Counts events of an invocation.
 *
 * Counts are added up and written in the embedded metric format (EMF) when the invocation ends: one
 * line for each set of dimensions, not one for each call.
 */
import { Metrics } from '@aws-lambda-powertools/metrics';
import { type CounterDimensions, type CounterName, METRICS, NAMESPACE, type OwnDimension } from './catalogue.ts';

/**
 * Powertools reads the service from `POWERTOOLS_SERVICE_NAME`, and adds it to every dimension set.
 */
const metrics = new Metrics({ namespace: NAMESPACE });

type Group = { readonly dimensions: Readonly<Record<string, string>>; readonly values: Map<CounterName, number> };

const groups = new Map<string, Group>();

/**
 * Counts an event.
 *
 * @param rest - the number of events, 1 by default; then the metric's own dimension, if it has one
 */
export const count = <Name extends CounterName>(
  metric: Name,
  ...rest: [OwnDimension<Name>] extends [never]
    ? [value?: number]
    : [value: number, dimensions: CounterDimensions<Name>]
): void => {
  const [value = 1, dimensions = {}]: [value?: number, dimensions?: Readonly<Record<string, string>>] = rest;
  const key = JSON.stringify(dimensions);
  const group: Group = groups.get(key) ?? { dimensions, values: new Map() };
  groups.set(key, group);
  group.values.set(metric, (group.values.get(metric) ?? 0) + value);
};

/** Writes the counts since the last call, if there are any, and resets them. */
export const flushMetrics = (): void => {
  const written = [...groups.values()];
  groups.clear();
  for (const { dimensions, values } of written) {
    if (Object.keys(dimensions).length > 0) {
      // An empty set stands for the service alone.
      metrics.addDimensions({}).addDimensions({ ...dimensions });
    }
    for (const [metric, value] of values) {
      metrics.addMetric(metric, METRICS[metric].unit, value);
    }
    metrics.publishStoredMetrics();
  }
};
