/** What there is to do in one tick, for which names, in which order. */
import type { LogicalCluster } from '../../shared/clusters/logical-clusters.ts';
import type { LeftOut, Sources } from './sources.ts';
import { firstWindows, fromFirstLife, planWindows, type Span } from './windows.ts';

/** Of an outage, a name is given half a day at a time, so that others get their turn. */
const WINDOWS_A_TICK = 144;

/** The windows of one name that are due, or the first of them. */
export type Work = { readonly logical: LogicalCluster; readonly span: Span; readonly givenUp?: Span };

/** What is asked and published for one name at a time. */
export type Task = {
  readonly work: Work;
  /** The first windows of the work, as many as memory has room for. */
  readonly span: Span;
  readonly sources: Sources;
  readonly leftOut: LeftOut;
};

/** Keeps as many names as the configuration allows: its own first, then those whose oldest cluster is the oldest. */
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
 * Plans the work, the longest waiting first, so that what one tick does not get to is first in the next.
 *
 * A name of the configuration is told of also while it has no cluster; another name only from its first cluster on.
 *
 * @param watermarks - one for each name; nothing is done for a name without
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
