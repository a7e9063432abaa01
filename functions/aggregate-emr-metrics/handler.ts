/**
 * Publishes the metrics of EMR clusters and their nodes under the name of their logical cluster, so
 * that graphs continue across restarts.
 *
 * Trigger: every five minutes. Failure: no retry, since the next tick continues each name where it
 * was left. A name that fails costs no other; it is logged, and the invocation ends with an error,
 * which raises an alarm. A repeat is harmless: a value that is published again is the same.
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

// Once per cold start: a bad setting stops the function here. Knowledge about clusters and nodes is
// kept from one tick to the next.
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

/** `undefined` where the configuration has no clusters. */
const tick = configuration.emr && createTick(configuration.emr);

/** Logs and counts an outcome. */
const report = (outcome: Outcome): void => {
  const { kind, ...what } = outcome;
  switch (kind) {
    case 'published':
      count('WindowsPublished', outcome.windows);
      logger.info('Metrics published', what);
      if (outcome.omitted !== 'nothing') {
        count('ClustersOmitted');
        logger.warn('Metrics omitted beyond maxNodes', { name: outcome.name, omitted: outcome.omitted });
      }
      return;
    case 'deferred':
      count('ClustersDeferred');
      logger.warn('Name deferred to the next tick', what);
      return;
    case 'overLimit':
      count('ClustersOmitted');
      logger.warn('Name omitted beyond maxNames', what);
      return;
    case 'collided':
      count('ClustersOmitted');
      logger.warn('Name omitted that equals another in CloudWatch', what);
      return;
    case 'expired':
      logger.error('Windows omitted that are too old for CloudWatch', what);
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
      `Aggregation incomplete: ${failed} of ${outcomes.length} outcomes are failures; each is logged, and the next tick tries again`,
    );
  }
  return { outcomes };
});
