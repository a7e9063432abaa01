/** Asks EC2 and EMR which targets are dead. */
import type { ClusterSelector } from '../../shared/clusters/emr-settings.ts';
import type { Machine, Machines } from '../../shared/clusters/machines.ts';
import type { EquippedCluster, PrimaryDirectory } from '../../shared/clusters/primaries.ts';
import { clustersToDescribe, instanceIdOf, instanceOf, isDead, type Suspect } from './dead-targets.ts';

/** A question that got no answer. */
export type Unanswered = { readonly about: string; readonly error: unknown };

export type DeadTargets = {
  readonly isDead: (suspect: Suspect) => boolean;
  /** The instance behind a suspect, where EC2 described it. */
  readonly instanceOf: (suspect: Suspect) => Machine | undefined;
  readonly unanswered: readonly Unanswered[];
};

export type FindDeadTargets = (
  suspects: readonly Suspect[],
  ready: ReadonlySet<string> | undefined,
  signal: AbortSignal,
) => Promise<DeadTargets>;

export type Ports = {
  readonly directory: Pick<PrimaryDirectory, 'describe'>;
  readonly machines: Machines;
};

/** Makes the function that asks. Without suspects it makes no call. */
export const createFindDeadTargets =
  ({ directory, machines }: Ports, selectors: readonly ClusterSelector[]): FindDeadTargets =>
  async (suspects, ready, signal) => {
    const unanswered: Unanswered[] = [];
    const answerOr = async <Answer>(about: string, answer: Promise<Answer>, otherwise: Answer): Promise<Answer> => {
      try {
        return await answer;
      } catch (error) {
        unanswered.push({ about, error });
        return otherwise;
      }
    };

    const ids = suspects.map(instanceIdOf).filter((id) => id !== undefined);
    const addresses = suspects.filter((one) => instanceIdOf(one) === undefined).map(({ target }) => target.id);
    const instances = {
      byId: new Map(ids.length === 0 ? [] : await answerOr('instances', machines.byId(ids, signal), new Map())),
      holders: addresses.length === 0 ? [] : await answerOr('addresses', machines.byAddress(addresses, signal), []),
    };

    const clusters = new Map<string, EquippedCluster>();
    for (const id of new Set(suspects.flatMap((suspect) => clustersToDescribe(suspect, instances, ready)))) {
      const cluster = await answerOr(`cluster ${id}`, directory.describe(id, signal), undefined);
      if (cluster !== undefined) {
        clusters.set(id, cluster);
      }
    }
    const evidence = { ...instances, clusters, selectors };
    return {
      isDead: (suspect) => isDead(suspect, evidence),
      instanceOf: (suspect) => instanceOf(suspect, instances),
      unanswered,
    };
  };
