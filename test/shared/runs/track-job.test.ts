import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Job, JobStatus } from '../../../shared/jobs/job.ts';
import type { RunState } from '../../../shared/runs/run.ts';
import { createSettleRun } from '../../../shared/runs/settle-run.ts';
import { UNKNOWN_JOB_MS, WATCH_MS } from '../../../shared/runs/state-machine.ts';
import { createTrackJob } from '../../../shared/runs/track-job.ts';
import { createWatchJobs } from '../../../shared/runs/watch-jobs.ts';
import { jobOf } from '../../functions/notify-failure/fixtures.ts';
import { aClaim, aFeed, aFeedSlot, anArrival, aRequest } from '../../support/builders.ts';
import { runPorts, START } from '../../support/run-ports.ts';

const signal = new AbortController().signal;
const KEY = { feed: 'sales', date: '2026-11-22', values: {} };
const NAME = 'breakaway-test-sales-20261122-0123456789ab';

let world: ReturnType<typeof runPorts>;

const aJob = (status: JobStatus, differences: Partial<Job> = {}): Job =>
  jobOf('container', {
    id: 'job-1',
    name: NAME,
    status,
    attempts: status === 'FAILED' || status === 'SUCCEEDED' ? jobOf('container').attempts.slice(0, 1) : [],
    ...differences,
  });

const tracker = (feed = aFeed()) => {
  const settleRun = createSettleRun(world.ports, { stage: 'test', pausesMs: [] });
  return createTrackJob({ ...world.ports, settleRun }, new Map([[feed.name, feed]]));
};

const track = (job: Job, feed = aFeed()) => tracker(feed)(job, signal);

const read = async () => {
  const run = await world.ledger.readRun(KEY, signal);
  if (run === undefined) {
    throw new Error('no run');
  }
  return run;
};

/** A run whose claim does not know of its job yet. */
const claim = async () => {
  await world.ledger.recordArrival(KEY, anArrival(), START, signal);
  const made = aClaim({ request: aRequest({ jobName: NAME }) });
  await world.ledger.claim(await read(), made, signal);
  return made;
};

const submit = async () => {
  const made = await claim();
  await world.ledger.recordSubmission(await read(), made, 'job-1', START, signal);
};

beforeEach(() => {
  world = runPorts();
});

describe('createTrackJob', () => {
  describe('of a feed that others wait for', () => {
    const report = aFeed({ name: 'report', slots: [aFeedSlot({ name: 'sales', feed: 'sales' })] });
    const mail = aFeed({ name: 'mail', slots: [aFeedSlot({ name: 'report', feed: 'report' })] });
    const all = () => {
      const settleRun = createSettleRun(world.ports, { stage: 'test', pausesMs: [] });
      return createTrackJob(
        { ...world.ports, settleRun },
        new Map([aFeed(), report, mail].map((one) => [one.name, one])),
      );
    };

    it('submits what waited for its success, also when that is told again', async () => {
      await submit();

      const first = await all()(aJob('SUCCEEDED'), signal);
      const again = await all()(aJob('SUCCEEDED'), signal);

      expect(first).toMatchObject({
        kind: 'moved',
        settled: [
          { kind: 'settled', feed: 'sales', state: 'succeeded' },
          { kind: 'submitted', feed: 'report' },
        ],
      });
      expect(again).toMatchObject({
        kind: 'unmoved',
        settled: [{ kind: 'settled' }, { kind: 'settled', feed: 'report' }],
      });
      expect(world.submitted).toHaveLength(1);
    });

    it('says which runs a failure holds, once', async () => {
      await submit();

      await all()(aJob('FAILED'), signal);
      await all()(aJob('FAILED'), signal);

      expect(world.steps.filter(({ kind }) => kind === 'holds')).toEqual([
        {
          kind: 'holds',
          feed: 'sales',
          run: 'sales@2026-11-22',
          generation: 1,
          held: ['report@2026-11-22', 'mail@2026-11-22'],
        },
      ]);
      expect(world.submitted).toEqual([]);
    });
  });

  it('moves the run with its job, and keeps what there is to know of it', async () => {
    await submit();

    expect(await track(aJob('RUNNING'))).toMatchObject({ kind: 'moved', state: 'running', attempts: 1 });
    expect(await track(aJob('FAILED'))).toMatchObject({ kind: 'moved', state: 'failed', exitCode: 1 });

    expect(await read()).toMatchObject({
      state: 'failed',
      job: {
        id: 'job-1',
        submittedAt: START,
        attempts: 1,
        startedAt: new Date('2026-11-21T20:30:00.000Z'),
        stoppedAt: new Date('2026-11-21T20:41:12.000Z'),
        exitCode: 1,
        reason: 'Essential container in task exited',
      },
    });
  });

  it('takes a job that is faster than the record of its submission', async () => {
    const made = await claim();

    expect(await track(aJob('RUNNABLE'))).toMatchObject({ kind: 'moved', state: 'submitted' });
    expect(await read()).toMatchObject({ state: 'submitted', job: { id: 'job-1' } });
    expect(await world.ledger.recordSubmission(await read(), made, 'job-1', START, signal)).toMatchObject({
      job: { id: 'job-1' },
    });
  });

  it('lets nothing move a run back', async () => {
    await submit();
    await track(aJob('SUCCEEDED'));

    expect(await track(aJob('RUNNING'))).toMatchObject({ kind: 'unmoved', state: 'succeeded' });
    expect(await track(aJob('FAILED'))).toMatchObject({ kind: 'unmoved', state: 'succeeded' });
    expect((await read()).job).not.toHaveProperty('reason');
  });

  it('leaves jobs alone that belong to no run, and the parts of those that do', async () => {
    await submit();

    for (const job of [
      aJob('FAILED', { name: 'breakaway-test-2-sales-20261122-0123456789ab' }),
      aJob('FAILED', { id: 'job-1:0', shape: 'array child' }),
      aJob('FAILED', { id: 'job-1#0', shape: 'node' }),
    ]) {
      expect(await track(job)).toEqual({ kind: 'not ours', jobId: job.id, jobName: job.name });
    }
    expect((await read()).state).toBe('submitted');
  });

  it('learns from the first child of an array job that it has begun', async () => {
    const feed = aFeed({ tell: ['started'] });
    await submit();
    const child = (index: number, status: JobStatus) => aJob(status, { id: `job-1:${index}`, shape: 'array child' });

    expect(await track(child(7, 'RUNNING'), feed)).toMatchObject({ kind: 'not ours' });
    expect(await track(child(0, 'RUNNING'), feed)).toMatchObject({ kind: 'moved', state: 'running', jobId: 'job-1' });
    expect(await track(child(0, 'FAILED'), feed)).toMatchObject({ kind: 'not ours' });

    expect((await read()).state).toBe('running');
    expect(world.alerts).toMatchObject([{ kind: 'job-started' }]);
  });

  it('tells of a second job, and lets it move nothing', async () => {
    await submit();

    const tracked = await track(aJob('FAILED', { id: 'job-2' }));

    expect(tracked).toMatchObject({ kind: 'other job', jobIds: ['job-1', 'job-2'] });
    expect(world.steps).toContainEqual(expect.objectContaining({ kind: 'two jobs', jobIds: ['job-1', 'job-2'] }));
    expect(world.alerts).toMatchObject([{ kind: 'claim-lost', title: 'sales 2026-11-22: two jobs run' }]);
    expect((await read()).state).toBe('submitted');
  });

  it('does not take a job for a run that has released its claim', async () => {
    const made = await claim();
    await world.ledger.release(await read(), made, START, signal);

    expect(await track(aJob('RUNNING'))).toMatchObject({ kind: 'unexpected', state: 'waiting', jobId: 'job-1' });
    expect(world.alerts).toMatchObject([{ kind: 'claim-lost', subject: 'sales@2026-11-22#1#job-1' }]);
  });

  it('rejects when the ledger has lost the run of a job name', async () => {
    await submit();
    world.ledger.entries.clear();

    await expect(track(aJob('RUNNING'))).rejects.toThrow('The ledger has no generation 1 of run sales@2026-11-22');
  });

  it('submits the rerun at once that waited for the end, also when the end is told again', async () => {
    await submit();
    const run = await read();
    await world.ledger.changeArrival(
      { run, arrival: anArrival({ etag: 'etag-2' }), replaces: anArrival(), requestRerun: true },
      START,
      signal,
    );

    const first = await track(aJob('FAILED'));
    const again = await track(aJob('FAILED'));

    expect(first).toMatchObject({ kind: 'moved', generation: 1, settled: [{ kind: 'submitted', generation: 2 }] });
    expect(again).toMatchObject({ kind: 'unmoved', generation: 1, state: 'failed' });
    expect(await read()).toMatchObject({ generation: 2, state: 'submitted' });
    expect(world.submitted).toHaveLength(1);
  });

  it('moves an earlier generation in its own place', async () => {
    await claim();
    // By a person, who could not know that there is a job.
    await world.ledger.openNextGeneration(await read(), START, signal);

    expect(await track(aJob('SUCCEEDED'))).toMatchObject({ kind: 'moved', generation: 1, state: 'succeeded' });
    // The next one was complete, and is submitted by whoever comes by.
    expect(await read()).toMatchObject({ generation: 2, state: 'submitted' });
  });

  it('tells what a feed asks for, once, and nothing that is over', async () => {
    const feed = aFeed({ tell: ['started', 'succeeded'] });
    await submit();

    await track(aJob('RUNNING'), feed);
    await track(aJob('SUCCEEDED', { startedAt: new Date(0), stoppedAt: new Date(3_600_000) }), feed);
    await track(aJob('RUNNING'), feed);

    expect(world.alerts.map(({ kind, subject, title }) => ({ kind, subject, title }))).toEqual([
      { kind: 'job-started', subject: 'sales@2026-11-22#1', title: 'sales 2026-11-22: the job has started' },
      {
        kind: 'job-succeeded',
        subject: 'sales@2026-11-22#1',
        title: 'sales 2026-11-22: the job has succeeded, after 1 h',
      },
    ]);
  });

  it('tells nothing of a feed that is configured no more', async () => {
    await submit();

    await track(aJob('RUNNING'), aFeed({ name: 'another', tell: ['started'] }));

    expect((await read()).state).toBe('running');
    expect(world.alerts).toEqual([]);
  });

  it('reports what the ledger says, also where that is little', async () => {
    await submit();
    const { claim: _, job: __, ...run } = await read();
    const trackIn = (standing: 'other job' | 'news') =>
      createTrackJob(
        {
          ...world.ports,
          ledger: { ...world.ledger, recordJob: async () => ({ standing, run }) },
          settleRun: async () => {
            throw new Error('not asked for');
          },
        },
        new Map(),
      )(aJob('RUNNING'), signal);

    expect(await trackIn('other job')).toMatchObject({ kind: 'other job', jobIds: ['none', 'job-1'] });
    expect(await trackIn('news')).toMatchObject({ kind: 'moved', attempts: 1, exitCode: undefined });
    expect(world.alerts).toEqual([]);
  });

  it('tells nothing that no feed asks for', async () => {
    await submit();

    await track(aJob('RUNNING'));
    await track(aJob('SUCCEEDED'));
    await track(aJob('SUCCEEDED', { name: 'x' }));

    expect(world.alerts).toEqual([]);
  });
});

/** What a job can live through. */
const lives = fc.record({
  attempts: fc.integer({ min: 1, max: 3 }),
  end: fc.constantFrom('SUCCEEDED' as const, 'FAILED' as const, undefined),
  /** Whether the submission was recorded before the first event, after some, or never. */
  recordedAfter: fc.option(fc.nat({ max: 12 }), { nil: undefined }),
});

type Life = Parameters<Parameters<typeof lives.map>[0]>[0];

const [ended] = jobOf('container').attempts;

const eventsOf = ({ attempts, end }: Life): Job[] => {
  const tries = Array.from({ length: attempts }, (_, index) => {
    const before = Array.from({ length: index }, () => ended!);
    return (['RUNNABLE', 'STARTING', 'RUNNING'] as const).map((status) => aJob(status, { attempts: before }));
  });
  const all = Array.from({ length: attempts }, () => ended!);
  return [aJob('PENDING'), ...tries.flat(), ...(end === undefined ? [] : [aJob(end, { attempts: all })])];
};

const trueState = ({ end }: Life): RunState =>
  end === undefined ? 'running' : end === 'FAILED' ? 'failed' : 'succeeded';

describe('whatever the order and number of the events of a job', () => {
  it('its run ends in the true state, and knows how often it was tried', async () => {
    await fc.assert(
      fc.asyncProperty(
        lives.chain((life) => {
          const events = eventsOf(life).map((job, index) => ({ job, index }));
          // Each comes as often as it likes, or not at all; the truth is asked for in the end.
          return fc.tuple(fc.constant(life), fc.array(fc.constantFrom(...events), { maxLength: 30 }));
        }),
        async ([life, heard]) => {
          world = runPorts();
          const made = await claim();
          const trackJob = tracker();
          let seen = -1;
          for (const [position, { job, index }] of heard.entries()) {
            if (position === life.recordedAfter) {
              await world.ledger.recordSubmission(await read(), made, 'job-1', START, signal);
            }
            await trackJob(job, signal);
            seen = Math.max(seen, index);
          }
          if (heard.length === 0 || life.recordedAfter !== undefined) {
            await world.ledger.recordSubmission(await read(), made, 'job-1', START, signal);
          }
          const truth = eventsOf(life).at(-1)!;
          const watch = createWatchJobs({
            ...world.ports,
            trackJob,
            describe: async () => [truth],
            readProgress: async () => undefined,
          });

          world.pass(2 * WATCH_MS);
          await watch(signal);

          expect(await read()).toMatchObject({
            state: trueState(life),
            job: { id: 'job-1', attempts: life.attempts },
          });
          expect(world.submitted).toEqual([]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('its run ends even if Batch forgets the job', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom<JobStatus>('RUNNABLE', 'STARTING', 'RUNNING'), { maxLength: 6 }),
        async (heard) => {
          world = runPorts();
          await submit();
          const trackJob = tracker();
          for (const status of heard) {
            await trackJob(aJob(status), signal);
          }
          const watch = createWatchJobs({
            ...world.ports,
            trackJob,
            describe: async () => [],
            readProgress: async () => undefined,
          });

          for (let tick = 0; tick * WATCH_MS <= UNKNOWN_JOB_MS + WATCH_MS; tick += 1) {
            world.pass(WATCH_MS);
            await watch(signal);
          }

          expect(await read()).toMatchObject({
            state: 'failed',
            job: { reason: expect.stringContaining('no longer knows') },
          });
          expect(world.alerts).toMatchObject([{ kind: 'job-failed', title: 'sales 2026-11-22: the job is gone' }]);
        },
      ),
      { numRuns: 50 },
    );
  });
});
