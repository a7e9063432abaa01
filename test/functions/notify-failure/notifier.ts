/** The function as the handler wires it, with a table, a topic, logs and AWS Batch in memory, and a clock that the test moves. */
import { createCountCascades } from '../../../functions/notify-failure/count-cascades.ts';
import {
  createDescribeArrayFailure,
  type ListedChild,
} from '../../../functions/notify-failure/describe-array-failure.ts';
import { createDescribeFailure } from '../../../functions/notify-failure/describe-failure.ts';
import { createNotifyBlockedQueue } from '../../../functions/notify-failure/notify-blocked-queue.ts';
import { createNotifyFailures } from '../../../functions/notify-failure/notify-failures.ts';
import type { Results } from '../../../functions/notify-failure/outcome.ts';
import { createRecordCascades } from '../../../functions/notify-failure/record-cascades.ts';
import { alertId } from '../../../shared/alerts/alert.ts';
import { createAlerts } from '../../../shared/alerts/alerts.ts';
import type { RunKey } from '../../../shared/feeds/run-key.ts';
import type { Job } from '../../../shared/jobs/job.ts';
import { jobNamePrefix } from '../../../shared/runs/job-name.ts';
import { memoryAlerts } from '../../support/memory-alerts.ts';
import { createMemoryFailureNotes } from '../../support/memory-failure-notes.ts';

const signal = new AbortController().signal;

export type World = {
  readonly jobs?: readonly Job[];
  readonly children?: (arrayId: string) => readonly ListedChild[];
  readonly logs?: Readonly<Record<string, readonly string[]>>;
  readonly owners?: Readonly<Record<string, { readonly run: RunKey; readonly generation: number }>>;
  /** Called with the name of each call; where it throws, so does the call. */
  readonly onCall?: (name: string) => void;
  /** Called before and after each thing that is done to the table or the topic of alerts. */
  readonly onPoint?: (point: string) => void;
};

export const START = new Date('2026-11-21T20:42:30.000Z');

export const createNotifier = (world: World = {}) => {
  let nowMs = START.getTime();
  const calls: string[] = [];
  const now = () => new Date(nowMs);
  const called =
    <Args extends unknown[], Result>(name: string, f: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      calls.push(name);
      world.onCall?.(name);
      return f(...args);
    };
  const memory = memoryAlerts((point) => {
    if (point.startsWith('before ')) {
      calls.push(point.slice('before '.length));
    }
    world.onPoint?.(point);
  });
  const told = createAlerts({ ...memory, now }, { stage: 'prod', timeZone: 'Asia/Tokyo' });
  const alerts = {
    ...told,
    isKnown: async (...[kind, subject]: Parameters<typeof alertId>) =>
      (await memory.table.read(alertId(kind, subject), signal)) !== undefined,
  };
  const all = createMemoryFailureNotes();
  const notes = {
    takePlace: called('takePlace', all.takePlace),
    addToBurst: called('addToBurst', all.addToBurst),
    notedAmong: called('notedAmong', all.notedAmong),
    addCascaded: called('addCascaded', all.addCascaded),
    takeCascaded: called('takeCascaded', all.takeCascaded),
    readCascaded: called('readCascaded', all.readCascaded),
  };
  const describeJobs = called('DescribeJobs', async (ids: readonly string[]) =>
    (world.jobs ?? []).filter(({ id }) => ids.includes(id)),
  );
  const descriptions = createDescribeFailure(
    {
      runOfJob: called('runOfJob', async (name: string) => world.owners?.[name]),
      describe: describeJobs,
      readLog: called('GetLogEvents', async ({ stream }, lines) =>
        world.logs?.[stream]?.slice(-lines).map((text, index) => ({ at: new Date(START.getTime() + index), text })),
      ),
    },
    { jobNamePrefix: jobNamePrefix('local') },
  );
  const describeArrayFailure = createDescribeArrayFailure(
    {
      failedChildren: called('ListJobs', async (arrayId: string) => world.children?.(arrayId) ?? []),
      describe: describeJobs,
    },
    descriptions,
  );
  const notifyFailures = createNotifyFailures(
    {
      alerts,
      descriptions,
      describeArrayFailure,
      countCascades: createCountCascades({ notes }),
      notes,
      now,
      onNotified: () => undefined,
    },
    { timeZone: 'Asia/Tokyo' },
  );
  const recordCascades = createRecordCascades({ notes });
  const notifyBlockedQueue = createNotifyBlockedQueue({
    alerts,
    descriptions,
    describe: describeJobs,
    onNotified: () => undefined,
  });
  const withOrigin = (jobs: readonly Job[]) => jobs.map((job, origin) => ({ job, origin }));

  return {
    calls,
    published: memory.published,
    alerts: memory.alerts,
    pass: (ms: number) => {
      nowMs += ms;
    },
    /** One invocation with the failures of these jobs; origins are their positions. */
    fail: (...jobs: readonly Job[]): Promise<Results<number>> => notifyFailures(withOrigin(jobs), signal),
    /** One invocation by the queue without delay. */
    fall: (...jobs: readonly Job[]): Promise<Results<number>> => recordCascades(withOrigin(jobs), signal),
    block: (job: Job) => notifyBlockedQueue(job, signal),
    /** What another function does every minute. */
    notifyDue: () => told.notifyDue(signal),
  };
};

export type Notifier = ReturnType<typeof createNotifier>;
