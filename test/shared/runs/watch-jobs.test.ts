import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Job, JobStatus } from '../../../shared/jobs/job.ts';
import type { Progress } from '../../../shared/jobs/progress.ts';
import { createSettleRun } from '../../../shared/runs/settle-run.ts';
import { UNHEARD_MS, UNKNOWN_JOB_MS, WATCH_MS, WATCH_RUNNING_MS } from '../../../shared/runs/state-machine.ts';
import { createTrackJob } from '../../../shared/runs/track-job.ts';
import { createWatchJobs } from '../../../shared/runs/watch-jobs.ts';
import { jobOf } from '../../functions/notify-failure/fixtures.ts';
import { aClaim, aFeed, anArrival, aRequest } from '../../support/builders.ts';
import { runPorts, START } from '../../support/run-ports.ts';

const signal = new AbortController().signal;

let world: ReturnType<typeof runPorts>;
let jobs: Job[];
const describeJobs = vi.fn(async (ids: readonly string[]) => jobs.filter(({ id }) => ids.includes(id)));
const readProgress = vi.fn(async (..._: unknown[]): Promise<Progress | undefined> => undefined);

const keyOf = (day: string) => ({ feed: 'sales', date: `2026-11-${day}`, values: {} });

const aJob = (day: string, status: JobStatus, differences: Partial<Job> = {}): Job =>
  jobOf('container', { id: `job-${day}`, name: `name-${day}`, status, attempts: [], ...differences });

const submit = async (day: string) => {
  const key = keyOf(day);
  await world.ledger.recordArrival(key, anArrival(), START, signal);
  const claim = aClaim({ request: aRequest({ jobName: `name-${day}` }) });
  await world.ledger.claim(await read(day), claim, signal);
  await world.ledger.recordSubmission(await read(day), claim, `job-${day}`, START, signal);
};

const read = async (day: string) => {
  const run = await world.ledger.readRun(keyOf(day), signal);
  if (run === undefined) {
    throw new Error('no run');
  }
  return run;
};

const dueAt = (day: string) =>
  [...world.ledger.entries.values()].find(({ run }) => run.key.date === keyOf(day).date)?.candidateAt;

const watch = (ledger: Partial<typeof world.ledger> = {}) => {
  const settleRun = createSettleRun(world.ports, { stage: 'test', pausesMs: [] });
  return createWatchJobs({
    ...world.ports,
    ledger: { ...world.ledger, ...ledger },
    trackJob: createTrackJob({ ...world.ports, settleRun }, new Map([['sales', aFeed()]])),
    describe: describeJobs,
    readProgress,
  })(signal);
};

beforeEach(() => {
  world = runPorts();
  jobs = [];
  vi.clearAllMocks();
});

describe('createWatchJobs', () => {
  it('asks about nothing while jobs were heard of lately', async () => {
    await submit('22');
    world.pass(WATCH_MS - 1);

    expect(await watch()).toEqual([]);
    expect(describeJobs).toHaveBeenCalledWith([], signal);
  });

  it('asks about all that were not, together, and moves their runs', async () => {
    await submit('22');
    await submit('23');
    jobs = [aJob('22', 'RUNNING'), aJob('23', 'SUCCEEDED')];
    world.pass(WATCH_MS);

    const watched = await watch();

    expect(describeJobs).toHaveBeenCalledTimes(1);
    expect(watched).toMatchObject([
      { kind: 'tracked', tracked: { kind: 'moved', state: 'running' } },
      { kind: 'tracked', tracked: { kind: 'moved', state: 'succeeded' } },
    ]);
    expect(world.alerts).toEqual([]);
  });

  it('asks again later about a job that goes on, sooner where it runs', async () => {
    await submit('22');
    jobs = [aJob('22', 'RUNNABLE', { attempts: [] })];
    world.pass(WATCH_MS);
    await watch();
    world.pass(WATCH_MS);
    await watch();
    expect(dueAt('22')).toEqual(new Date(world.ports.now().getTime() + WATCH_MS));

    jobs = [aJob('22', 'RUNNING')];
    world.pass(WATCH_MS);
    await watch();
    world.pass(WATCH_RUNNING_MS);
    await watch();
    expect(dueAt('22')).toEqual(new Date(world.ports.now().getTime() + WATCH_RUNNING_MS));
  });

  it('tells of a failure that no event told of, under the name that the event would have', async () => {
    await submit('22');
    const secret = { values: [{ name: 'A', value: 'hunter22' }], secretNames: [] };
    jobs = [aJob('22', 'FAILED', { statusReason: 'hunter22 was wrong', confidential: secret })];
    world.pass(WATCH_MS);

    await watch();

    expect(world.alerts).toMatchObject([
      {
        kind: 'job-failed',
        subject: 'job-22#0#FAILED',
        feed: 'sales',
        title: 'sales 2026-11-22: the job failed',
        body: expect.stringContaining('Status reason: *** was wrong'),
      },
    ]);
    expect((await read('22')).state).toBe('failed');
  });

  it('leaves a failure of the last minutes to its event, whose message has the log, and comes back', async () => {
    await submit('22');
    world.pass(WATCH_MS);
    const stoppedAt = new Date(world.ports.now().getTime() - 60_000);
    jobs = [aJob('22', 'FAILED', { stoppedAt })];

    const watched = await watch();

    expect(watched).toMatchObject([{ kind: 'tracked', tracked: { kind: 'unmoved', state: 'submitted' } }]);
    expect(world.alerts).toEqual([]);
    expect(dueAt('22')).toEqual(new Date(stoppedAt.getTime() + UNHEARD_MS));
    world.pass(UNHEARD_MS - 60_000);
    await watch();
    expect(world.alerts).toMatchObject([{ kind: 'job-failed' }]);
    expect((await read('22')).state).toBe('failed');
  });

  it('tells of a failure for which Batch gives no reason', async () => {
    await submit('22');
    jobs = [aJob('22', 'FAILED', { statusReason: undefined })];
    world.pass(WATCH_MS);

    await watch();

    expect(world.alerts[0]?.body).not.toContain('Status reason');
  });

  it('waits an hour before it takes a job for gone that Batch does not know', async () => {
    await submit('22');
    world.pass(WATCH_MS);

    expect(await watch()).toMatchObject([{ kind: 'unknown', jobId: 'job-22', since: world.ports.now() }]);
    world.pass(WATCH_MS);
    expect(await watch()).toMatchObject([{ kind: 'unknown', jobId: 'job-22' }]);
    expect((await read('22')).state).toBe('submitted');
    expect(world.alerts).toEqual([]);

    world.pass(UNKNOWN_JOB_MS);
    expect(await watch()).toMatchObject([{ kind: 'tracked', tracked: { kind: 'moved', state: 'failed' } }]);
    expect(world.alerts).toMatchObject([{ kind: 'job-failed', subject: 'job-22#gone' }]);
  });

  it('forgets that a job was unknown as soon as it is seen', async () => {
    await submit('22');
    world.pass(WATCH_MS);
    await watch();
    jobs = [aJob('22', 'RUNNING')];
    world.pass(WATCH_MS);
    await watch();
    jobs = [];
    world.pass(UNKNOWN_JOB_MS);

    expect(await watch()).toMatchObject([{ kind: 'unknown', since: world.ports.now() }]);
  });

  it('keeps how far a running job says it is, and asks for what is newer only', async () => {
    await submit('22');
    jobs = [aJob('22', 'RUNNING')];
    const progress = { percent: 40, text: 'loading', at: new Date(7) };
    readProgress.mockResolvedValueOnce(progress);
    world.pass(WATCH_MS);
    await watch();
    expect((await read('22')).job?.progress).toEqual(progress);

    world.pass(WATCH_RUNNING_MS);
    await watch();

    expect(readProgress.mock.calls.map(([, since]) => since)).toEqual([undefined, progress.at]);
    expect((await read('22')).job?.progress).toEqual(progress);
  });

  it('reads fifty logs at most, and none of a job that does not run', async () => {
    const days = Array.from({ length: 60 }, (_, index) => String(index));
    for (const day of days) {
      await submit(day);
    }
    jobs = [...days.map((day) => aJob(day, 'RUNNING')), aJob('x', 'RUNNABLE')];
    world.pass(WATCH_MS);

    await watch();

    expect(readProgress).toHaveBeenCalledTimes(50);
  });

  it('reads the logs that were too many at the next ticks, so that every running job has its turn', async () => {
    const days = Array.from({ length: 120 }, (_, index) => String(index));
    for (const day of days) {
      await submit(day);
    }
    jobs = days.map((day) => aJob(day, 'RUNNING'));
    world.pass(WATCH_MS);
    await watch();
    readProgress.mockClear();

    world.pass(WATCH_RUNNING_MS);
    for (let tick = 0; tick < 3; tick += 1) {
      await watch();
      world.pass(60_000);
    }

    const read = readProgress.mock.calls.map(([job]) => (job as Job).id);
    expect(read).toHaveLength(120);
    expect(new Set(read).size).toBe(120);
  });

  it('tracks a job whose log cannot be read', async () => {
    await submit('22');
    jobs = [aJob('22', 'RUNNING')];
    readProgress.mockRejectedValueOnce(new Error('throttled'));
    world.pass(WATCH_MS);

    expect(await watch()).toMatchObject([
      { kind: 'tracked', tracked: { kind: 'moved' } },
      { kind: 'unread', feed: 'sales', run: 'sales@2026-11-22', jobId: 'job-22', error: new Error('throttled') },
    ]);
  });

  it('goes on with the others when one run fails, and puts it to the end of the list', async () => {
    await submit('22');
    await submit('23');
    jobs = [aJob('22', 'RUNNABLE'), aJob('23', 'SUCCEEDED')];
    const revisit = vi.fn(async (..._: unknown[]) => undefined).mockRejectedValueOnce(new Error('table down'));
    world.pass(WATCH_MS);
    await watch();
    world.pass(WATCH_MS);

    const watched = await watch({ revisit });

    expect(watched).toMatchObject([
      { kind: 'failed', feed: 'sales', run: 'sales@2026-11-22', error: new Error('table down') },
    ]);
    expect(revisit.mock.calls.map(([, at]) => at)).toEqual([
      new Date(world.ports.now().getTime() + WATCH_MS),
      world.ports.now(),
    ]);
  });

  it('rejects when Batch cannot be asked', async () => {
    await submit('22');
    describeJobs.mockRejectedValueOnce(new Error('throttled'));
    world.pass(WATCH_MS);

    await expect(watch()).rejects.toThrow('throttled');
  });

  it('passes over a run without a job', async () => {
    const run = { ...(await submit('22').then(() => read('22'))) };
    const { job: _, ...jobless } = run;

    expect(await watch({ watchedRuns: async () => [jobless] })).toEqual([]);
  });
});
