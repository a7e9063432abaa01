/** Groups EMR clusters into logical ones: those that share a name, a pattern or a tag across restarts. */

import { fitsPattern } from '../name-pattern.ts';
import type { Cluster } from './cluster.ts';
import { dimensionValue } from './dimension-value.ts';
import type { ClusterSelector } from './emr-settings.ts';

/** Tags of the clusters that were asked for them, by cluster id. */
export type KnownTags = ReadonlyMap<string, Readonly<Record<string, string>>>;

export type LogicalCluster = {
  readonly name: string;
  /** The name as CloudWatch takes it. */
  readonly dimension: string;
  /** Whether the configuration names it; otherwise it is there for as long as its clusters are. */
  readonly isStated: boolean;
  /** By id. */
  readonly clusters: readonly Cluster[];
  /** Clusters that may belong to it or not, since their tags could not be read. */
  readonly doubtful: readonly Cluster[];
};

/** Two names that CloudWatch could not tell apart; the second has no metrics. */
export type Collision = { readonly dimension: string; readonly kept: string; readonly omitted: string };

export type Grouping = {
  /** Those of the configuration in its order, then the others by name. */
  readonly logicalClusters: readonly LogicalCluster[];
  readonly collisions: readonly Collision[];
};

/** What a selector says of a cluster: a name, nothing, or that it takes the tags to tell. */
type Verdict = { readonly name: string; readonly isCertain: boolean } | undefined;

const verdictOf = (selector: ClusterSelector, cluster: Cluster, tags: KnownTags): Verdict => {
  if (selector.kind === 'name') {
    return cluster.name === selector.name ? { name: selector.name, isCertain: true } : undefined;
  }
  if (selector.kind === 'pattern') {
    const name = selector.name ?? cluster.name;
    return fitsPattern(cluster.name, selector.pattern) ? { name, isCertain: true } : undefined;
  }
  const { key, value, name } = selector;
  const known = tags.get(cluster.id);
  if (known === undefined) {
    return { name, isCertain: false };
  }
  return Object.hasOwn(known, key) && known[key] === value ? { name, isCertain: true } : undefined;
};

/** Where a cluster belongs; in doubt, everywhere that it may. */
type Place = { readonly names: readonly string[]; readonly isCertain: boolean };

const placeOf = (selectors: readonly ClusterSelector[], cluster: Cluster, tags: KnownTags): Place => {
  const names = new Set<string>();
  for (const selector of selectors) {
    const verdict = verdictOf(selector, cluster, tags);
    if (verdict !== undefined) {
      names.add(verdict.name);
    }
    if (verdict?.isCertain === true) {
      return { names: [...names], isCertain: names.size === 1 };
    }
  }
  return { names: [...names], isCertain: names.size === 0 };
};

/** Tells whether it takes a cluster's tags to know where it belongs. */
export const needsTags = (selectors: readonly ClusterSelector[], cluster: Cluster): boolean =>
  !placeOf(selectors, cluster, new Map()).isCertain;

type Group = { readonly certain: Cluster[]; readonly doubtful: Cluster[] };

const statedNames = (selectors: readonly ClusterSelector[]): string[] => [
  ...new Set(selectors.flatMap(({ name }) => (name === undefined ? [] : [name]))),
];

const byText = (one: string, other: string): number => (one < other ? -1 : Number(one > other));

const byId = (one: Cluster, other: Cluster): number => byText(one.id, other.id);

/** Keeps one name for each dimension value: the one that is legal as it is, else the first. */
const withoutCollisions = (all: readonly LogicalCluster[]): Grouping => {
  const kept = new Map<string, LogicalCluster>();
  for (const logical of [...all].sort(
    (one, other) => Number(other.name === other.dimension) - Number(one.name === one.dimension),
  )) {
    if (!kept.has(logical.dimension)) {
      kept.set(logical.dimension, logical);
    }
  }
  const keptNameOf = ({ dimension }: LogicalCluster): string | undefined => kept.get(dimension)?.name;
  return {
    logicalClusters: all.filter((logical) => keptNameOf(logical) === logical.name),
    collisions: all.flatMap((logical) => {
      const name = keptNameOf(logical);
      return name === undefined || name === logical.name
        ? []
        : [{ dimension: logical.dimension, kept: name, omitted: logical.name }];
    }),
  };
};

/**
 * Groups clusters. A cluster belongs to the first selector that takes it; two selectors that give the same name mean the same logical cluster.
 *
 * @param tags - of every cluster for which {@link needsTags} holds, as far as they could be read
 */
export const groupClusters = (
  selectors: readonly ClusterSelector[],
  clusters: readonly Cluster[],
  tags: KnownTags = new Map(),
): Grouping => {
  const stated = statedNames(selectors);
  const groups = new Map<string, Group>(stated.map((name) => [name, { certain: [], doubtful: [] }]));
  for (const cluster of clusters) {
    const { names, isCertain } = placeOf(selectors, cluster, tags);
    for (const name of names) {
      const group: Group = groups.get(name) ?? { certain: [], doubtful: [] };
      groups.set(name, group);
      group[isCertain ? 'certain' : 'doubtful'].push(cluster);
    }
  }
  const all = [...groups].map(([name, { certain, doubtful }]) => ({
    name,
    dimension: dimensionValue(name),
    isStated: stated.includes(name),
    clusters: [...certain].sort(byId),
    doubtful: [...doubtful].sort(byId),
  }));
  // Those of the configuration were there first, in its order.
  const own = all.slice(stated.length).sort((one, other) => byText(one.name, other.name));
  return withoutCollisions([...all.slice(0, stated.length), ...own]);
};
