/** Chooses the target groups that one invocation works on. */
import type { ClusterSelector } from '../../shared/clusters/emr-settings.ts';
import type { UiGroup } from '../../shared/clusters/targets.ts';
import type { ClusterUi, Ui } from '../../shared/clusters/uis.ts';
import { mayBelongTo } from './cluster-membership.ts';

/** The subject of an invocation. */
export type Scope = {
  /** The cluster whose state changed; without one, the invocation is about all groups. */
  readonly changed?: { readonly id: string; readonly name: string };
  /** Whether the invocation plans only, and changes nothing. */
  readonly isDry: boolean;
};

export type Settings = {
  /** The selectors of the configuration. */
  readonly selectors: readonly ClusterSelector[];
  /** All UIs by name. */
  readonly uis: ReadonlyMap<string, Ui>;
  /** The UIs that people rely on: each should have a target group. */
  readonly reliedOn: readonly ClusterUi[];
};

export type Selection = {
  readonly groups: readonly { readonly group: UiGroup; readonly ui: Ui }[];
  /** Groups whose tag names a UI that is not defined. Their targets stay as they are. */
  readonly withUnknownUi: readonly UiGroup[];
  /** UIs that people rely on and that have no target group; empty for a state change. */
  readonly withoutGroup: readonly ClusterUi[];
  /** The logical clusters to find. */
  readonly clusterNames: readonly string[];
};

/**
 * Selects groups.
 *
 * @param ours - all target groups of this stage
 */
export const selectGroups = (
  ours: readonly UiGroup[],
  changed: Scope['changed'],
  { selectors, uis, reliedOn }: Settings,
): Selection => {
  const withoutGroup =
    changed === undefined
      ? reliedOn.filter(({ cluster, ui }) => !ours.some((group) => group.cluster === cluster && group.ui === ui))
      : [];
  const groups = ours
    .filter((group) => changed === undefined || mayBelongTo(selectors, changed, group.cluster))
    .flatMap((group) => {
      const ui = uis.get(group.ui);
      return ui === undefined ? [] : [{ group, ui }];
    });
  return {
    groups,
    withUnknownUi: ours.filter((group) => !uis.has(group.ui)),
    withoutGroup,
    clusterNames: [...new Set([...groups.map(({ group }) => group), ...withoutGroup].map(({ cluster }) => cluster))],
  };
};
