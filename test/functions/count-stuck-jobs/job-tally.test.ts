import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createJobTally, stuckJobs } from '../../../functions/count-stuck-jobs/job-tally.ts';
import type { ListedJob } from '../../../functions/count-stuck-jobs/listed-job.ts';
import { UNFINISHED_STATUSES, type UnfinishedStatus } from '../../../shared/jobs/job.ts';
import { AT, aCount, ago, aJob, anArray } from './builders.ts';

const NONE = new Map<string, Date>();

const tallyOf = (
  jobs: Partial<Record<UnfinishedStatus, readonly ListedJob[]>>,
  firstSeen: ReadonlyMap<string, Date> = NONE,
) => {
  const tally = createJobTally('etl', AT, firstSeen);
  for (const status of UNFINISHED_STATUSES) {
    tally.add(status, jobs[status] ?? []);
  }
  return tally;
};

describe('createJobTally', () => {
  it('counts nothing as zero, in every status, and its age too', () => {
    expect(tallyOf({}).count()).toEqual(aCount());
  });

  it('counts jobs by status, with the age of the oldest', () => {
    const { jobs, oldestAgeSeconds } = tallyOf({
      SUBMITTED: [aJob('s', 5)],
      PENDING: [aJob('p1', 10), aJob('p2', 60)],
      RUNNABLE: [aJob('r1', 90_000), aJob('r2', 3600), aJob('r3', 1)],
      RUNNING: [aJob('x', 999_999, { startedAt: ago(120).getTime() }), aJob('y', 5, { startedAt: ago(3).getTime() })],
    }).count();

    expect(jobs).toEqual({ SUBMITTED: 1, PENDING: 2, RUNNABLE: 3, STARTING: 0, RUNNING: 2 });
    // More than a day is more than a day.
    expect(oldestAgeSeconds).toEqual({ SUBMITTED: 5, PENDING: 60, RUNNABLE: 90_000, STARTING: 0, RUNNING: 120 });
  });

  it('leaves the age out where Batch does not report it', () => {
    const { jobs, oldestAgeSeconds } = tallyOf({
      RUNNABLE: [{ jobId: 'a' }, { jobId: 'b', createdAt: null }],
      RUNNING: [aJob('c', 500), aJob('d', 500, { startedAt: null })],
    }).count();

    expect(jobs).toMatchObject({ RUNNABLE: 2, RUNNING: 2 });
    expect(oldestAgeSeconds).toEqual({ SUBMITTED: 0, PENDING: 0, STARTING: 0 });
  });

  it('has no negative age for a job that came after the count began', () => {
    expect(tallyOf({ SUBMITTED: [aJob('a', -3)] }).count().oldestAgeSeconds.SUBMITTED).toBe(0);
  });

  it('measures STARTING from when a job was first seen there, and remembers', () => {
    const before = new Map([
      ['stuck', ago(7200)],
      ['gone', ago(9999)],
    ]);

    const { oldestAgeSeconds, starting } = tallyOf(
      { STARTING: [aJob('stuck', 10_000), aJob('new', 50_000)] },
      before,
    ).count();

    expect(oldestAgeSeconds.STARTING).toBe(7200);
    expect(starting).toEqual(
      new Map([
        ['stuck', ago(7200)],
        ['new', AT],
      ]),
    );
  });

  it('remembers no more than 200 STARTING jobs: those seen first, then those created first', () => {
    const known = new Map([['job-299', ago(60)]]);
    const many = Array.from({ length: 300 }, (_, index) => aJob(`job-${index}`, index));

    const { starting, jobs } = tallyOf({ STARTING: [...many, { jobId: 'without' }] }, known).count();

    expect(jobs.STARTING).toBe(301);
    expect(starting.size).toBe(200);
    expect([...starting.keys()].slice(0, 3)).toEqual(['job-299', 'job-298', 'job-297']);
  });

  it('names the thousand RUNNABLE jobs that wait longest', () => {
    const many = Array.from({ length: 2500 }, (_, index) => aJob(`job-${index}`, index));

    const { runnable } = tallyOf({ RUNNABLE: [...many, { jobId: 'without' }] }).count();

    expect(runnable).toHaveLength(1000);
    expect(runnable[0]).toEqual({ jobId: 'job-2499', jobs: 1 });
    expect(runnable.at(-1)).toEqual({ jobId: 'job-1500', jobs: 1 });
  });

  describe('of array jobs', () => {
    it('counts the children that have not ended, and not the parent', () => {
      const { jobs, oldestAgeSeconds, runnable } = tallyOf({
        PENDING: [
          anArray('a', 10_000, { RUNNABLE: 300, PENDING: 7, SUBMITTED: 1, SUCCEEDED: 9690, FAILED: 2 }, 600),
          anArray('b', 3, { SUCCEEDED: 3 }, 100),
        ],
      }).count();

      expect(jobs).toEqual({ SUBMITTED: 1, PENDING: 7, RUNNABLE: 300, STARTING: 0, RUNNING: 0 });
      expect(oldestAgeSeconds).toEqual({ SUBMITTED: 600, PENDING: 600, RUNNABLE: 600, STARTING: 0, RUNNING: 0 });
      expect(runnable).toEqual([{ jobId: 'a', jobs: 300 }]);
    });

    it('counts children that are not spawned yet where their parent is', () => {
      const { jobs, oldestAgeSeconds } = tallyOf({
        SUBMITTED: [anArray('a', 50, undefined, 30), anArray('b', 5, null, 10)],
        PENDING: [anArray('c', 100, { RUNNABLE: 60, PENDING: 0 }, 20), anArray('d', 8, {}, 5)],
      }).count();

      expect(jobs).toEqual({ SUBMITTED: 55, PENDING: 48, RUNNABLE: 60, STARTING: 0, RUNNING: 0 });
      expect(oldestAgeSeconds).toMatchObject({ SUBMITTED: 30, PENDING: 20, RUNNABLE: 20 });
    });

    it('takes no age from an array job whose children have all been created', () => {
      const { jobs, oldestAgeSeconds } = tallyOf({
        PENDING: [anArray('a', 3, { RUNNING: 3 }, 2 * 86_400), aJob('b', 5)],
      }).count();

      expect(jobs).toMatchObject({ PENDING: 1, RUNNING: 3 });
      expect(oldestAgeSeconds.PENDING).toBe(5);
    });

    it('counts a child that is listed beside its parent only once', () => {
      const child = aJob('a:0', 5, { arrayProperties: { index: 0 } });

      const { jobs } = tallyOf({ PENDING: [anArray('a', 2, { RUNNABLE: 2 })], RUNNABLE: [child] }).count();

      expect(jobs).toMatchObject({ PENDING: 0, RUNNABLE: 2 });
    });

    it('treats array properties without a size as a single job', () => {
      expect(
        tallyOf({ RUNNABLE: [aJob('a', 0, { arrayProperties: {} }), aJob('b', 0, { arrayProperties: null })] }).count()
          .jobs.RUNNABLE,
      ).toBe(2);
    });

    it('lists the children of a parent without a summary', () => {
      const tally = tallyOf({ PENDING: [anArray('a', 4, undefined, 60)] });
      const [parent] = tally.withoutSummary();

      expect(tally.withoutSummary()).toEqual([
        { jobId: 'a', status: 'PENDING', size: 4, createdAt: ago(60).getTime(), statuses: UNFINISHED_STATUSES },
      ]);
      tally.addChildren(parent!, 'RUNNABLE', [aJob('a:0', 40), aJob('a:1', 50)]);
      tally.addChildren(parent!, 'RUNNING', [aJob('a:2', 40, { startedAt: ago(30).getTime() })]);
      tally.addChildren(parent!, 'RUNNABLE', []);

      const { jobs, oldestAgeSeconds, runnable } = tally.count();
      expect(jobs).toEqual({ SUBMITTED: 0, PENDING: 0, RUNNABLE: 2, STARTING: 0, RUNNING: 1 });
      expect(oldestAgeSeconds).toMatchObject({ RUNNABLE: 50, RUNNING: 30 });
      expect(runnable).toEqual([{ jobId: 'a', jobs: 2 }]);
    });

    it('counts all of a parent that has no children yet', () => {
      const tally = tallyOf({ PENDING: [anArray('a', 4, undefined, 60)] });

      tally.addUnspawned(tally.withoutSummary()[0]!);

      expect(tally.count()).toMatchObject({ jobs: { PENDING: 4 }, oldestAgeSeconds: { PENDING: 60 } });
    });

    it('asks the oldest parents since when their children start and run', () => {
      const summary = { STARTING: 1, RUNNING: 2, RUNNABLE: 1 };
      const parents = Array.from({ length: 30 }, (_, index) => anArray(`a-${index}`, 4, summary, index));
      const tally = tallyOf({
        PENDING: [...parents, { jobId: 'b', arrayProperties: { size: 1, statusSummary: { RUNNING: 1 } } }],
      });

      expect(tally.withActiveChildren()).toHaveLength(10);
      expect(tally.withActiveChildren()[0]).toMatchObject({ jobId: 'a-29', statuses: ['STARTING', 'RUNNING'] });
      expect(tally.count().oldestAgeSeconds).not.toHaveProperty('RUNNING');

      tally.addAges('RUNNING', [aJob('a-29:1', 900, { startedAt: ago(800).getTime() })]);
      tally.addAges('STARTING', [aJob('a-29:2', 900)]);

      expect(tally.count()).toMatchObject({
        jobs: { STARTING: 30, RUNNING: 61 },
        oldestAgeSeconds: { STARTING: 0, RUNNING: 800 },
        starting: new Map([['a-29:2', AT]]),
      });
    });

    it('needs no age of a parent', () => {
      const tally = createJobTally('etl', AT, NONE);

      tally.add('PENDING', [
        { jobId: 'a', arrayProperties: { size: 3, statusSummary: { RUNNABLE: 2 } } },
        { jobId: 'b', arrayProperties: { size: 3 } },
      ]);
      tally.addChildren(tally.withoutSummary()[0]!, 'RUNNABLE', [{ jobId: 'b:1' }]);

      expect(tally.count()).toMatchObject({ jobs: { RUNNABLE: 3, PENDING: 1 } });
      expect(tally.count().oldestAgeSeconds).not.toHaveProperty('RUNNABLE');
    });
  });

  it('adds up to what a naive count finds, however the jobs come in pages', () => {
    const anyJob = fc.record({ jobId: fc.uuid(), ageSeconds: fc.integer({ min: 0, max: 1_000_000 }) });
    fc.assert(
      fc.property(
        fc.record(
          Object.fromEntries(
            UNFINISHED_STATUSES.map((status) => [
              status,
              fc.array(fc.array(anyJob, { maxLength: 5 }), { maxLength: 5 }),
            ]),
          ),
        ),
        (pages) => {
          const tally = createJobTally('etl', AT, NONE);

          for (const status of UNFINISHED_STATUSES) {
            for (const page of pages[status] ?? []) {
              tally.add(
                status,
                page.map(({ jobId, ageSeconds }) => aJob(jobId, ageSeconds, { startedAt: ago(ageSeconds).getTime() })),
              );
            }
          }

          const count = tally.count();
          for (const status of UNFINISHED_STATUSES) {
            const all = (pages[status] ?? []).flat();
            expect(count.jobs[status]).toBe(all.length);
            expect(count.oldestAgeSeconds[status]).toBe(
              status === 'STARTING' ? 0 : Math.max(0, ...all.map(({ ageSeconds }) => ageSeconds)),
            );
          }
          expect(stuckJobs(count)).toBe(UNFINISHED_STATUSES.flatMap((status) => (pages[status] ?? []).flat()).length);
        },
      ),
    );
  });
});
