import { describe, expect, it } from 'vitest';
import { attemptsBegun, hasEnded, isPart, type Job, lastAttempt, parentId } from '../../../shared/jobs/job.ts';

const ended = { startedAt: new Date(1), stoppedAt: new Date(2), containers: [{ exitCode: 1 }] };

const aJob = (differences: Partial<Job> = {}): Job => ({
  id: 'a',
  name: 'nightly',
  queue: 'etl',
  definition: 'nightly:1',
  location: { partition: 'aws', region: 'eu-west-1' },
  status: 'FAILED',
  shape: 'container',
  attempts: [],
  attemptsAllowed: 1,
  isCancelled: false,
  isTerminated: false,
  ends: [],
  containers: [],
  dependsOn: [],
  confidential: { values: [], secretNames: [] },
  ...differences,
});

describe('parentId', () => {
  it.each([
    ['a', 'a'],
    ['a:17', 'a'],
    ['a#0', 'a'],
  ])('of %s is %s', (id, parent) => {
    expect(parentId(id)).toBe(parent);
  });
});

describe('isPart', () => {
  it.each<[Partial<Job>, boolean]>([
    [{}, false],
    [{ shape: 'array' }, false],
    [{ shape: 'array child' }, true],
    [{ shape: 'node' }, true],
    [{ id: 'a:1' }, true],
  ])('of %j is %j', (differences, expected) => {
    expect(isPart(aJob(differences))).toBe(expected);
  });
});

describe('hasEnded', () => {
  it.each([
    ['SUCCEEDED', true],
    ['FAILED', true],
    ['RUNNING', false],
  ] as const)('of %s is %j', (status, expected) => {
    expect(hasEnded({ status })).toBe(expected);
  });
});

describe('lastAttempt', () => {
  it('is the newest that Batch lists', () => {
    expect(lastAttempt(aJob({ attempts: [{ containers: [{ exitCode: 2 }] }, ended] }))).toEqual({
      ...ended,
      statusReason: undefined,
    });
  });

  it('has the current containers where Batch lists none with it', () => {
    const job = aJob({ attempts: [{ ...ended, containers: [] }], ends: [{ exitCode: 3 }] });

    expect(lastAttempt(job)?.containers).toEqual([{ exitCode: 3 }]);
  });

  it('is made from the job where Batch lists none', () => {
    expect(lastAttempt(aJob({ startedAt: new Date(1), ends: [{ exitCode: 3 }], statusReason: 'why' }))).toMatchObject({
      startedAt: new Date(1),
      statusReason: 'why',
      containers: [{ exitCode: 3 }],
    });
    expect(lastAttempt(aJob({ ends: [{ logStream: 's' }] }))?.containers).toEqual([{ logStream: 's' }]);
  });

  it('is undefined where no attempt has begun', () => {
    expect(lastAttempt(aJob())).toBeUndefined();
  });
});

describe('attemptsBegun', () => {
  it.each<[Partial<Job>, number]>([
    [{}, 0],
    [{ attempts: [ended, ended] }, 2],
    [{ status: 'RUNNING' }, 1],
    [{ status: 'RUNNING', attempts: [ended] }, 2],
    [{ status: 'RUNNING', attempts: [{ startedAt: new Date(1), containers: [] }] }, 1],
    [{ status: 'RUNNABLE', attempts: [ended] }, 1],
  ])('of %j is %i', (differences, count) => {
    expect(attemptsBegun(aJob(differences))).toBe(count);
  });
});
