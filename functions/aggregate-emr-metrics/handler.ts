/**
 * Publishes the metrics of EMR clusters and their nodes under the name of their logical cluster, so that a graph runs on across restarts.
 *
 * Trigger: every five minutes.
 * Failure: the tick is not tried again, since the next one goes on where each name was left. A name that fails costs no other; it is logged, and the
 * invocation ends with an error, which an alarm sees. A repeat is harmless: a value that is put again is the same.
 */

import * as configuration from 'breakaway:configuration';
import { createClusterProgress } from '../../shared/aws/cluster-progress.ts';
import { createEmr } from '../../shared/aws/emr.ts';
import { createMetricData } from '../../shared/aws/metric-data.ts';
import { createMetricReading } from '../../shared/aws/metric-reading.ts';
import { createCallBudget } from '../../shared/clusters/call-budget.ts';
import type { Emr } from '../../shared/clusters/emr-settings.ts';
import { later } from '../../shared/instants.ts';
import { readEnvironment } from '../../shared/lambda/environment.ts';
import { lambda } from '../../shared/lambda/lambda.ts';
import { pause } from '../../shared/pause.ts';
import { logger } from '../../shared/telemetry/logger.ts';
import { count } from '../../shared/telemetry/metrics.ts';
import { createAggregateClusters } from './aggregate-clusters.ts';
import { createFindClusters } from './find-clusters.ts';
import type { Outcome } from './outcome.ts';
import { createReadNodes } from './read-nodes.ts';

/**
 * How long EMR is asked, including the waits for its call rates. The function's timeout in
 * serverless.yml is a minute and a half longer, for reading and publishing.
 */
const ASK_FOR_MS = 150_000;

// Once per cold start: a bad setting stops the function here. What is known of clusters and nodes is kept from one tick to the next.
const { ledgerTable } = readEnvironment({ ledgerTable: 'LEDGER_TABLE' });
const now = () => new Date();
const budget = createCallBudget({ now, sleep: pause });

const createTick = (emr: Emr) => {
  const directory = createEmr(budget);
  const progress = createClusterProgress({ tableName: ledgerTable });
  const { read, listAgentSeries } = createMetricReading();
  return createAggregateClusters(
    {
      findClusters: createFindClusters({ directory, progress }, emr.clusters),
      readNodes: createReadNodes({ directory, listAgentSeries, now }, emr.metrics.agentMetrics),
      readMetrics: read,
      publish: createMetricData().publish,
      progress,
      now,
    },
    emr,
  );
};

/** Absent where the configuration has no clusters. */
const tick = configuration.emr && createTick(configuration.emr);

/** Turns an outcome into what an operator sees. */
const report = (outcome: Outcome): void => {
  const { kind, ...what } = outcome;
  switch (kind) {
    case 'published':
      count('WindowsPublished', outcome.windows);
      logger.info('Metrics published', what);
      if (outcome.leftOut !== 'nothing') {
        count('ClustersOmitted');
        logger.warn('Metrics left out beyond maxNodes', { name: outcome.name, leftOut: outcome.leftOut });
      }
      return;
    case 'deferred':
      count('ClustersDeferred');
      logger.warn('Name deferred to the next tick', what);
      return;
    case 'overLimit':
      count('ClustersOmitted');
      logger.warn('Name left out beyond maxNames', what);
      return;
    case 'collided':
      count('ClustersOmitted');
      logger.warn('Name left out that CloudWatch cannot tell from another', what);
      return;
    case 'gaveUp':
      logger.error('Windows given up that CloudWatch takes no more', what);
      return;
    case 'failed':
      logger.error('Metrics not published', what);
      return;
    default:
      kind satisfies 'rosterNotSaved';
      logger.error('Roster not saved', what);
  }
};

const isFailure = ({ kind }: Outcome): boolean => kind === 'failed' || kind === 'rosterNotSaved';

// Once per event.
export const handler = lambda(async (_event: unknown, signal) => {
  budget.open(later(now(), ASK_FOR_MS));
  const outcomes = (await tick?.(signal)) ?? [];
  outcomes.forEach(report);

  const failed = outcomes.filter(isFailure).length;
  logger.info('Clusters aggregated', { published: outcomes.filter(({ kind }) => kind === 'published').length, failed });
  if (failed > 0) {
    throw new Error(
      `Aggregation incomplete: ${failed} of ${outcomes.length} outcomes are failures; each is logged and comes again`,
    );
  }
  return { outcomes };
});
