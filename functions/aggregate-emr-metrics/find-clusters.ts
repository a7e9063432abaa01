/** Finds the clusters that matter, with as few calls of EMR as that takes. */
import { CallsExhausted } from '../../shared/clusters/call-budget.ts';
import { type Cluster, ENDED_STATES, LIVE_STATES } from '../../shared/clusters/cluster.ts';
import type { ClusterDirectory } from '../../shared/clusters/directory.ts';
import type { ClusterSelector } from '../../shared/clusters/emr-settings.ts';
import { type KnownTags, needsTags } from '../../shared/clusters/logical-clusters.ts';
import type { ClusterProgress, Roster } from '../../shared/clusters/progress.ts';
import { retainOnly } from '../../shared/clusters/retain-only.ts';
import { HOUR_MS } from '../../shared/durations.ts';
import { earlier } from '../../shared/instants.ts';

/** EMR may leave a cluster out that changes its state while it is listed: the time before is looked at again. */
const OVERLAP_MS = HOUR_MS;

/** How far back the very first tick looks for clusters that have ended, since nothing is remembered yet. */
const FIRST_LOOK_MS = 24 * HOUR_MS;

/** Tags may be added to a cluster that lives, and a script that starts one often does so. */
const TAGS_KEPT_MS = HOUR_MS;

export type Found = {
  /** Those that live, and all that have ended and are not done with. */
  readonly clusters: readonly Cluster[];
  readonly tags: KnownTags;
  /** Clusters that have ended, nobody knows when. */
  readonly unclear: ReadonlySet<string>;
  /** The roster as it was; `undefined` on the very first tick. */
  readonly roster: Roster | undefined;
  readonly listedAt: Date;
  /** What was created after this, no tick before may have seen. */
  readonly unseenSince: Date | undefined;
};

export type FindClusters = (now: Date, signal: AbortSignal) => Promise<Found>;

export type Ports = {
  readonly directory: Pick<ClusterDirectory, 'listClusters' | 'describeCluster'>;
  readonly progress: Pick<ClusterProgress, 'readRoster'>;
};

/** @returns the answer; `undefined` when EMR can be asked no more for now */
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
 * Two lists are asked for: the clusters that live, of any age, and those that have ended, if they were created since the last tick. One that was
 * alive at the last tick and is in neither has ended since and is looked up by its id.
 *
 * @throws CallsExhausted when not even the lists could be had
 */
export const createFindClusters = (
  { directory, progress }: Ports,
  selectors: readonly ClusterSelector[],
): FindClusters => {
  const known = new Map<string, { readonly tags: Readonly<Record<string, string>>; readonly readAt: Date }>();

  const lookUp = async (clusters: readonly Cluster[], signal: AbortSignal) => {
    const found: Cluster[] = [];
    const forgotten = new Set<string>();
    const unclear = new Set<string>();
    for (const { id } of clusters) {
      const looked = await unlessExhausted(() => directory.describeCluster(id, signal));
      if (looked === undefined) {
        unclear.add(id);
      } else if (looked.answer === undefined) {
        forgotten.add(id);
      } else {
        const { tags: _, ...cluster } = looked.answer;
        found.push(cluster);
      }
    }
    return { found, forgotten, unclear };
  };

  const areFresh = ({ id, endedAt }: Cluster, now: Date): boolean => {
    const tags = known.get(id);
    return tags !== undefined && tags.readAt >= (endedAt ?? earlier(now, TAGS_KEPT_MS));
  };

  const readTags = async (clusters: readonly Cluster[], now: Date, signal: AbortSignal): Promise<KnownTags> => {
    const wanted = clusters.filter((cluster) => needsTags(selectors, cluster));
    for (const { id } of wanted.filter((cluster) => !areFresh(cluster, now))) {
      const looked = await unlessExhausted(() => directory.describeCluster(id, signal));
      if (looked !== undefined) {
        known.set(id, { tags: looked.answer?.tags ?? {}, readAt: now });
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
      { states: ENDED_STATES, createdAfter: unseenSince ?? earlier(now, FIRST_LOOK_MS) },
      signal,
    );
    const listed = new Map([...live, ...endedSince].map((cluster) => [cluster.id, cluster]));
    const remembered = (roster?.clusters ?? []).filter(({ id }) => !listed.has(id));
    const { found, forgotten, unclear } = await lookUp(
      remembered.filter(({ endedAt }) => endedAt === undefined),
      signal,
    );

    const all = new Map([...remembered, ...listed.values(), ...found].map((cluster) => [cluster.id, cluster]));
    const clusters = [...all.values()].filter(({ id }) => !forgotten.has(id));
    return {
      clusters,
      tags: await readTags(clusters, now, signal),
      unclear,
      roster,
      listedAt: now,
      unseenSince,
    };
  };
};
