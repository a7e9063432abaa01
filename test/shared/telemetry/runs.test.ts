import { afterEach, describe, expect, it } from 'vitest';
import type { Outcome, Step } from '../../../shared/runs/outcome.ts';
import { flushMetrics } from '../../../shared/telemetry/metrics.ts';
import { reportOutcome, reportStep } from '../../../shared/telemetry/runs.ts';
import { captureOutput } from '../../support/captured-output.ts';

const output = captureOutput();

const NAME = { feed: 'sales', run: 'sales@2026-11-22', generation: 2 };
const error = new Error('socket hang up');

const steps: [Step, string, string][] = [
  [{ kind: 'claimed', ...NAME, jobName: 'j', owner: 'o', leaseUntil: 't' }, 'INFO', 'Run claimed'],
  [{ kind: 'answer lost', ...NAME, jobName: 'j', error }, 'WARN', 'Answer of SubmitJob lost'],
  [{ kind: 'not found', ...NAME, jobName: 'j', resubmit: false }, 'WARN', 'Job not found by its name'],
  [{ kind: 'taken over', ...NAME, jobName: 'j', owner: 'o', from: 'p' }, 'WARN', 'Claim taken over'],
  [{ kind: 'generation opened', ...NAME }, 'INFO', 'Generation opened'],
  [{ kind: 'two jobs', ...NAME, jobIds: ['job-1', 'job-2'] }, 'ERROR', 'Run has two jobs'],
  [{ kind: 'overwritten', ...NAME, key: 'k', policy: 'rerun' }, 'WARN', 'File changed after the claim'],
  [
    { kind: 'source ran again', ...NAME, source: 'catalog@2026-11-22', sourceGeneration: 2, policy: 'alert' },
    'WARN',
    'Source ran again after the claim',
  ],
  [{ kind: 'holds', ...NAME, held: ['report@2026-11-22'] }, 'WARN', 'Failed run keeps others waiting'],
];

const outcomes: [Outcome, string, string][] = [
  [{ kind: 'waiting', ...NAME, missing: [{ slot: 'orders', have: 1, need: 2 }] }, 'INFO', 'Run waits for more'],
  [
    { kind: 'would submit', ...NAME, jobName: 'j', queue: 'etl', definition: 'd', problem: 'p' },
    'INFO',
    'Job of shadow feed not submitted',
  ],
  [{ kind: 'submitted', ...NAME, jobId: 'job-1', jobName: 'j', queue: 'etl', adopted: false }, 'INFO', 'Job submitted'],
  [{ kind: 'settled', ...NAME, state: 'running' }, 'INFO', 'Run needs nothing'],
  [{ kind: 'refused', ...NAME, reason: 'no such queue' }, 'ERROR', 'Job refused'],
  [{ kind: 'lost', ...NAME, jobName: 'j' }, 'ERROR', 'Claim older than Batch remembers'],
  [{ kind: 'claimed elsewhere', ...NAME, leaseUntil: 't' }, 'INFO', 'Run claimed elsewhere'],
  [{ kind: 'unsent', ...NAME, error }, 'WARN', 'Job not accepted by Batch'],
  [{ kind: 'unconfirmed', ...NAME, jobName: 'j' }, 'WARN', 'Submission unconfirmed'],
];

/** Every count, by its finest dimensions. */
const counted = () => {
  flushMetrics();
  const counts = new Map<string, unknown>();
  for (const { name, value, dimensions } of output.metrics()) {
    const { service: _, ...own } = dimensions;
    counts.set(name, { value, ...own });
  }
  return Object.fromEntries(counts);
};

afterEach(flushMetrics);

describe('reportStep', () => {
  it.each(steps)('writes %o as one line that names the run and its generation', (step, level, message) => {
    reportStep(step);

    const { kind: _, ...fields } = step;
    const told = 'error' in fields ? { ...fields, error: expect.objectContaining({ message: error.message }) } : fields;
    expect(output.logs()).toEqual([expect.objectContaining({ level, message, ...told })]);
    expect(output.logs()[0]).not.toHaveProperty('kind');
  });

  it('counts a claim that was taken over', () => {
    for (const [step] of steps) {
      reportStep(step);
    }

    expect(counted()).toEqual({ ClaimsRecovered: { value: 1, Feed: 'sales' } });
  });
});

describe('reportOutcome', () => {
  it.each(outcomes)('writes %o as one line that names the run and its generation', (outcome, level, message) => {
    reportOutcome(outcome);

    const { kind: _, ...fields } = outcome;
    const told = 'error' in fields ? { ...fields, error: expect.objectContaining({ message: error.message }) } : fields;
    expect(output.logs()).toEqual([expect.objectContaining({ level, message, ...NAME, ...told })]);
    expect(output.logs()[0]).not.toHaveProperty('kind');
  });

  it('names the run that failed', () => {
    reportOutcome({ kind: 'failed', feed: 'sales', run: 'sales@2026-11-22', error });

    expect(output.logs()).toMatchObject([
      { level: 'ERROR', message: 'Run not advanced', run: 'sales@2026-11-22', error: { message: 'socket hang up' } },
    ]);
  });

  it('names the object that was skipped', () => {
    reportOutcome({ kind: 'skipped', bucket: 'landing', key: 'k', reason: 'no feed' });

    expect(output.logs()).toMatchObject([
      { level: 'INFO', message: 'Arrival skipped', bucket: 'landing', key: 'k', reason: 'no feed' },
    ]);
    expect(counted()).toEqual({ ArrivalsSkipped: { value: 1 } });
  });

  it('counts what was submitted, what was recovered, and what was refused', () => {
    for (const [outcome] of outcomes) {
      reportOutcome(outcome);
    }
    reportOutcome({ kind: 'submitted', ...NAME, jobId: 'job-1', jobName: 'j', queue: 'etl', adopted: true });

    expect(counted()).toEqual({
      ClaimsRecovered: { value: 1, Feed: 'sales' },
      JobsSubmitted: { value: 2, Feed: 'sales' },
      SubmissionsRefused: { value: 1, Feed: 'sales' },
    });
  });

  it('counts for the service and for the feed, so that an alarm may watch either', () => {
    reportStep({ kind: 'taken over', ...NAME, jobName: 'j', owner: 'o', from: 'p' });
    flushMetrics();

    expect(output.metrics().map(({ dimensions }) => Object.keys(dimensions))).toEqual([
      ['service'],
      ['service', 'Feed'],
    ]);
  });

  it('says nothing of what it does not know', () => {
    reportStep({ kind: 'unknown', ...NAME } as never);
    reportOutcome({ kind: 'unknown', ...NAME } as never);

    expect(output.logs()).toEqual([]);
    expect(counted()).toEqual({});
  });

  it('has a message of its own for everything that can happen', () => {
    const messages = [...steps, ...outcomes].map(([, , message]) => message);

    expect(new Set(messages).size).toBe(messages.length);
  });
});
