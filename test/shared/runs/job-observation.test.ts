import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { JobStatus } from '../../../shared/jobs/job.ts';
import { readJob } from '../../../shared/jobs/read-job.ts';
import {
  beginningOf,
  type JobObservation,
  type JobState,
  observationOf,
  standingOf,
} from '../../../shared/runs/job-observation.ts';
import type { RunState } from '../../../shared/runs/run.ts';
import { jobOf } from '../../functions/notify-failure/fixtures.ts';

const aSighting = (state: JobState, differences: Partial<JobObservation> = {}): JobObservation => ({
  jobId: 'job-1',
  state,
  attempts: 1,
  ...differences,
});

const job = { id: 'job-1', submittedAt: new Date(0), attempts: 1 };

describe('observationOf', () => {
  it.each<[JobStatus, JobState]>([
    ['SUBMITTED', 'submitted'],
    ['PENDING', 'submitted'],
    ['RUNNABLE', 'submitted'],
    ['STARTING', 'submitted'],
    ['RUNNING', 'running'],
    ['SUCCEEDED', 'succeeded'],
    ['FAILED', 'failed'],
  ])('reads %s as %s', (status, state) => {
    expect(observationOf(jobOf('container', { status })).state).toBe(state);
  });

  it('keeps of a failed job when it ran, how often, and why it ended', () => {
    expect(observationOf(jobOf('container'))).toEqual({
      jobId: '4c7599ae-0a82-49aa-ba5a-4727fcce14a8',
      state: 'failed',
      attempts: 3,
      submittedAt: new Date('2026-11-21T19:02:00.000Z'),
      startedAt: new Date('2026-11-21T20:30:00.000Z'),
      stoppedAt: new Date('2026-11-21T20:41:12.000Z'),
      exitCode: 1,
      reason: 'Essential container in task exited',
    });
  });

  it('takes from the last attempt when it ended where the job does not say', () => {
    const { stoppedAt } = jobOf('container').attempts.at(-1) ?? {};

    expect(stoppedAt).toBeInstanceOf(Date);
    expect(observationOf(jobOf('container', { stoppedAt: undefined })).stoppedAt).toEqual(stoppedAt);
  });

  it('keeps of a running job no end, though an attempt before has one', () => {
    const sighting = observationOf(jobOf('container', { status: 'RUNNING' }));

    expect(sighting).toMatchObject({ state: 'running', attempts: 4 });
    expect(Object.keys(sighting)).not.toContain('stoppedAt');
  });

  it('takes the exit code of the container that failed, not of those that were stopped then', () => {
    expect(observationOf(jobOf('several-containers', { statusReason: undefined }))).toMatchObject({
      exitCode: 139,
      reason: 'Essential container in task exited',
    });
  });

  it('has the exit code of a job of which only one container tells', () => {
    const [attempt] = jobOf('several-containers').attempts;
    const job = jobOf('several-containers', {
      status: 'SUCCEEDED',
      attempts: [{ ...attempt!, containers: [{ name: 'proxy' }, { name: 'render', exitCode: 0 }] }],
    });

    expect(observationOf(job).exitCode).toBe(0);
  });

  it('has the exit code of a job that ended well, and no reason', () => {
    const { Records } = JSON.parse(readFileSync('events/track-jobs-sqs.json', 'utf8'));
    const { detail } = JSON.parse(Records[1].body);

    expect(observationOf(readJob(detail))).toMatchObject({ state: 'succeeded', exitCode: 0, attempts: 1 });
    expect(Object.keys(observationOf(readJob(detail)))).not.toContain('reason');
  });
});

describe('an array job', () => {
  it.each<[Record<string, number>, JobState]>([
    [{}, 'submitted'],
    [{ RUNNABLE: 9, STARTING: 1 }, 'submitted'],
    [{ RUNNABLE: 9, RUNNING: 1 }, 'running'],
    [{ RUNNABLE: 9, SUCCEEDED: 1 }, 'running'],
    [{ RUNNABLE: 9, FAILED: 1, RUNNING: 0 }, 'running'],
  ])('that is PENDING with children %j is %s', (statusSummary, state) => {
    const array = { size: 10, statusSummary };

    expect(observationOf(jobOf('array', { status: 'PENDING', array }))).toMatchObject({ state, attempts: 0 });
  });

  it('begins with its first child', () => {
    const child = jobOf('array-child', { id: 'a:0', status: 'RUNNING' });

    expect(beginningOf(child)).toEqual({
      jobId: 'a',
      state: 'running',
      attempts: 0,
      submittedAt: child.createdAt,
      startedAt: child.startedAt,
    });
    expect(beginningOf({ ...child, id: 'a:10' })).toBeUndefined();
    expect(beginningOf({ ...child, status: 'SUCCEEDED' })).toBeUndefined();
  });
});

describe('standingOf', () => {
  it.each<[RunState, JobState, string]>([
    ['submitted', 'running', 'news'],
    ['submitted', 'succeeded', 'news'],
    ['submitted', 'failed', 'news'],
    ['running', 'succeeded', 'news'],
    ['running', 'failed', 'news'],
    ['running', 'submitted', 'known'],
    ['submitted', 'submitted', 'known'],
    ['succeeded', 'failed', 'known'],
    ['failed', 'succeeded', 'known'],
    ['succeeded', 'running', 'known'],
    ['failed', 'failed', 'known'],
  ])('a run that is %s and sees its job %s: %s', (state, seen, standing) => {
    expect(standingOf({ state, job }, aSighting(seen))).toBe(standing);
  });

  it('takes another attempt for news, and one that it knows not', () => {
    expect(standingOf({ state: 'running', job }, aSighting('running', { attempts: 2 }))).toBe('news');
    expect(standingOf({ state: 'running', job }, aSighting('running'))).toBe('known');
    const { attempts: _, ...untold } = job;
    expect(standingOf({ state: 'submitted', job: untold }, aSighting('submitted'))).toBe('news');
    expect(standingOf({ state: 'succeeded', job }, aSighting('succeeded', { attempts: 9 }))).toBe('known');
  });

  it('takes a job into a claim that does not know of it yet, and into nothing else', () => {
    expect(standingOf({ state: 'claimed' }, aSighting('running'))).toBe('news');
    expect(standingOf({ state: 'waiting' }, aSighting('running'))).toBe('unexpected');
    expect(standingOf({ state: 'refused' }, aSighting('running'))).toBe('unexpected');
  });

  it('knows another job', () => {
    expect(standingOf({ state: 'running', job }, aSighting('succeeded', { jobId: 'job-2' }))).toBe('other job');
  });
});
