/** Runs one tick: publishes the new metrics of all clusters of each name under that name. */
import type { Emr } from '../../shared/clusters/emr-settings.ts';
import { groupClusters, type LogicalCluster } from '../../shared/clusters/logical-clusters.ts';
import { monthlyCost } from '../../shared/clusters/monthly-cost.ts';
import type { ClusterProgress, Roster } from '../../shared/clusters/progress.ts';
import { toError } from '../../shared/to-error.ts';
import type { FindClusters } from './find-clusters.ts';
import type { Outcome } from './outcome.ts';
import { createPublishWork, type Ports as PublishPorts } from './publish-work.ts';
import { isWorthSaving, rosterAfter } from './roster.ts';
import { planWork, type Work, withinLimit } from './tick-tasks.ts';
import { beginningOf, newestEnd } from './windows.ts';

export type Ports = PublishPorts & {
  readonly findClusters: FindClusters;
  readonly progress: Pick<ClusterProgress, 'readWatermarks' | 'advance' | 'saveRoster'>;
  readonly now: () => Date;
};

/** Lists the windows that are lost for good, once the watermark of their name has passed them. */
const expiredWindows = (work: readonly Work[], done: readonly Outcome[]): Outcome[] =>
  work.flatMap(({ logical: { name }, expired }): Outcome[] =>
    expired !== undefined && done.some((outcome) => outcome.kind === 'published' && outcome.name === name)
      ? [{ kind: 'expired', name, ...expired }]
      : [],
  );

/**
 * Makes the function that runs one tick.
 *
 * A failure leaves the watermark of its name, so that the next tick does the same windows again. A
 * value that is published again is the same to the last bit. Ticks may run at the same time.
 *
 * @returns a function that returns the outcome for each name; it rejects when it cannot begin
 */
export const createAggregateClusters = (ports: Ports, emr: Emr) => {
  const { clusters: selectors, metrics } = emr;
  const publishWork = createPublishWork(ports, metrics, monthlyCost(emr).metricsReadAWindow);

  /**
   * Reads the watermarks, and sets one for each name without: from then on no window is left out.
   */
  const watermarksOf = async (
    kept: readonly LogicalCluster[],
    newest: Date,
    unseenSince: Date | undefined,
    signal: AbortSignal,
  ): Promise<Map<string, Date>> => {
    const names = kept.map(({ name }) => name);
    const watermarks = new Map(await ports.progress.readWatermarks(names, signal));
    for (const { name, clusters, doubtful } of kept.filter((logical) => !watermarks.has(logical.name))) {
      const beginning = beginningOf([...clusters, ...doubtful], newest, unseenSince);
      await ports.progress.advance(name, beginning, signal);
      watermarks.set(name, beginning);
    }
    return watermarks;
  };

  const saveRoster = async (before: Roster | undefined, after: Roster, signal: AbortSignal): Promise<Outcome[]> => {
    if (!isWorthSaving(before, after)) {
      return [];
    }
    try {
      await ports.progress.saveRoster(after, signal);
      return [];
    } catch (error) {
      return [{ kind: 'rosterNotSaved', error: toError(error) }];
    }
  };

  return async (signal: AbortSignal): Promise<Outcome[]> => {
    const now = ports.now();
    const newest = newestEnd(now, metrics.lagMinutes);
    const found = await ports.findClusters(now, signal);
    ports.readNodes.keep(found.clusters);

    const { logicalClusters, collisions } = groupClusters(selectors, found.clusters, found.tags);
    const { kept, overLimit } = withinLimit(logicalClusters, metrics.maxNames);
    const watermarks = await watermarksOf(kept, newest, found.unseenSince, signal);
    const work = planWork(kept, watermarks, newest, now);
    const done = await publishWork(work, found.withUnknownEnd, signal);

    for (const outcome of done) {
      if (outcome.kind === 'published') {
        watermarks.set(outcome.name, outcome.to);
      }
    }
    return [
      ...collisions.map(({ omitted, ...rest }): Outcome => ({ kind: 'collided', name: omitted, ...rest })),
      ...overLimit.map(({ name }): Outcome => ({ kind: 'overLimit', name, maxNames: metrics.maxNames })),
      ...expiredWindows(work, done),
      ...done,
      ...(await saveRoster(found.roster, rosterAfter(kept, watermarks, found.listedAt), signal)),
    ];
  };
};
