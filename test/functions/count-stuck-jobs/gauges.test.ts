import { describe, expect, it } from 'vitest';
import { gaugesOf, notCountedGauge } from '../../../functions/count-stuck-jobs/gauges.ts';
import { AT, aCount } from './builders.ts';

describe('gaugesOf', () => {
  it('makes every gauge of an empty queue zero', () => {
    const gauges = gaugesOf(aCount(), 0);

    expect(gauges).toHaveLength(1 + 5 + 5 + 1);
    expect(new Set(gauges.map(({ value }) => value))).toEqual(new Set([0]));
    expect(new Set(gauges.map(({ at }) => at))).toEqual(new Set([AT]));
    expect(gauges.map(({ metric, dimensions }) => [metric, dimensions])).toContainEqual([
      'OldestJobAge',
      { JobQueue: 'etl', JobStatus: 'STARTING' },
    ]);
  });

  it('adds up the statuses', () => {
    const gauges = gaugesOf(aCount({ jobs: { SUBMITTED: 1, PENDING: 2, RUNNABLE: 3, STARTING: 4, RUNNING: 5 } }), 3);

    expect(gauges).toContainEqual({ metric: 'StuckJobs', dimensions: { JobQueue: 'etl' }, value: 15, at: AT });
    expect(gauges).toContainEqual({
      metric: 'Jobs',
      dimensions: { JobQueue: 'etl', JobStatus: 'RUNNABLE' },
      value: 3,
      at: AT,
    });
    expect(gauges).toContainEqual({ metric: 'UnplaceableJobs', dimensions: { JobQueue: 'etl' }, value: 3, at: AT });
  });

  it('publishes no value for an unknown number', () => {
    const metrics = gaugesOf(aCount({ oldestAgeSeconds: { RUNNABLE: 7 } }), undefined).map(({ metric }) => metric);

    expect(metrics.filter((metric) => metric === 'OldestJobAge')).toHaveLength(1);
    expect(metrics).not.toContain('UnplaceableJobs');
  });
});

describe('notCountedGauge', () => {
  it('has no dimension, so that one alarm sees all', () => {
    expect(notCountedGauge(2, AT)).toEqual({ metric: 'QueuesNotCounted', dimensions: {}, value: 2, at: AT });
  });
});
