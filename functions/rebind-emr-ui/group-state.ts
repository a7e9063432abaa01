/** One target group with all that is known about it, and the decisions that follow from that. */
import { byText } from '../../shared/by-text.ts';
import type { OwnedTarget } from '../../shared/clusters/bindings.ts';
import type { Machine } from '../../shared/clusters/machines.ts';
import type { NewTarget, RegisteredTarget, Target, UiGroup } from '../../shared/clusters/targets.ts';
import { type BindingPlan, planBinding, targetKey } from './binding-plan.ts';
import type { Suspect } from './dead-targets.ts';
import type { LiveCluster } from './live-cluster.ts';
import type { Wanted } from './wanted-targets.ts';

export type GroupState = {
  readonly group: UiGroup;
  readonly registered: readonly RegisteredTarget[];
  readonly live: LiveCluster;
  readonly wanted: Wanted;
  /** The remembered owners of targets; `undefined` when they could not be read. */
  readonly owners: readonly OwnedTarget[] | undefined;
};

const keysOf = (targets: readonly Target[]): ReadonlySet<string> => new Set(targets.map(targetKey));

/** Lists the targets that the group should have. */
export const wantedIn = ({ wanted }: Pick<GroupState, 'wanted'>): readonly OwnedTarget[] =>
  wanted.kind === 'targets' ? wanted.targets : [];

const ownerOf = (state: GroupState, target: Target): OwnedTarget | undefined =>
  [...wantedIn(state), ...(state.owners ?? [])].find((owned) => targetKey(owned) === targetKey(target));

/** Describes a target of the group as a suspect. */
export const suspectOf = (state: GroupState, target: Target): Suspect => {
  const owner = ownerOf(state, target);
  return { group: state.group, target, ...(owner === undefined ? {} : { owner }) };
};

/** Lists the targets that may be dead: unwanted ones, and wanted ones that are not healthy. */
export const suspectsIn = (state: GroupState): Suspect[] => {
  const present = state.registered.filter(({ health }) => health !== 'draining');
  const wantedKeys = keysOf(wantedIn(state));
  const healthyKeys = keysOf(present.filter(({ health }) => health === 'healthy'));
  return [
    ...present.filter((target) => !wantedKeys.has(targetKey(target))),
    ...wantedIn(state).filter((target) => !healthyKeys.has(targetKey(target))),
  ].map((target) => suspectOf(state, target));
};

/** Plans the next step of the group. */
export const planFor = (state: GroupState, isDead: (suspect: Suspect) => boolean): BindingPlan =>
  planBinding({
    registered: state.registered,
    wanted: wantedIn(state),
    inUse: state.group.inUse,
    dead: suspectsIn(state)
      .filter(isDead)
      .map(({ target }) => target),
  });

/**
 * Lists the owners to remember once a plan is carried out.
 *
 * @returns `undefined` where nothing is to be written: they are remembered already, or could not be
 * read, so that a write could lose some
 */
export const ownersToWrite = (state: GroupState, plan: BindingPlan): OwnedTarget[] | undefined => {
  const { registered, owners } = state;
  if (owners === undefined) {
    return undefined;
  }
  // A group without targets may be an empty answer of the load balancer, so no owner is forgotten.
  const kept = registered.length === 0 ? owners : registered;
  const newKeys = keysOf(plan.register);
  const next = [...kept.filter((target) => !newKeys.has(targetKey(target))), ...plan.register]
    .flatMap((target) => ownerOf(state, target) ?? [])
    .toSorted((one, other) => byText(targetKey(one), targetKey(other)));
  return JSON.stringify(next) === JSON.stringify(owners) ? undefined : next;
};

/**
 * Describes the registration of a target.
 *
 * @param instance - the instance behind it, where EC2 described it
 * @throws Error when the group cannot reach the instance
 */
export const registrationOf = (
  { targetType, vpcId }: UiGroup,
  { id, port }: Target,
  instance: Pick<Machine, 'vpcId'> | undefined,
): NewTarget => {
  if (instance?.vpcId === undefined || instance.vpcId === vpcId) {
    return { id, port };
  }
  if (targetType === 'instance') {
    throw new Error(
      `Instance ${id} is in network ${instance.vpcId}, and the group in ${vpcId}: only a group of addresses can reach it`,
    );
  }
  return { id, port, zone: 'all' };
};
