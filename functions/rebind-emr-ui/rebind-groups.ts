/** Brings every target group of ours one step nearer to the primary nodes of its live cluster. */
import type { BindingRecords, OwnedTarget } from '../../shared/clusters/bindings.ts';
import type { TargetGroups } from '../../shared/clusters/targets.ts';
import { processItems } from '../../shared/process-items.ts';
import { createApplyPlan } from './apply-plan.ts';
import type { DeadTargets, FindDeadTargets } from './find-dead-targets.ts';
import type { FindLiveClusters, LiveClusters } from './find-live-clusters.ts';
import { type GroupState, planFor, suspectsIn } from './group-state.ts';
import { type Scope, type Settings as ScopeSettings, type Selection, selectGroups } from './scope.ts';
import { bindingOf, missingUi, NOTHING_APPLIED, type Problem, type Tick } from './tick-result.ts';
import { wantedTargets } from './wanted-targets.ts';

export type Ports = {
  readonly targetGroups: TargetGroups;
  readonly records: BindingRecords;
  readonly findLiveClusters: FindLiveClusters;
  readonly findDeadTargets: FindDeadTargets;
};

export type Settings = ScopeSettings & { readonly stage: string };

/** Groups that are worked on at once. */
const CONCURRENCY = 4;

type Owners = {
  /** By ARN of the group; `undefined` when the ledger could not be read. */
  readonly byGroup: ReadonlyMap<string, readonly OwnedTarget[]> | undefined;
  readonly problems: readonly Problem[];
};

const unknownUiProblems = ({ withUnknownUi }: Selection, { uis }: Settings): Problem[] =>
  withUnknownUi.map(({ arn, ui }) => ({
    what: 'UI unknown',
    about: arn,
    error: new Error(`The tag breakaway:ui is "${ui}", which is none of ${[...uis.keys()].join(', ')}`),
  }));

const clusterProblems = ({ clusterNames }: Selection, { liveOf }: LiveClusters): Problem[] =>
  clusterNames.flatMap((about): Problem[] => {
    const live = liveOf(about);
    return live.kind === 'unknown' ? [{ what: 'Live cluster not determined', about, error: live.error }] : [];
  });

/**
 * Makes the function that does one tick. The next tick does what this one could not.
 *
 * @returns a function that rejects only when the target groups cannot be listed
 */
export const createRebindGroups = (ports: Ports, settings: Settings) => {
  const { targetGroups, records } = ports;
  const applyPlan = createApplyPlan(ports);

  const readOwners = async (signal: AbortSignal): Promise<Owners> => {
    try {
      return { byGroup: await records.read(signal), problems: [] };
    } catch (error) {
      return { byGroup: undefined, problems: [{ what: 'Records not read', about: 'all target groups', error }] };
    }
  };

  const readState = async (
    { group, ui }: Selection['groups'][number],
    { liveOf }: LiveClusters,
    { byGroup }: Owners,
    signal: AbortSignal,
  ): Promise<GroupState> => {
    const live = liveOf(group.cluster);
    return {
      group,
      registered: await targetGroups.listTargets(group.arn, signal),
      live,
      wanted: wantedTargets(ui, group.targetType, live),
      owners: byGroup && (byGroup.get(group.arn) ?? []),
    };
  };

  const bind = async (state: GroupState, dead: DeadTargets, isDry: boolean, signal: AbortSignal) => {
    const plan = planFor(state, dead.isDead);
    const applied = isDry ? NOTHING_APPLIED : await applyPlan(state, plan, dead.instanceOf, signal);
    return { binding: bindingOf(state, plan, applied), problems: applied.problems };
  };

  return async ({ changed, isDry }: Scope, signal: AbortSignal): Promise<Tick> => {
    const selection = selectGroups(await targetGroups.listOurs(settings.stage, signal), changed, settings);
    const unknownUis = unknownUiProblems(selection, settings);
    if (selection.clusterNames.length === 0) {
      return { bindings: [], unread: [], missing: [], problems: unknownUis };
    }

    const clusters = await ports.findLiveClusters(selection.clusterNames, signal);
    const owners = await readOwners(signal);
    const states = await processItems(selection.groups, (group) => readState(group, clusters, owners, signal), {
      concurrency: CONCURRENCY,
    });
    const dead = await ports.findDeadTargets(states.done.flatMap(suspectsIn), clusters.ready, signal);
    const bound = await processItems(states.done, (state) => bind(state, dead, isDry, signal), {
      concurrency: CONCURRENCY,
    });

    return {
      bindings: bound.done.map(({ binding }) => binding),
      unread: states.failed.map(({ item }) => item.group),
      missing: selection.withoutGroup.map((clusterUi) =>
        missingUi(clusterUi, settings.uis.get(clusterUi.ui), clusters.liveOf(clusterUi.cluster)),
      ),
      problems: [
        ...unknownUis,
        ...clusterProblems(selection, clusters),
        ...owners.problems,
        ...states.failed.map(
          ({ item, error }): Problem => ({ what: 'Targets not read', about: item.group.arn, error }),
        ),
        ...dead.unanswered.map((unanswered): Problem => ({ what: 'Target state not determined', ...unanswered })),
        ...bound.done.flatMap(({ problems }) => problems),
      ],
    };
  };
};
