import { afterEach, describe, expect, it } from 'vitest';
import type { Tracked } from '../../../shared/runs/track-job.ts';
import { reportTracked, reportWatched } from '../../../shared/telemetry/jobs.ts';
import { flushMetrics } from '../../../shared/telemetry/metrics.ts';
import { captureOutput } from '../../support/captured-output.ts';

const output = captureOutput();

const name = { feed: 'sales', run: 'sales@2026-11-22', generation: 1 };

const moved = (state: 'submitted' | 'running' | 'succeeded' | 'failed'): Extract<Tracked, { kind: 'moved' }> => ({
  kind: 'moved',
  ...name,
  state,
  jobId: 'job-1',
  attempts: 1,
  exitCode: undefined,
  reason: undefined,
});

const settled = {
  kind: 'submitted',
  ...name,
  generation: 2,
  jobId: 'job-2',
  jobName: 'n',
  queue: 'etl',
  adopted: false,
} as const;

const counted = () => {
  flushMetrics();
  return output.metrics().map(({ name: metric, value }) => [metric, value]);
};

afterEach(flushMetrics);

describe('reportTracked', () => {
  it.each([
    ['submitted', []],
    ['running', ['JobsStarted']],
    ['succeeded', ['JobsSucceeded']],
    ['failed', ['JobsFailed']],
  ] as const)('counts a run that is %s now', (state, metrics) => {
    reportTracked(moved(state));

    expect(new Set(counted().map(([metric]) => metric))).toEqual(new Set(metrics));
    expect(output.logs()).toMatchObject([{ message: 'Run moved with its job', ...name, state, jobId: 'job-1' }]);
  });

  it('tells what followed from the end of a job', () => {
    reportTracked({ ...moved('failed'), settled: [settled] });
    reportTracked({ kind: 'unmoved', ...name, state: 'failed', jobId: 'job-1', settled: [settled] });

    expect(output.logs().map(({ message }) => message)).toEqual([
      'Run moved with its job',
      'Job submitted',
      'Run already moved with its job',
      'Job submitted',
    ]);
  });

  it('says little where nothing changed', () => {
    reportTracked({
      kind: 'unmoved',
      ...name,
      state: 'failed',
      jobId: 'job-1',
      settled: [{ kind: 'settled', ...name, state: 'failed' }],
    });
    reportTracked({ kind: 'other job', ...name, jobIds: ['a', 'b'] });
    reportTracked({ kind: 'not ours', jobId: 'a', jobName: 'b' });

    expect(output.logs().map(({ message }) => message)).toEqual(['Run already moved with its job']);
  });

  it('says nothing of what it does not know', () => {
    reportTracked({ kind: 'unknown', ...name } as never);
    reportWatched({ kind: 'unheard of', ...name } as never);

    expect(output.logs()).toEqual([]);
    expect(counted()).toEqual([]);
  });

  it('warns of a job that nobody submitted', () => {
    reportTracked({ kind: 'unexpected', ...name, state: 'waiting', jobId: 'job-1' });

    expect(output.logs()).toMatchObject([
      { level: 'WARN', message: 'Job of a run that was not submitted', jobId: 'job-1' },
    ]);
  });
});

describe('reportWatched', () => {
  it('counts what no event had told', () => {
    reportWatched({ kind: 'tracked', tracked: moved('failed') });
    reportWatched({ kind: 'tracked', tracked: { kind: 'unmoved', ...name, state: 'running', jobId: 'job-1' } });
    reportWatched({ kind: 'tracked', tracked: { kind: 'unexpected', ...name, state: 'waiting', jobId: 'job-1' } });

    expect(counted().filter(([metric]) => metric === 'ChangesFoundByAsking')[0]).toEqual(['ChangesFoundByAsking', 1]);
    expect(output.logs().map(({ message }) => message)).toEqual([
      'Run moved with its job',
      'Job of a run that was not submitted',
    ]);
  });

  it('tells what could not be found out', () => {
    const run = { feed: 'sales', run: 'sales@2026-11-22' };
    reportWatched({ kind: 'unknown', ...run, jobId: 'job-1', since: new Date(0) });
    reportWatched({ kind: 'unread', ...run, jobId: 'job-1', error: new Error('throttled') });
    reportWatched({ kind: 'failed', ...run, error: new Error('table down') });

    expect(output.logs()).toMatchObject([
      { level: 'WARN', message: 'Job unknown to Batch', since: '1970-01-01T00:00:00.000Z' },
      { level: 'WARN', message: 'Progress not read', error: { message: 'throttled' } },
      { level: 'ERROR', message: 'Job not watched', run: 'sales@2026-11-22', error: { message: 'table down' } },
    ]);
  });
});
