/** Runs ticks of rebind-emr-ui against a stub. */

import { createFindDeadTargets } from '../../functions/rebind-emr-ui/find-dead-targets.ts';
import { createFindLiveClusters } from '../../functions/rebind-emr-ui/find-live-clusters.ts';
import { createRebindGroups } from '../../functions/rebind-emr-ui/rebind-groups.ts';
import type { Scope } from '../../functions/rebind-emr-ui/scope.ts';
import type { Tick } from '../../functions/rebind-emr-ui/tick-result.ts';
import { createEmrPrimaries } from '../../shared/aws/emr-primaries.ts';
import { createMachines } from '../../shared/aws/machines.ts';
import { createTargetGroups } from '../../shared/aws/target-groups.ts';
import type { BindingRecords, OwnedTarget } from '../../shared/clusters/bindings.ts';
import { createCallBudget } from '../../shared/clusters/call-budget.ts';
import type { ClusterSelector } from '../../shared/clusters/emr-settings.ts';
import { knownUis } from '../../shared/clusters/uis.ts';

/** Records that outlive an execution environment, and can be told to fail. */
export const createMemoryRecords = () => {
  const kept = new Map<string, readonly OwnedTarget[]>();
  let failing: 'read' | 'write' | undefined;
  const records: BindingRecords = {
    read: async () => {
      if (failing === 'read') throw new Error('The ledger cannot be read');
      return new Map(kept);
    },
    write: async (arn, targets) => {
      if (failing === 'write') throw new Error('The ledger cannot be written');
      kept.set(arn, structuredClone(targets));
    },
  };
  return {
    ...records,
    kept,
    fail: (what: typeof failing): void => {
      failing = what;
    },
  };
};

export type Rebinding = {
  readonly tick: (scope?: Partial<Scope>, signal?: AbortSignal) => Promise<Tick>;
};

/** Makes an execution environment: what it remembers of clusters, it remembers until another is made. Endpoints are those of the environment. */
export const createRebinding = (
  records: BindingRecords,
  { selectors = [] }: { selectors?: readonly ClusterSelector[] } = {},
): Rebinding => {
  let nowMs = Date.UTC(2026, 10, 22, 6);
  const now = () => new Date(nowMs);
  const budget = createCallBudget({
    now,
    sleep: async (ms) => {
      nowMs += ms;
    },
  });
  const directory = createEmrPrimaries(budget);
  const noPace = async () => undefined;
  const rebind = createRebindGroups(
    {
      targetGroups: createTargetGroups({ read: noPace, write: noPace }),
      records,
      findLiveClusters: createFindLiveClusters({ directory, now }, selectors),
      findDeadTargets: createFindDeadTargets({ directory, machines: createMachines() }, selectors),
    },
    { stage: 'test', selectors, uis: knownUis(undefined), reliedOn: [] },
  );
  return {
    tick: (scope = {}, signal = new AbortController().signal) => {
      nowMs += 60_000;
      budget.open(new Date(nowMs + 25_000));
      return rebind({ isDry: false, ...scope }, signal);
    },
  };
};
