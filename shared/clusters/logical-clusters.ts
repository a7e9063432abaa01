/**
 * Groups EMR clusters that share a name, a pattern or a tag across restarts into logical clusters.
 */
import { byText } from '../by-text.ts';
import { fitsPattern } from '../name-pattern.ts';
import type { Cluster } from './cluster.ts';
import { dimensionValue } from './dimension-value.ts';
import type { ClusterSelector } from './emr-settings.ts';

/** The tags of described clusters, by cluster id. */
export type KnownTags = ReadonlyMap<string, Readonly<Record<string, string>>>;

export type LogicalCluster = {
  readonly name: string;
  /** The name in the form that CloudWatch accepts. */
  readonly dimension: string;
  /** Whether the configuration names it; otherwise it exists only while it has clusters. */
  readonly isStated: boolean;
  /** In the order of their ids. */
  readonly clusters: readonly Cluster[];
  /** Clusters that may belong to it: their tags could not be read. */
  readonly doubtful: readonly Cluster[];
};

/** Two names that are equal in CloudWatch. The omitted one has no metrics. */
export type Collision = { readonly dimension: string; readonly kept: string; readonly omitted: string };

export type Grouping = {
  /** The names of the configuration in its order, then the others by name. */
  readonly logicalClusters: readonly LogicalCluster[];
  readonly collisions: readonly Collision[];
};

/**
 * The name that a selector gives a cluster; uncertain while the tags of the cluster are unknown.
 */
type Match = { readonly name: string; readonly isCertain: boolean } | undefined;

const matchOf = (selector: ClusterSelector, cluster: Cluster, tags: KnownTags): Match => {
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

/** The names that a cluster has; if they are uncertain, all names that it may have. */
type Assignment = { readonly names: readonly string[]; readonly isCertain: boolean };

const assign = (selectors: readonly ClusterSelector[], cluster: Cluster, tags: KnownTags): Assignment => {
  const names = new Set<string>();
  for (const selector of selectors) {
    const match = matchOf(selector, cluster, tags);
    if (match !== undefined) {
      names.add(match.name);
    }
    if (match?.isCertain === true) {
      return { names: [...names], isCertain: names.size === 1 };
    }
  }
  return { names: [...names], isCertain: names.size === 0 };
};

/** Returns whether the names of a cluster depend on its tags. */
export const needsTags = (selectors: readonly ClusterSelector[], cluster: Cluster): boolean =>
  !assign(selectors, cluster, new Map()).isCertain;

type Group = { readonly certain: Cluster[]; readonly doubtful: Cluster[] };

const statedNames = (selectors: readonly ClusterSelector[]): string[] => [
  ...new Set(selectors.flatMap(({ name }) => (name === undefined ? [] : [name]))),
];

const byId = (one: Cluster, other: Cluster): number => byText(one.id, other.id);

/** Keeps one name for each dimension value: the legal one, else the first. */
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
 * Groups clusters. A cluster belongs to the first selector that matches it; selectors with the same
 * name mean the same logical cluster.
 *
 * @param tags - the tags of clusters for which {@link needsTags} holds; without those that could
 * not be read
 */
export const groupClusters = (
  selectors: readonly ClusterSelector[],
  clusters: readonly Cluster[],
  tags: KnownTags = new Map(),
): Grouping => {
  const stated = statedNames(selectors);
  const groups = new Map<string, Group>(stated.map((name) => [name, { certain: [], doubtful: [] }]));
  for (const cluster of clusters) {
    const { names, isCertain } = assign(selectors, cluster, tags);
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
  // The names of the configuration come first, in its order.
  const own = all.slice(stated.length).sort((one, other) => byText(one.name, other.name));
  return withoutCollisions([...all.slice(0, stated.length), ...own]);
};
