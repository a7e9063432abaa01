/** Does one tick: brings every target group of ours one step nearer to the live primary nodes of its cluster. */
import type { BindingRecords, OwnedTarget } from '../../shared/clusters/bindings.ts';
import type { ClusterSelector } from '../../shared/clusters/emr-settings.ts';
import type { EquippedCluster } from '../../shared/clusters/primaries.ts';
import type { NewTarget, RegisteredTarget, Target, TargetGroups, UiGroup } from '../../shared/clusters/targets.ts';
import type { ClusterUi, Ui } from '../../shared/clusters/uis.ts';
import { processItems } from '../../shared/process-items.ts';
import { type BindingPlan, planBinding, targetKey } from './binding-plan.ts';
import { mayBelongTo } from './cluster-membership.ts';
import type { FindDeadTargets, Suspect, Verdicts } from './find-dead-targets.ts';
import type { FindLiveClusters, Live } from './find-live-clusters.ts';
import { type Wanted, wantedTargets } from './wanted-targets.ts';

/** What an invocation is about. */
export type Scope = {
  /** The cluster whose state changed; all groups matter where it is left out. */
  readonly changed?: { readonly id: string; readonly name: string };
  /** Whether to plan only, and change nothing. */
  readonly isDry: boolean;
};

/** What became of one target group. */
export type Binding = {
  readonly group: UiGroup;
  readonly plan: BindingPlan;
  /** The cluster that it shows, or should. */
  readonly cluster?: EquippedCluster;
  /** Other clusters of the name that are ready too. */
  readonly others: readonly string[];
  /** Why nothing is wanted. */
  readonly reason?: string;
  /** Whether a live cluster has the interface, so that somebody should be able to see it. */
  readonly isExpected: boolean;
  /** Targets that are registered now. */
  readonly bound: number;
  /** Those of them that were healthy and are what should be seen: an old cluster that still answers is none, where it is known what should be. */
  readonly healthy: number;
};

/** An interface that people rely on, and that has no target group. */
export type MissingUi = ClusterUi & {
  /** Whether a live cluster has it, so that somebody should be able to see it. */
  readonly isExpected: boolean;
};

/** Something that could not be found out, or not be done. */
export type Problem = {
  readonly what:
    | 'UI unknown'
    | 'Targets not read'
    | 'Cluster not found out'
    | 'Records not read'
    | 'Record not written'
    | 'Target not judged'
    | 'Target not registered'
    | 'Targets not deregistered';
  readonly about: string;
  readonly error: unknown;
};

export type Tick = {
  readonly bindings: readonly Binding[];
  /** Groups of which nothing is known now. */
  readonly unread: readonly UiGroup[];
  /** Of a state change, nothing is said. */
  readonly missing: readonly MissingUi[];
  readonly problems: readonly Problem[];
};

export type Ports = {
  readonly targetGroups: TargetGroups;
  readonly records: BindingRecords;
  readonly findLiveClusters: FindLiveClusters;
  readonly findDeadTargets: FindDeadTargets;
};

export type Settings = {
  readonly stage: string;
  /** Those of the configuration. */
  readonly selectors: readonly ClusterSelector[];
  /** By name. */
  readonly uis: ReadonlyMap<string, Ui>;
  /** What people rely on, and so should have a target group. */
  readonly reliedOn: readonly ClusterUi[];
};

/** Groups that are worked on at once. */
const CONCURRENCY = 4;

/** A group, and all that was found out about it before anything is decided. */
type View = {
  readonly group: UiGroup;
  readonly registered: readonly RegisteredTarget[];
  readonly live: Live;
  readonly wanted: Wanted;
  /** `undefined` when it could not be read. */
  readonly remembered: readonly OwnedTarget[] | undefined;
};

const wantedIn = ({ wanted }: View): readonly OwnedTarget[] => (wanted.kind === 'targets' ? wanted.targets : []);

const isSame = (one: Target, other: Target): boolean => targetKey(one) === targetKey(other);

const ownerIn = (view: View, target: Target): OwnedTarget | undefined =>
  [...wantedIn(view), ...(view.remembered ?? [])].find((owned) => isSame(owned, target));

/** Lists the targets about which it is worth asking: what is registered and not wanted, and what is wanted and not healthy. */
const suspectsIn = (view: View): Suspect[] => {
  const wanted = wantedIn(view);
  const present = view.registered.filter(({ health }) => health !== 'draining');
  const unwanted = present.filter((target) => !wanted.some((other) => isSame(target, other)));
  const unhealthy = wanted.filter(
    (target) => !present.some((other) => isSame(target, other) && other.health === 'healthy'),
  );
  return [...unwanted, ...unhealthy].map((target) => {
    const owner = ownerIn(view, target);
    return { group: view.group, target, ...(owner === undefined ? {} : { owner }) };
  });
};

const planFor = (view: View, verdicts: Verdicts): BindingPlan =>
  planBinding({
    registered: view.registered,
    wanted: wantedIn(view),
    inUse: view.group.inUse,
    dead: suspectsIn(view)
      .filter(verdicts.isDead)
      .map(({ target }) => target),
  });

const reasonOf = ({ live, wanted }: View): string | undefined => {
  if (live.kind === 'none') {
    return 'No cluster of the name is ready';
  }
  return wanted.kind === 'targets' ? undefined : wanted.reason;
};

/**
 * What is to be remembered of a group: whose each target is, as far as anybody knows. A group without targets may be an answer without content, so
 * nothing is forgotten then.
 */
const recordOf = (view: View, plan: BindingPlan): OwnedTarget[] => {
  const { registered, remembered = [] } = view;
  const kept = registered.length === 0 ? remembered : registered;
  return [...kept.filter((target) => !plan.register.some((other) => isSame(target, other))), ...plan.register]
    .flatMap((target) => ownerIn(view, target) ?? [])
    .toSorted((one, other) => (targetKey(one) < targetKey(other) ? -1 : 1));
};

/** Makes the function that does one tick. Whatever it could not do, the next one does. */
export const createRebindGroups = (ports: Ports, settings: Settings) => {
  const { targetGroups, records } = ports;

  const act = async (view: View, plan: BindingPlan, verdicts: Verdicts, signal: AbortSignal) => {
    const { group } = view;
    const problems: Problem[] = [];
    const attempt = async (what: Problem['what'], about: string, work: () => Promise<void>): Promise<boolean> => {
      try {
        await work();
        return true;
      } catch (error) {
        problems.push({ what, about, error });
        return false;
      }
    };

    // Before anything is registered: later, nobody could tell from an address alone whose it was.
    const record = recordOf(view, plan);
    if (view.remembered !== undefined && JSON.stringify(record) !== JSON.stringify(view.remembered)) {
      await attempt('Record not written', group.arn, () => records.write(group.arn, record, signal));
    }

    let registered = 0;
    // One by one, since a call fails as a whole.
    for (const target of plan.register) {
      const owner = ownerIn(view, target);
      const machine = owner && verdicts.machineOf({ group, target, owner });
      const isElsewhere = machine?.vpcId !== undefined && machine.vpcId !== group.vpcId;
      const newTarget: NewTarget = { id: target.id, port: target.port, ...(isElsewhere ? { zone: 'all' } : {}) };
      const about = `${targetKey(target)} in ${group.arn}`;
      registered += Number(
        await attempt('Target not registered', about, async () => {
          if (isElsewhere && group.targetType === 'instance') {
            throw new Error(
              `Instance ${target.id} is in network ${machine.vpcId}, and the group in ${group.vpcId}: only a group of addresses can reach it`,
            );
          }
          await targetGroups.register(group.arn, newTarget, signal);
        }),
      );
    }

    const leaving = plan.deregister.map(({ target }) => target);
    const isDone =
      leaving.length > 0 &&
      (await attempt('Targets not deregistered', `${leaving.map(targetKey).join(', ')} in ${group.arn}`, () =>
        targetGroups.deregister(group.arn, leaving, signal),
      ));
    return { problems, registered, deregistered: isDone ? leaving : [] };
  };

  const bind = async (
    view: View,
    verdicts: Verdicts,
    isDry: boolean,
    signal: AbortSignal,
  ): Promise<{ binding: Binding; problems: readonly Problem[] }> => {
    const { group, live } = view;
    const plan = planFor(view, verdicts);
    const done = isDry ? { problems: [], registered: 0, deregistered: [] } : await act(view, plan, verdicts, signal);
    const present = view.registered.filter(
      (target) => target.health !== 'draining' && !done.deregistered.some((other) => isSame(target, other)),
    );
    const wanted = wantedIn(view);
    const seen =
      wanted.length === 0 ? present : present.filter((target) => wanted.some((other) => isSame(target, other)));
    const reason = reasonOf(view);
    return {
      binding: {
        group,
        plan,
        ...(live.kind === 'ready' ? { cluster: live.cluster } : {}),
        others: live.kind === 'ready' ? live.others : [],
        ...(reason === undefined ? {} : { reason }),
        isExpected: live.kind === 'ready' && view.wanted.kind !== 'nothing',
        bound: present.length + done.registered,
        healthy: seen.filter(({ health }) => health === 'healthy').length,
      },
      problems: done.problems,
    };
  };

  /** Drops the groups whose UI nobody has defined: what is registered there is left as it is. */
  const withKnownUi = (groups: readonly UiGroup[], problems: Problem[]): { group: UiGroup; ui: Ui }[] =>
    groups.flatMap((group) => {
      const ui = settings.uis.get(group.ui);
      if (ui === undefined) {
        problems.push({
          what: 'UI unknown',
          about: group.arn,
          error: new Error(
            `The tag breakaway:ui is "${group.ui}", which is none of ${[...settings.uis.keys()].join(', ')}`,
          ),
        });
        return [];
      }
      return [{ group, ui }];
    });

  const wantedFor = (ui: Ui, { targetType }: Pick<UiGroup, 'targetType'>, live: Live): Wanted => {
    if (live.kind === 'ready') {
      return wantedTargets(ui, targetType, live.cluster, live.primaries);
    }
    return live.kind === 'none'
      ? { kind: 'nothing', reason: 'No cluster of the name is ready' }
      : { kind: 'unknown', reason: live.error.message };
  };

  const isExpectedOf = ({ ui: name }: ClusterUi, live: Live): boolean => {
    const ui = settings.uis.get(name);
    return (
      ui !== undefined && live.kind === 'ready' && wantedFor(ui, { targetType: 'instance' }, live).kind !== 'nothing'
    );
  };

  return async ({ changed, isDry }: Scope, signal: AbortSignal): Promise<Tick> => {
    const problems: Problem[] = [];
    const ours = await targetGroups.listOurs(settings.stage, signal);
    const withoutGroup =
      changed === undefined
        ? settings.reliedOn.filter(
            ({ cluster, ui }) => !ours.some((group) => group.cluster === cluster && group.ui === ui),
          )
        : [];
    const concerned = withKnownUi(ours, problems).filter(
      ({ group }) => changed === undefined || mayBelongTo(settings.selectors, changed, group.cluster),
    );
    const names = [...new Set([...concerned.map(({ group }) => group), ...withoutGroup].map(({ cluster }) => cluster))];
    if (names.length === 0) {
      return { bindings: [], unread: [], missing: [], problems };
    }

    const { liveOf, ready } = await ports.findLiveClusters(names, signal);
    const missing = withoutGroup.map((clusterUi) => ({
      ...clusterUi,
      isExpected: isExpectedOf(clusterUi, liveOf(clusterUi.cluster)),
    }));
    for (const name of names) {
      const live = liveOf(name);
      if (live.kind === 'unknown') {
        problems.push({ what: 'Cluster not found out', about: name, error: live.error });
      }
    }
    const remembered = await records.read(signal).catch((error: unknown) => {
      problems.push({ what: 'Records not read', about: 'all target groups', error });
      return undefined;
    });

    const read = await processItems(
      concerned,
      async ({ group, ui }): Promise<View> => ({
        group,
        registered: await targetGroups.listTargets(group.arn, signal),
        live: liveOf(group.cluster),
        wanted: wantedFor(ui, group, liveOf(group.cluster)),
        remembered: remembered && (remembered.get(group.arn) ?? []),
      }),
      { concurrency: CONCURRENCY },
    );
    for (const { item, error } of read.failed) {
      problems.push({ what: 'Targets not read', about: item.group.arn, error });
    }

    const verdicts = await ports.findDeadTargets(read.done.flatMap(suspectsIn), ready, signal);
    for (const doubt of verdicts.doubts) {
      problems.push({ what: 'Target not judged', ...doubt });
    }

    const bound = await processItems(read.done, (view) => bind(view, verdicts, isDry, signal), {
      concurrency: CONCURRENCY,
    });
    return {
      bindings: bound.done.map(({ binding }) => binding),
      unread: read.failed.map(({ item }) => item.group),
      missing,
      problems: [...problems, ...bound.done.flatMap((done) => done.problems)],
    };
  };
};
