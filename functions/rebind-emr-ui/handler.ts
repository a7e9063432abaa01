/**
 * Points the target groups of EMR's web UIs at the live primary nodes of their cluster.
 *
 * Trigger: every minute; EMR `Cluster State Change`, which EMR delivers on a best-effort basis; by
 * hand, with `{"dryRun": true}` to see the plan.
 * Failure: no retry, since the next tick does what is left. Each group, cluster and target fails
 * alone and is logged; the invocation then ends with an error, which raises an alarm. A repeat is
 * harmless: a correct target is not changed, and in doubt no target is.
 */

import * as configuration from 'breakaway:configuration';
import { createBindingRecords } from '../../shared/aws/binding-records.ts';
import { createEmrPrimaries } from '../../shared/aws/emr-primaries.ts';
import { createMachines } from '../../shared/aws/machines.ts';
import { createMetricData } from '../../shared/aws/metric-data.ts';
import { createTargetGroups } from '../../shared/aws/target-groups.ts';
import { createCallBudget } from '../../shared/clusters/call-budget.ts';
import { knownUis } from '../../shared/clusters/uis.ts';
import { later } from '../../shared/instants.ts';
import { readEnvironment } from '../../shared/lambda/environment.ts';
import { lambda } from '../../shared/lambda/lambda.ts';
import { createPace } from '../../shared/pace.ts';
import { pause } from '../../shared/pause.ts';
import { logger } from '../../shared/telemetry/logger.ts';
import { targetKey } from './binding-plan.ts';
import { scopeOf } from './event.ts';
import { createFindDeadTargets } from './find-dead-targets.ts';
import { createFindLiveClusters } from './find-live-clusters.ts';
import { gaugesFor } from './gauges.ts';
import { createRebindGroups } from './rebind-groups.ts';
import type { Binding } from './tick-result.ts';

/**
 * How long EMR is asked, including the waits for its call rates. The function's timeout in
 * serverless.yml leaves time to act after it.
 */
const ASK_FOR_MS = 25_000;

/**
 * Calls a second of Elastic Load Balancing: half of what AWS allows an account.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-throttling.html
 */
const READS_PER_SECOND = 5;
const WRITES_PER_SECOND = 2;

/** @throws Error when `DRY_RUN` is set to anything but `true` or `false` */
const readDryRun = (value = 'false'): boolean => {
  if (value !== 'true' && value !== 'false') {
    throw new Error('Environment variable DRY_RUN is neither true nor false');
  }
  return value === 'true';
};

// Once per cold start: a bad setting stops the function here. Knowledge about clusters is kept from
// one invocation to the next.
const { stage, ledgerTable } = readEnvironment({ stage: 'STAGE', ledgerTable: 'LEDGER_TABLE' });
const isDryRun = readDryRun(process.env['DRY_RUN']);
const now = () => new Date();
const selectors = configuration.emr?.clusters ?? [];
const budget = createCallBudget({ now, sleep: pause });
const paceOf = (perSecond: number) => createPace(perSecond, { now: () => performance.now(), sleep: pause });
const directory = createEmrPrimaries(budget);
const metricData = createMetricData();
const rebindGroups = createRebindGroups(
  {
    targetGroups: createTargetGroups({ read: paceOf(READS_PER_SECOND), write: paceOf(WRITES_PER_SECOND) }),
    records: createBindingRecords({ tableName: ledgerTable }),
    findLiveClusters: createFindLiveClusters({ directory, now }, selectors),
    findDeadTargets: createFindDeadTargets({ directory, machines: createMachines() }, selectors),
  },
  {
    stage,
    selectors,
    uis: knownUis(configuration.uis),
    reliedOn: configuration.uis?.clusterUis ?? [],
  },
);

/** Sums a group up for the log and for a person who invokes the function by hand. */
const summary = ({ group, plan, cluster, others, reason, bound, healthy }: Binding) => ({
  cluster: group.cluster,
  ui: group.ui,
  targetGroup: group.arn,
  ...(cluster === undefined ? {} : { clusterId: cluster.id }),
  ...(others.length === 0 ? {} : { others }),
  ...(reason === undefined ? {} : { reason }),
  register: plan.register.map(targetKey),
  deregister: plan.deregister.map(({ target, reason: why }) => ({ target: targetKey(target), why })),
  leave: plan.leave.map(({ target, reason: why }) => ({ target: targetKey(target), health: target.health, why })),
  bound,
  healthy,
});

/** Logs the result of one group. */
const report = (binding: Binding, isDry: boolean): void => {
  const { group, plan } = binding;
  if (isDry) {
    logger.info('Binding planned', summary(binding));
  } else if (plan.register.length + plan.deregister.length > 0) {
    logger.info('Binding changed', summary(binding));
  } else if (!group.inUse) {
    logger.warn('Target group in no rule', { cluster: group.cluster, ui: group.ui, targetGroup: group.arn });
  }
};

/** Warns once for each name that more than one cluster of it is ready. */
const reportOthers = (bindings: readonly Binding[]): void => {
  const byName = new Map(bindings.map((binding) => [binding.group.cluster, binding]));
  for (const [name, { cluster, others }] of byName) {
    if (cluster !== undefined && others.length > 0) {
      logger.warn('Newest of several clusters bound', { cluster: name, clusterId: cluster.id, others });
    }
  }
};

// Once per event.
export const handler = lambda(async (event: unknown, signal) => {
  const scope = scopeOf(event);
  const isDry = scope.isDry || isDryRun;
  budget.open(later(now(), ASK_FOR_MS));
  const tick = await rebindGroups({ ...scope, isDry }, signal);

  reportOthers(tick.bindings);
  for (const binding of tick.bindings) {
    report(binding, isDry);
  }
  for (const missing of tick.missing) {
    logger.warn('User interface without target group', missing);
  }
  for (const { what, about, error } of tick.problems) {
    logger.error(what, { about, error });
  }
  if (!isDry) {
    await metricData.publish(gaugesFor(tick, now()), signal);
  }
  logger.info('Target groups reconciled', { groups: tick.bindings.length, problems: tick.problems.length });
  if (tick.problems.length > 0) {
    throw new Error(
      `Rebinding incomplete: ${tick.problems.length} problems; each is logged, and the next tick tries again`,
    );
  }
  return { dryRun: isDry, bindings: tick.bindings.map(summary) };
});
