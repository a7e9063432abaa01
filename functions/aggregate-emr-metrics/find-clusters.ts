/** Finds the clusters whose metrics are published, with as few calls of EMR as possible. */
import { CallsExhausted } from '../../shared/clusters/call-budget.ts';
import { type Cluster, ENDED_STATES, LIVE_STATES } from '../../shared/clusters/cluster.ts';
import type { ClusterDirectory } from '../../shared/clusters/directory.ts';
import type { ClusterSelector } from '../../shared/clusters/emr-settings.ts';
import { type KnownTags, needsTags } from '../../shared/clusters/logical-clusters.ts';
import type { ClusterProgress, Roster } from '../../shared/clusters/progress.ts';
import { retainOnly } from '../../shared/clusters/retain-only.ts';
import { HOUR_MS } from '../../shared/durations.ts';
import { earlier } from '../../shared/instants.ts';

/** EMR may leave out a cluster that changes its state while clusters are listed. */
const OVERLAP_MS = HOUR_MS;

/** How far back the first tick looks for clusters that have ended. */
const FIRST_LOOKBACK_MS = 24 * HOUR_MS;

/** Scripts that start a cluster often add its tags later. */
const TAGS_KEPT_MS = HOUR_MS;

export type Found = {
  /** Clusters that live, and ended clusters that are not published up to their end. */
  readonly clusters: readonly Cluster[];
  readonly tags: KnownTags;
  /** Ids of clusters that have ended at an unknown time. */
  readonly withUnknownEnd: ReadonlySet<string>;
  /** The roster of the tick before; `undefined` on the first tick. */
  readonly roster: Roster | undefined;
  readonly listedAt: Date;
  /** The tick before may not have seen clusters that were created after this. */
  readonly unseenSince: Date | undefined;
};

export type FindClusters = (now: Date, signal: AbortSignal) => Promise<Found>;

export type Ports = {
  readonly directory: Pick<ClusterDirectory, 'listClusters' | 'describeCluster'>;
  readonly progress: Pick<ClusterProgress, 'readRoster'>;
};

/** @returns the answer; `undefined` when no more calls are allowed for now */
const unlessExhausted = async <Answer>(
  ask: () => Promise<Answer>,
): Promise<{ readonly answer: Answer } | undefined> => {
  try {
    return { answer: await ask() };
  } catch (error) {
    if (error instanceof CallsExhausted) {
      return undefined;
    }
    throw error;
  }
};

/**
 * Makes the function that finds clusters. It remembers tags from one call to the next.
 *
 * It reads two lists: live clusters of any age, and ended clusters that were created since the last
 * tick. A cluster that lived at the last tick and is in neither has ended since, so it is described
 * by its id.
 *
 * @throws CallsExhausted when the lists could not be read
 */
export const createFindClusters = (
  { directory, progress }: Ports,
  selectors: readonly ClusterSelector[],
): FindClusters => {
  const known = new Map<string, { readonly tags: Readonly<Record<string, string>>; readonly readAt: Date }>();

  const describeEnded = async (clusters: readonly Cluster[], signal: AbortSignal) => {
    const found: Cluster[] = [];
    const forgotten = new Set<string>();
    const withUnknownEnd = new Set<string>();
    for (const { id } of clusters) {
      const described = await unlessExhausted(() => directory.describeCluster(id, signal));
      if (described === undefined) {
        withUnknownEnd.add(id);
      } else if (described.answer === undefined) {
        forgotten.add(id);
      } else {
        const { tags: _, ...cluster } = described.answer;
        found.push(cluster);
      }
    }
    return { found, forgotten, withUnknownEnd };
  };

  const areFresh = ({ id, endedAt }: Cluster, now: Date): boolean => {
    const tags = known.get(id);
    return tags !== undefined && tags.readAt >= (endedAt ?? earlier(now, TAGS_KEPT_MS));
  };

  const readTags = async (clusters: readonly Cluster[], now: Date, signal: AbortSignal): Promise<KnownTags> => {
    const wanted = clusters.filter((cluster) => needsTags(selectors, cluster));
    for (const { id } of wanted.filter((cluster) => !areFresh(cluster, now))) {
      const described = await unlessExhausted(() => directory.describeCluster(id, signal));
      if (described !== undefined) {
        known.set(id, { tags: described.answer?.tags ?? {}, readAt: now });
      }
    }
    retainOnly(known, wanted);
    return new Map([...known].map(([id, { tags }]) => [id, tags]));
  };

  return async (now, signal) => {
    const roster = await progress.readRoster(signal);
    const unseenSince = roster === undefined ? undefined : earlier(roster.listedAt, OVERLAP_MS);
    const live = await directory.listClusters({ states: LIVE_STATES }, signal);
    const endedSince = await directory.listClusters(
      { states: ENDED_STATES, createdAfter: unseenSince ?? earlier(now, FIRST_LOOKBACK_MS) },
      signal,
    );
    const listed = new Map([...live, ...endedSince].map((cluster) => [cluster.id, cluster]));
    const remembered = (roster?.clusters ?? []).filter(({ id }) => !listed.has(id));
    const { found, forgotten, withUnknownEnd } = await describeEnded(
      remembered.filter(({ endedAt }) => endedAt === undefined),
      signal,
    );

    const all = new Map([...remembered, ...listed.values(), ...found].map((cluster) => [cluster.id, cluster]));
    const clusters = [...all.values()].filter(({ id }) => !forgotten.has(id));
    return {
      clusters,
      tags: await readTags(clusters, now, signal),
      withUnknownEnd,
      roster,
      listedAt: now,
      unseenSince,
    };
  };
};
