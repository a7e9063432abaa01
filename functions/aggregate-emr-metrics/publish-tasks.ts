/** Reads the metrics of the sources of some names, and publishes them under these names. */
import type { MetricQuery, Reading } from '../../shared/clusters/metric-query.ts';
import type { ClusterProgress } from '../../shared/clusters/progress.ts';
import { processItems } from '../../shared/process-items.ts';
import type { Gauge } from '../../shared/telemetry/catalogue.ts';
import { aggregate, LOOKBACK_WINDOWS } from './aggregate.ts';
import { failureOf, type Outcome } from './outcome.ts';
import { queriesOf, reportedFrom } from './sources.ts';
import type { Task } from './tick-tasks.ts';
import { plusWindows, type Span, windowsIn } from './windows.ts';

export type Ports = {
  readonly readMetrics: (
    queries: readonly MetricQuery[],
    span: Span,
    signal: AbortSignal,
  ) => Promise<ReadonlyMap<MetricQuery, Reading>>;
  readonly publish: (gauges: readonly Gauge[], signal: AbortSignal) => Promise<void>;
  readonly progress: Pick<ClusterProgress, 'advance'>;
};

/** The limit of one call of CloudWatch; names share a call up to it. */
const QUERIES_A_CALL = 500;

/** Counts the queries of tasks. */
export const countQueries = (...tasks: readonly Task[]): number =>
  tasks.reduce((count, { sources }) => count + queriesOf(sources).length, 0);

/** Returns whether a task can be read together with others. */
export const fitsWith = (tasks: readonly Task[], task: Task): boolean =>
  tasks.every(
    ({ span }) => span.from.getTime() === task.span.from.getTime() && span.to.getTime() === task.span.to.getTime(),
  ) &&
  (tasks.length === 0 || countQueries(...tasks, task) <= QUERIES_A_CALL);

const published = ({ work, span, sources, omitted }: Task): Outcome => ({
  kind: 'published',
  name: work.logical.name,
  ...span,
  windows: windowsIn(span),
  clusters: sources.clusters.length,
  nodes: sources.nodes.length,
  omitted,
});

/**
 * Makes the function that publishes tasks, all of the same span.
 *
 * The watermark of a name moves after all its values are published. If the function dies between,
 * the next tick publishes the same values again.
 *
 * @returns a function that returns the outcome of each name; it never rejects
 */
export const createPublishTasks = ({ readMetrics, publish, progress }: Ports) => {
  const publishAll = async (tasks: readonly Task[], span: Span, signal: AbortSignal): Promise<Outcome[]> => {
    const queries = tasks.flatMap(({ sources }) => queriesOf(sources));
    // The growth of a counter needs the windows before.
    const earlier = { from: plusWindows(span.from, -LOOKBACK_WINDOWS), to: span.to };
    const readings = queries.length === 0 ? new Map() : await readMetrics(queries, earlier, signal);

    const computed = await processItems(tasks, (task) => ({
      task,
      gauges: aggregate(reportedFrom(task.work.logical.dimension, task.sources, readings), span),
    }));
    await publish(
      computed.done.flatMap(({ gauges }) => gauges),
      signal,
    );
    const advanced = await processItems(
      computed.done.map(({ task }) => task),
      async (task) => {
        await progress.advance(task.work.logical.name, span.to, signal);
        return published(task);
      },
    );
    return [
      ...advanced.done,
      ...[...computed.failed, ...advanced.failed].map(({ item, error }) => failureOf(item.work.logical.name, error)),
    ];
  };

  return async (tasks: readonly Task[], signal: AbortSignal): Promise<Outcome[]> => {
    const [first] = tasks;
    if (first === undefined) {
      return [];
    }
    try {
      return await publishAll(tasks, first.span, signal);
    } catch (error) {
      return tasks.map(({ work }) => failureOf(work.logical.name, error));
    }
  };
};
