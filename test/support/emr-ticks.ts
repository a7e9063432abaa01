/** Runs ticks of aggregate-emr-metrics against a world of its own, on a clock of its own. */
import { createAggregateClusters } from '../../functions/aggregate-emr-metrics/aggregate-clusters.ts';
import { createFindClusters } from '../../functions/aggregate-emr-metrics/find-clusters.ts';
import type { Outcome } from '../../functions/aggregate-emr-metrics/outcome.ts';
import { createReadNodes } from '../../functions/aggregate-emr-metrics/read-nodes.ts';
import { createEmr } from '../../shared/aws/emr.ts';
import { createMetricData } from '../../shared/aws/metric-data.ts';
import { createMetricReading } from '../../shared/aws/metric-reading.ts';
import { createCallBudget } from '../../shared/clusters/call-budget.ts';
import type { Emr } from '../../shared/clusters/emr-settings.ts';
import type { ClusterProgress } from '../../shared/clusters/progress.ts';
import type { EmrWorld } from './emr-world.ts';

const READING_MS = 150_000;

export type Ticks = {
  /** Does one tick at an instant. */
  readonly tick: (at: Date, signal?: AbortSignal) => Promise<Outcome[]>;
  /** How long the last tick waited for EMR's call rates, on the world's clock. */
  readonly waitedMs: () => number;
};

/**
 * Makes an execution environment: what it remembers, it remembers until another is made.
 *
 * AWS_ENDPOINT_URL_EMR and AWS_ENDPOINT_URL_CLOUDWATCH have to name the world's server.
 */
export const createTicks = (world: EmrWorld, progress: ClusterProgress, emr: Emr): Ticks => {
  let nowMs = 0;
  let waitedMs = 0;
  const now = () => new Date(nowMs);
  const budget = createCallBudget({
    now,
    sleep: async (ms) => {
      nowMs += ms;
      waitedMs += ms;
    },
  });
  const directory = createEmr(budget);
  const reading = createMetricReading();
  const metricData = createMetricData();
  const aggregateClusters = createAggregateClusters(
    {
      findClusters: createFindClusters({ directory, progress }, emr.clusters),
      readNodes: createReadNodes(
        { directory, listAgentSeries: reading.listAgentSeries, now },
        emr.metrics.agentMetrics,
      ),
      readMetrics: reading.read,
      publish: metricData.publish,
      progress,
      now,
    },
    emr,
  );

  return {
    waitedMs: () => waitedMs,
    tick: async (at, signal = new AbortController().signal) => {
      nowMs = at.getTime();
      waitedMs = 0;
      world.setNow(at);
      budget.open(new Date(nowMs + READING_MS));
      return aggregateClusters(signal);
    },
  };
};
