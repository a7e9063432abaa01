/** Prepares and publishes the work of one tick, within the number of metrics that it may read. */
import type { EmrMetrics } from '../../shared/clusters/emr-settings.ts';
import { failureOf, type Outcome } from './outcome.ts';
import { clustersIn, createPrepareTask } from './prepare-task.ts';
import { countQueries, createPublishTasks, fitsWith, type Ports as PublishPorts } from './publish-tasks.ts';
import type { ReadNodes } from './read-nodes.ts';
import type { Task, Work } from './tick-tasks.ts';
import { windowsIn } from './windows.ts';

export type Ports = PublishPorts & { readonly readNodes: ReadNodes };

/**
 * Makes the function that publishes work.
 *
 * @param metricsReadAWindow - the number of metrics that the function may read for one window
 * @returns a function of the work and of the clusters whose end is unknown; it never rejects
 */
export const createPublishWork = (ports: Ports, metrics: EmrMetrics, metricsReadAWindow: number) => {
  const prepareTask = createPrepareTask(ports.readNodes, metrics);
  const publishTasks = createPublishTasks(ports);

  // Counted by window, since the windows of an outage were not read before.
  const clusterQueries = (work: Work): number =>
    (clustersIn(work).length * metrics.clusterMetrics.length) / windowsIn(work.span);

  return async (
    work: readonly Work[],
    withUnknownEnd: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<Outcome[]> => {
    const outcomes: Outcome[] = [];
    let pending: Task[] = [];
    const flush = async (): Promise<void> => {
      outcomes.push(...(await publishTasks(pending, signal)));
      pending = [];
    };

    let left = metricsReadAWindow;
    // The metrics of clusters are few and matter most, so their queries are reserved.
    let reserved = work.reduce((count, one) => count + clusterQueries(one), 0);

    for (const one of work) {
      const own = clusterQueries(one);
      reserved -= own;
      try {
        const task = await prepareTask(one, withUnknownEnd, Math.max(left - reserved, Math.min(left, own)), signal);
        left -= countQueries(task) / windowsIn(task.span);
        if (!fitsWith(pending, task)) {
          await flush();
        }
        pending.push(task);
      } catch (error) {
        outcomes.push(failureOf(one.logical.name, error));
      }
    }
    await flush();
    return outcomes;
  };
};
