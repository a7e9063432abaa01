/**
 * Reads what EMR knows about clusters and their primary nodes, and remembers what cannot change.
 */
import type { EquippedCluster, Primary, PrimaryDirectory } from '../../shared/clusters/primaries.ts';
import { retainOnly } from '../../shared/clusters/retain-only.ts';

type Described = { readonly cluster: EquippedCluster; readonly readAt: Date };

/** Makes the reader. It keeps its answers from one invocation to the next. */
export const createClusterDetails = ({
  directory,
  now,
}: {
  readonly directory: Pick<PrimaryDirectory, 'describe' | 'listPrimaries'>;
  readonly now: () => Date;
}) => {
  const described = new Map<string, Described>();
  /** The primary node of each cluster that started with one: it never gets another. */
  const single = new Map<string, readonly Primary[]>();

  return {
    /** Describes a cluster by an answer that is younger than `maxAgeMs`. */
    describe: async (id: string, maxAgeMs: number, signal: AbortSignal): Promise<EquippedCluster> => {
      const kept = described.get(id);
      if (kept !== undefined && now().getTime() - kept.readAt.getTime() < maxAgeMs) {
        return kept.cluster;
      }
      const cluster = await directory.describe(id, signal);
      if (cluster === undefined) {
        throw new Error(`EMR lists cluster ${id} and does not know it`);
      }
      described.set(id, { cluster, readAt: now() });
      return cluster;
    },

    /** Lists the primary nodes of a cluster that run. */
    listRunning: async (cluster: EquippedCluster, signal: AbortSignal): Promise<readonly Primary[]> => {
      const kept = single.get(cluster.id);
      if (kept !== undefined) {
        return kept;
      }
      const primaries = await directory.listPrimaries(cluster, signal);
      const running = primaries.filter(({ isRunning }) => isRunning);
      // EMR also lists the failed ones of three, so a list of one means a single primary node.
      if (primaries.length === 1 && running.length === 1) {
        single.set(cluster.id, running);
      }
      return running;
    },

    /** Forgets all clusters but these. */
    retain: (clusters: readonly { readonly id: string }[]): void => {
      retainOnly(described, clusters);
      retainOnly(single, clusters);
    },
  };
};
