/** Prepares the queries of one name. */
import { CallsExhausted } from '../../shared/clusters/call-budget.ts';
import { type Cluster, livedWithin } from '../../shared/clusters/cluster.ts';
import type { EmrMetrics } from '../../shared/clusters/emr-settings.ts';
import { sourceMetric } from '../../shared/clusters/source-metrics.ts';
import { LOOKBACK_WINDOWS } from './aggregate.ts';
import type { ReadNodes } from './read-nodes.ts';
import { type Inventory, limitSources, queriesOf, type Sources, sourcesOf } from './sources.ts';
import type { Task, Work } from './tick-tasks.ts';
import { firstWindows, windowsIn } from './windows.ts';

/** The number of points that one task may hold in memory. */
const POINTS_A_TASK = 150_000;

/** Lists the clusters that lived in the windows of the work. */
export const clustersIn = ({ logical, span }: Work): Cluster[] =>
  [...logical.clusters, ...logical.doubtful].filter((cluster) => livedWithin(cluster, span.from, span.to));

const windowsFor = (sources: Sources): number =>
  Math.floor(POINTS_A_TASK / Math.max(1, queriesOf(sources).length)) - LOOKBACK_WINDOWS;

/** Returns whether the metrics depend on nodes. The average of a ratio depends on their number. */
const needNodes = ({ clusterMetrics, nodeMetrics, agentMetrics }: EmrMetrics): boolean =>
  nodeMetrics.length + agentMetrics.length > 0 || clusterMetrics.some((name) => sourceMetric(name).kind === 'ratio');

/**
 * Makes the function that prepares a task.
 *
 * @returns a function of the work, the clusters whose end is unknown, and the number of queries
 * that are left for each window
 */
export const createPrepareTask =
  (readNodes: ReadNodes, metrics: EmrMetrics) =>
  /** @throws CallsExhausted when EMR allows no more calls for now */
  async (
    work: Work,
    withUnknownEnd: ReadonlySet<string>,
    queriesAWindow: number,
    signal: AbortSignal,
  ): Promise<Task> => {
    const clusters = clustersIn(work);
    const inDoubt = clusters.find(
      (cluster) => work.logical.doubtful.includes(cluster) || withUnknownEnd.has(cluster.id),
    );
    if (inDoubt !== undefined) {
      throw new CallsExhausted(`EMR could not be asked about cluster ${inDoubt.id}`);
    }
    const inventories: Inventory[] = [];
    // EMR's call rates are low: one call after the other.
    for (const cluster of clusters) {
      inventories.push(
        needNodes(metrics) ? await readNodes(cluster, work.span.to, signal) : { cluster, nodes: [], agentSeries: [] },
      );
    }
    const span = firstWindows(work.span, windowsFor(sourcesOf(inventories, work.span, metrics)));
    return { work, span, ...limitSources(sourcesOf(inventories, span, metrics), queriesAWindow * windowsIn(span)) };
  };
