/** Finds the cluster that each logical cluster is now, with as few calls of EMR as that takes. */

import type { Cluster } from '../../shared/clusters/cluster.ts';
import type { ClusterSelector } from '../../shared/clusters/emr-settings.ts';
import { needsTags } from '../../shared/clusters/logical-clusters.ts';
import type { EquippedCluster, Primary, PrimaryDirectory } from '../../shared/clusters/primaries.ts';
import { toError } from '../../shared/to-error.ts';
import { logicalClusterOf, selectorsFor } from './cluster-membership.ts';

/** What is bound under the name of a logical cluster. */
export type Live =
  /** The newest that is ready, and the ids of the others that are ready too. */
  | {
      readonly kind: 'ready';
      readonly cluster: EquippedCluster;
      /** Those that run. */
      readonly primaries: readonly Primary[];
      readonly others: readonly string[];
    }
  | { readonly kind: 'none' }
  /** EMR could not be asked, or did not say enough. */
  | { readonly kind: 'unknown'; readonly error: Error };

export type LiveClusters = {
  /** By the name of the logical cluster; there is none under a name that was not asked about. */
  readonly liveOf: (name: string) => Live;
  /** Ids of all clusters that are ready, whatever their name; `undefined` when EMR could not be asked. */
  readonly ready: ReadonlySet<string> | undefined;
};

export type FindLiveClusters = (names: readonly string[], signal: AbortSignal) => Promise<LiveClusters>;

/** Tags may be added to a cluster that lives, and a script that starts one often does so. */
const TAGS_KEPT_MS = 10 * 60_000;

/** The newest first; EMR's ids of the same instant are put in some order that is always the same. */
const byAge = (one: Cluster, other: Cluster): number =>
  other.createdAt.getTime() - one.createdAt.getTime() || Number(one.id < other.id) - Number(one.id > other.id);

type Kept = { readonly cluster: EquippedCluster; readonly readAt: Date };

/** Makes the function that finds them. It remembers what does not change from one call to the next. */
export const createFindLiveClusters = (
  { directory, now }: { readonly directory: PrimaryDirectory; readonly now: () => Date },
  selectors: readonly ClusterSelector[],
): FindLiveClusters => {
  const described = new Map<string, Kept>();
  /** A cluster that was started with one primary node never gets another. */
  const single = new Map<string, readonly Primary[]>();
  /** When each name was last found out about, in milliseconds. */
  const foundAt = new Map<string, number>();

  const describe = async (id: string, maxAgeMs: number, signal: AbortSignal): Promise<EquippedCluster> => {
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
  };

  const listRunning = async (cluster: EquippedCluster, signal: AbortSignal): Promise<readonly Primary[]> => {
    const kept = single.get(cluster.id);
    if (kept !== undefined) {
      return kept;
    }
    const primaries = await directory.listPrimaries(cluster, signal);
    const running = primaries.filter(({ isRunning }) => isRunning);
    // Of three, those that failed are listed too.
    if (primaries.length === 1 && running.length === 1) {
      single.set(cluster.id, running);
    }
    return running;
  };

  const forgetOthers = (ready: ReadonlySet<string>): void => {
    for (const kept of [described, single]) {
      for (const id of kept.keys()) {
        if (!ready.has(id)) {
          kept.delete(id);
        }
      }
    }
  };

  /** A cluster whose tags cannot be read is left out, and so belongs to nobody for certain. */
  const readTags = async (names: readonly string[], clusters: readonly Cluster[], signal: AbortSignal) => {
    const tags = new Map<string, Readonly<Record<string, string>>>();
    const unclear = clusters.filter((cluster) =>
      names.some((name) => needsTags(selectorsFor(selectors, name), cluster)),
    );
    for (const { id } of unclear) {
      await describe(id, TAGS_KEPT_MS, signal).then(
        (cluster) => tags.set(id, cluster.tags),
        () => undefined,
      );
    }
    return tags;
  };

  const liveFrom = async (
    certain: readonly Cluster[],
    doubtful: readonly Cluster[],
    signal: AbortSignal,
  ): Promise<Live> => {
    const [newest, ...others] = certain.toSorted(byAge);
    const unclear = doubtful.find((cluster) => newest === undefined || byAge(cluster, newest) < 0);
    if (unclear !== undefined) {
      return { kind: 'unknown', error: new Error(`The tags of cluster ${unclear.id} could not be read`) };
    }
    if (newest === undefined) {
      return { kind: 'none' };
    }
    try {
      const cluster = await describe(newest.id, Number.POSITIVE_INFINITY, signal);
      const primaries = await listRunning(cluster, signal);
      return { kind: 'ready', cluster, primaries, others: others.map(({ id }) => id) };
    } catch (error) {
      return { kind: 'unknown', error: toError(error) };
    }
  };

  return async (names, signal) => {
    let clusters: Cluster[];
    try {
      clusters = await directory.listReady(signal);
    } catch (error) {
      return { liveOf: () => ({ kind: 'unknown', error: toError(error) }), ready: undefined };
    }
    const ready = new Set(clusters.map(({ id }) => id));
    forgetOthers(ready);
    const tags = await readTags(names, clusters, signal);
    const live = new Map<string, Live>();
    // One call after the other: EMR's rates are low. Where they end, the next tick begins.
    const longestAgoFirst = names.toSorted((one, other) => (foundAt.get(one) ?? 0) - (foundAt.get(other) ?? 0));
    for (const name of longestAgoFirst) {
      const { clusters: certain = [], doubtful = [] } = logicalClusterOf(selectors, name, clusters, tags) ?? {};
      const found = await liveFrom(certain, doubtful, signal);
      live.set(name, found);
      if (found.kind !== 'unknown') {
        foundAt.set(name, now().getTime());
      }
    }
    return { liveOf: (name) => live.get(name) ?? { kind: 'none' }, ready };
  };
};
