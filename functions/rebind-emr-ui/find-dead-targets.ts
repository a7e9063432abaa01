/** Finds out which targets are dead: those whose cluster has ended, says EMR, or whose instance is gone, says EC2. */
import type { OwnedTarget } from '../../shared/clusters/bindings.ts';
import type { ClusterSelector } from '../../shared/clusters/emr-settings.ts';
import type { Machine, Machines } from '../../shared/clusters/machines.ts';
import type { EquippedCluster, PrimaryDirectory } from '../../shared/clusters/primaries.ts';
import type { Target, UiGroup } from '../../shared/clusters/targets.ts';
import { belongsTo } from './cluster-membership.ts';

/** A target that may be dead. */
export type Suspect = {
  readonly group: UiGroup;
  readonly target: Target;
  /** What it stands for, where that is remembered or known. */
  readonly owner?: OwnedTarget;
};

/** Something that could not be found out. */
export type Doubt = { readonly about: string; readonly error: unknown };

export type Verdicts = {
  readonly isDead: (suspect: Suspect) => boolean;
  /** The machine that a suspect stands for, as far as it is known. */
  readonly machineOf: (suspect: Suspect) => Machine | undefined;
  readonly doubts: readonly Doubt[];
};

export type FindDeadTargets = (
  suspects: readonly Suspect[],
  ready: ReadonlySet<string> | undefined,
  signal: AbortSignal,
) => Promise<Verdicts>;

export type Ports = {
  readonly directory: Pick<PrimaryDirectory, 'describe'>;
  readonly machines: Machines;
};

const isDefined = <Value>(value: Value | undefined): value is Value => value !== undefined;

/** Makes the function that judges. It asks only about what it is given, so that a tick with nothing suspect costs no call. */
export const createFindDeadTargets =
  ({ directory, machines }: Ports, selectors: readonly ClusterSelector[]): FindDeadTargets =>
  async (suspects, ready, signal) => {
    const doubts: Doubt[] = [];
    const orDoubt = async <Answer>(about: string, answer: Promise<Answer>, otherwise: Answer): Promise<Answer> => {
      try {
        return await answer;
      } catch (error) {
        doubts.push({ about, error });
        return otherwise;
      }
    };

    const instanceIdOf = ({ owner, group, target }: Suspect): string | undefined =>
      owner?.instanceId ?? (group.targetType === 'instance' ? target.id : undefined);
    /** An address of which nobody remembers whose it was. */
    const isUnknownAddress = (suspect: Suspect): boolean => instanceIdOf(suspect) === undefined;

    const ids = suspects.map(instanceIdOf).filter(isDefined);
    const byId: ReadonlyMap<string, Machine> =
      ids.length === 0 ? new Map() : await orDoubt('instances', machines.byId(ids, signal), new Map());

    const addresses = suspects.filter(isUnknownAddress).map(({ target }) => target.id);
    const holders: readonly Machine[] =
      addresses.length === 0 ? [] : await orDoubt('addresses', machines.byAddress(addresses, signal), []);
    const holdersOf = ({ group, target }: Suspect): Machine[] => {
      const all = holders.filter(({ address, isGone }) => address === target.id && !isGone);
      const near = all.filter(({ vpcId }) => vpcId === group.vpcId);
      // An address outside the group's network may be that of a machine in a network beside it.
      return near.length > 0 ? near : all;
    };

    const machineOf = (suspect: Suspect): Machine | undefined => byId.get(instanceIdOf(suspect) ?? '');

    const clusterOf = (suspect: Suspect): string | undefined =>
      suspect.owner?.clusterId ?? machineOf(suspect)?.clusterId;
    const clusterIds = suspects.flatMap((suspect) =>
      isUnknownAddress(suspect)
        ? holdersOf(suspect).map(({ clusterId }) => clusterId)
        : [clusterOf(suspect)].filter((id) => id !== undefined && ready?.has(id) !== true),
    );
    const clusters = new Map<string, EquippedCluster>();
    for (const id of new Set(clusterIds.filter(isDefined))) {
      const cluster = await orDoubt(`cluster ${id}`, directory.describe(id, signal), undefined);
      if (cluster !== undefined) {
        clusters.set(id, cluster);
      }
    }
    const hasEnded = (clusterId: string | undefined): boolean => clusters.get(clusterId ?? '')?.endedAt !== undefined;

    /** Tells whether a machine has nothing to do with a logical cluster, which takes that EMR knows its cluster. */
    const isForeign = ({ clusterId }: Machine, name: string): boolean => {
      const cluster = clusterId === undefined ? undefined : clusters.get(clusterId);
      return clusterId === undefined || (cluster !== undefined && !belongsTo(selectors, cluster, name));
    };

    const isDead = (suspect: Suspect): boolean => {
      const machine = machineOf(suspect);
      if (machine?.isGone === true || hasEnded(clusterOf(suspect))) {
        return true;
      }
      if (!isUnknownAddress(suspect)) {
        return false;
      }
      const found = holdersOf(suspect);
      // That EC2 finds nobody at an address is no proof: the answer may be late, or the network another account's.
      return (
        found.length > 0 &&
        found.every((holder) => hasEnded(holder.clusterId) || isForeign(holder, suspect.group.cluster))
      );
    };

    return { isDead, machineOf, doubts };
  };
