/** Plans the work of one tick: names, windows, and their order. */
import type { LogicalCluster } from '../../shared/clusters/logical-clusters.ts';
import type { Omitted, Sources } from './sources.ts';
import { firstWindows, fromFirstLife, planWindows, type Span } from './windows.ts';

/** After an outage a tick fills half a day of a name, so that the others get their turn. */
const WINDOWS_A_TICK = 144;

/** The due windows of one name, or the first of them. */
export type Work = { readonly logical: LogicalCluster; readonly span: Span; readonly expired?: Span };

/** The queries and windows of one name that are published together. */
export type Task = {
  readonly work: Work;
  /** The first windows of the work, as many as fit in memory. */
  readonly span: Span;
  readonly sources: Sources;
  readonly omitted: Omitted;
};

/**
 * Keeps the names that the configuration allows: its own first, then those with the oldest
 * clusters.
 */
export const withinLimit = (
  logicalClusters: readonly LogicalCluster[],
  maxNames: number,
): { readonly kept: LogicalCluster[]; readonly overLimit: LogicalCluster[] } => {
  const firstBirth = ({ clusters, doubtful }: LogicalCluster): number =>
    Math.min(...[...clusters, ...doubtful].map(({ createdAt }) => createdAt.getTime()));
  const ordered = [
    ...logicalClusters.filter(({ isStated }) => isStated),
    ...logicalClusters.filter(({ isStated }) => !isStated).sort((one, other) => firstBirth(one) - firstBirth(other)),
  ];
  return { kept: ordered.slice(0, maxNames), overLimit: ordered.slice(maxNames) };
};

/**
 * Plans the work, oldest windows first, so that the next tick begins with the rest of this one.
 *
 * A name of the configuration has metrics even without a cluster; another name only from its first
 * cluster on.
 *
 * @param watermarks - a name without one gets no work
 */
export const planWork = (
  logicalClusters: readonly LogicalCluster[],
  watermarks: ReadonlyMap<string, Date>,
  newest: Date,
  now: Date,
): Work[] =>
  logicalClusters
    .flatMap((logical): Work[] => {
      const { name, isStated, clusters, doubtful } = logical;
      const plan = planWindows(watermarks.get(name) ?? newest, newest, now);
      const due = plan === undefined || isStated ? plan?.span : fromFirstLife(plan.span, [...clusters, ...doubtful]);
      return due === undefined ? [] : [{ ...plan, logical, span: firstWindows(due, WINDOWS_A_TICK) }];
    })
    .sort((one, other) => one.span.from.getTime() - other.span.from.getTime());
