/** The result of one invocation. */
import type { EquippedCluster } from '../../shared/clusters/primaries.ts';
import type { RegisteredTarget, UiGroup } from '../../shared/clusters/targets.ts';
import type { ClusterUi, Ui } from '../../shared/clusters/uis.ts';
import { type BindingPlan, targetKey } from './binding-plan.ts';
import { type GroupState, wantedIn } from './group-state.ts';
import type { LiveCluster } from './live-cluster.ts';
import { wantedTargets } from './wanted-targets.ts';

/** The result for one target group. */
export type Binding = {
  readonly group: UiGroup;
  readonly plan: BindingPlan;
  /** The cluster that the group shows, or should show. */
  readonly cluster?: EquippedCluster;
  /** Ids of other clusters of the name that are ready too. */
  readonly others: readonly string[];
  /** Why no target is wanted. */
  readonly reason?: string;
  /** Whether a live cluster has the UI, so that people should be able to see it. */
  readonly isExpected: boolean;
  /** Targets that are registered now. */
  readonly bound: number;
  /**
   * Those of them that are healthy. Where the wanted targets are known, only they count: an old
   * cluster that still answers does not.
   */
  readonly healthy: number;
};

/** A UI that people rely on and that has no target group. */
export type MissingUi = ClusterUi & {
  /** Whether a live cluster has the UI, so that people should be able to see it. */
  readonly isExpected: boolean;
};

/** Something that could not be read or done. */
export type Problem = {
  readonly what:
    | 'UI unknown'
    | 'Targets not read'
    | 'Live cluster not determined'
    | 'Records not read'
    | 'Record not written'
    | 'Target state not determined'
    | 'Target not registered'
    | 'Targets not deregistered';
  readonly about: string;
  readonly error: unknown;
};

export type Tick = {
  readonly bindings: readonly Binding[];
  /** Groups whose targets could not be read. */
  readonly unread: readonly UiGroup[];
  /** Empty for a state change. */
  readonly missing: readonly MissingUi[];
  readonly problems: readonly Problem[];
};

/** The part of a plan that was carried out. */
export type Applied = {
  readonly registered: number;
  readonly deregistered: readonly RegisteredTarget[];
  readonly problems: readonly Problem[];
};

export const NOTHING_APPLIED: Applied = { registered: 0, deregistered: [], problems: [] };

/** Sums up one group. */
export const bindingOf = (state: GroupState, plan: BindingPlan, { registered, deregistered }: Applied): Binding => {
  const { group, live, wanted } = state;
  const gone = new Set(deregistered.map(targetKey));
  const present = state.registered.filter((target) => target.health !== 'draining' && !gone.has(targetKey(target)));
  const wantedKeys = new Set(wantedIn(state).map(targetKey));
  const shown = present.filter((target) => wantedKeys.size === 0 || wantedKeys.has(targetKey(target)));
  return {
    group,
    plan,
    ...(live.kind === 'ready' ? { cluster: live.cluster } : {}),
    others: live.kind === 'ready' ? live.others : [],
    ...(wanted.kind === 'targets' ? {} : { reason: wanted.reason }),
    isExpected: live.kind === 'ready' && wanted.kind !== 'nothing',
    bound: present.length + registered,
    healthy: shown.filter(({ health }) => health === 'healthy').length,
  };
};

/** Sums up one UI without a target group. */
export const missingUi = (clusterUi: ClusterUi, ui: Ui | undefined, live: LiveCluster): MissingUi => ({
  ...clusterUi,
  isExpected: ui !== undefined && live.kind === 'ready' && wantedTargets(ui, 'instance', live).kind !== 'nothing',
});
