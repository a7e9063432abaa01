import { describe, expect, it } from 'vitest';
import { blockingJob, planClosings } from '../../../functions/count-stuck-jobs/blocked-queues.ts';
import { type Alert, opened } from '../../../shared/alerts/alert.ts';
import { AT, ago } from './builders.ts';

const HOUR_SECONDS = 3600;

const anAlert = (alert: Partial<Alert> = {}): Alert => ({
  ...opened({ kind: 'queue-blocked', subject: 'job-1', queue: 'etl', title: 'blocked', body: '' }, ago(HOUR_SECONDS)),
  ...alert,
});

describe('blockingJob', () => {
  it('is the subject of the alert', () => {
    expect(blockingJob(anAlert())).toBe('job-1');
    expect(blockingJob({ kind: 'feed-late', subject: 'job-1' })).toBeUndefined();
  });
});

describe('planClosings', () => {
  it.each(['STARTING', 'RUNNING', 'SUCCEEDED', 'FAILED'])('closes the alert once the job is %s', (status) => {
    expect(planClosings([anAlert()], [{ jobId: 'job-1', status }], AT)).toEqual([
      {
        subject: 'job-1',
        closing: {
          title: 'Queue etl is no longer blocked',
          body: `The job job-1 that blocked it is now ${status}.`,
        },
      },
    ]);
  });

  it('leaves it open while the job is RUNNABLE, independent of other jobs', () => {
    const jobs = [
      { jobId: 'job-2', status: 'FAILED' },
      { jobId: 'job-1', status: 'RUNNABLE' },
    ];

    expect(planClosings([anAlert()], jobs, AT)).toEqual([]);
  });

  it('treats a job that Batch does not describe as gone only after a day', () => {
    expect(planClosings([anAlert()], [], AT)).toEqual([]);
    expect(planClosings([anAlert({ openedAt: ago(24 * HOUR_SECONDS) })], [], AT)).toMatchObject([
      { closing: { body: 'AWS Batch no longer knows the job job-1 that blocked it.' } },
    ]);
  });

  it('leaves alerts of other kinds alone', () => {
    expect(planClosings([anAlert({ kind: 'job-unplaceable' })], [{ jobId: 'job-1', status: 'FAILED' }], AT)).toEqual(
      [],
    );
  });

  it('does without the name of the queue', () => {
    const { queue: _, ...alert } = anAlert();

    expect(planClosings([alert], [{ jobId: 'job-1', status: 'FAILED' }], AT)[0]?.closing.title).toBe(
      'Queue a queue is no longer blocked',
    );
  });
});
