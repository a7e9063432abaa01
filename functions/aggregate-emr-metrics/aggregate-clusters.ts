/** Does one tick: publishes what the clusters of every name reported since the last time, under their name. */

import type { Cluster } from '../../shared/clusters/cluster.ts';
import type { Emr } from '../../shared/clusters/emr-settings.ts';
import { groupClusters, type LogicalCluster } from '../../shared/clusters/logical-clusters.ts';
import { monthlyCost } from '../../shared/clusters/monthly-cost.ts';
import type { ClusterProgress, Roster } from '../../shared/clusters/progress.ts';
import { toError } from '../../shared/to-error.ts';
import type { FindClusters, Found } from './find-clusters.ts';
import { failureOf, type Outcome } from './outcome.ts';
import { clustersIn, createPrepareTask } from './prepare-task.ts';
import { countQueries, createPublishTasks, fitsWith, type Ports as PublishPorts } from './publish-tasks.ts';
import type { ReadNodes } from './read-nodes.ts';
import { planWork, type Task, type Work, withinLimit } from './tick-tasks.ts';
import { beginningOf, newestEnd, windowsIn } from './windows.ts';

export type Ports = PublishPorts & {
  readonly findClusters: FindClusters;
  readonly readNodes: ReadNodes;
  readonly progress: Pick<ClusterProgress, 'readWatermarks' | 'advance' | 'saveRoster'>;
  readonly now: () => Date;
};

/** A roster in which nothing has changed is written now and then, so that no tick has much to look through again. */
const ROSTER_KEPT_MS = 30 * 60_000;

/** Makes the roster after a tick: without clusters of no name, and without those that are published up to their end. */
const rosterAfter = (
  kept: readonly LogicalCluster[],
  watermarks: ReadonlyMap<string, Date>,
  listedAt: Date,
): Roster => {
  const open = kept.flatMap(({ name, clusters, doubtful }) => {
    const until = watermarks.get(name);
    return [...clusters, ...doubtful].filter(
      ({ endedAt }) => endedAt === undefined || until === undefined || endedAt > until,
    );
  });
  const byId = new Map(open.map((cluster): [string, Cluster] => [cluster.id, cluster]));
  return {
    listedAt,
    clusters: [...byId].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, cluster]) => cluster),
  };
};

const isWorthSaving = (before: Roster | undefined, after: Roster): boolean =>
  before === undefined ||
  after.listedAt.getTime() - before.listedAt.getTime() >= ROSTER_KEPT_MS ||
  JSON.stringify(before.clusters) !== JSON.stringify(after.clusters);

/** Tells which windows are lost for good, once the watermark has passed them. */
const givenUp = (work: readonly Work[], done: readonly Outcome[]): Outcome[] =>
  work.flatMap(({ logical: { name }, givenUp: span }): Outcome[] =>
    span !== undefined && done.some((outcome) => outcome.kind === 'published' && outcome.name === name)
      ? [{ kind: 'gaveUp', name, ...span }]
      : [],
  );

/**
 * Makes the function that does one tick.
 *
 * Whatever fails leaves the watermark of its name where it is, so that the next tick does those windows again; a value that is put again is the
 * same to the last bit. Any number of ticks may run at the same time.
 *
 * @returns a function that tells what became of each name. It rejects when nothing could be tried for any
 */
export const createAggregateClusters = (ports: Ports, emr: Emr) => {
  const { clusters: selectors, metrics } = emr;
  const { metricsReadAWindow } = monthlyCost(emr);
  const prepareTask = createPrepareTask(ports.readNodes, metrics);
  const publishTasks = createPublishTasks(ports);

  /** Reads the watermarks, and sets one where a name has none: from there on nothing of it is left out. */
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

  const doWork = async (work: readonly Work[], unclear: Found['unclear'], signal: AbortSignal): Promise<Outcome[]> => {
    const outcomes: Outcome[] = [];
    let pending: Task[] = [];
    const flush = async (): Promise<void> => {
      outcomes.push(...(await publishTasks(pending, signal)));
      pending = [];
    };

    // Counted by window, since what is filled in late was not read before. What clusters report is few and matters most: it is set aside.
    const ofClusters = (piece: Work): number =>
      (clustersIn(piece).length * metrics.clusterMetrics.length) / windowsIn(piece.span);
    let left = metricsReadAWindow;
    let setAside = work.reduce((count, piece) => count + ofClusters(piece), 0);

    for (const piece of work) {
      const own = ofClusters(piece);
      setAside -= own;
      try {
        const task = await prepareTask(piece, unclear, Math.max(left - setAside, Math.min(left, own)), signal);
        left -= countQueries(task) / windowsIn(task.span);
        if (!fitsWith(pending, task)) {
          await flush();
        }
        pending.push(task);
      } catch (error) {
        outcomes.push(failureOf(piece.logical.name, error));
      }
    }
    await flush();
    return outcomes;
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
    const done = await doWork(work, found.unclear, signal);

    for (const outcome of done) {
      if (outcome.kind === 'published') {
        watermarks.set(outcome.name, outcome.to);
      }
    }
    return [
      ...collisions.map(({ leftOut, ...rest }): Outcome => ({ kind: 'collided', name: leftOut, ...rest })),
      ...overLimit.map(({ name }): Outcome => ({ kind: 'overLimit', name, maxNames: metrics.maxNames })),
      ...givenUp(work, done),
      ...done,
      ...(await saveRoster(found.roster, rosterAfter(kept, watermarks, found.listedAt), signal)),
    ];
  };
};
