import { describe, expect, it } from 'vitest';
import {
  claimLost,
  fileOverwritten,
  jobFailedUnheard,
  jobGone,
  jobStarted,
  jobSucceeded,
  jobUnexpected,
  lookUpRefused,
  submitRefused,
} from '../../../shared/runs/run-alerts.ts';
import { aClaim, anArrival, aRequest, aRun } from '../../support/builders.ts';

describe('submitRefused', () => {
  it('says which run, why, and what to do', () => {
    expect(submitRefused(aRun({ generation: 2 }), aRequest(), 'ClientException: no such queue')).toEqual({
      kind: 'submit-refused',
      subject: 'sales@2026-11-22#2',
      feed: 'sales',
      queue: 'etl',
      title: 'sales 2026-11-22: the job was refused',
      body: [
        'Run sales@2026-11-22, generation 2 is complete, but its job cannot be submitted.',
        '',
        'Queue: etl',
        'Job definition: import-sales',
        'Reason: ClientException: no such queue',
        '',
        'Nothing is tried again by itself. Mend the queue, the definition, the permission or the configuration, then replay the run.',
      ].join('\n'),
    });
  });

  it('names a run without a date by its feed', () => {
    const run = aRun({ key: { feed: 'segments', values: { object: 's3://b/k' } } });

    expect(submitRefused(run, aRequest(), 'no')).toMatchObject({
      title: 'segments: the job was refused',
      subject: 'segments,object=s3://b/k#1',
    });
  });
});

describe('claimLost', () => {
  it('tells a person what only a person can find out', () => {
    const alert = claimLost(aRun(), aClaim(), []);

    expect(alert).toMatchObject({ kind: 'claim-lost', title: 'sales 2026-11-22: it is not known whether the job ran' });
    expect(alert.body).toBe(
      [
        'Run sales@2026-11-22, generation 1 was claimed at 2026-11-22T03:00:00.000Z, and neither the ledger nor Batch knows of its job.',
        '',
        'Job name: breakaway-test-sales-20261122-0123456789ab',
        'Queue: etl',
        '',
        "Look whether the job's output is there. If it is not, replay the run.",
      ].join('\n'),
    );
  });

  it('names both jobs when there is one too many', () => {
    const alert = claimLost(aRun(), aClaim(), ['job-1', 'job-2']);

    expect(alert.title).toBe('sales 2026-11-22: two jobs run');
    expect(alert.body).toBe(
      [
        'Run sales@2026-11-22, generation 1 has more than one job: job-1, job-2. Terminate the later one, unless it may run twice.',
        '',
        'Job name: breakaway-test-sales-20261122-0123456789ab',
        'Queue: etl',
      ].join('\n'),
    );
  });
});

describe('the alerts about one claim', () => {
  it('are told apart, so that one that is open does not keep another from being told', () => {
    const subjects = [
      lookUpRefused(aRun(), aClaim(), 'no such queue'),
      claimLost(aRun(), aClaim(), []),
      claimLost(aRun(), aClaim(), ['job-1', 'job-2']),
      claimLost(aRun(), aClaim(), ['job-1', 'job-2', 'job-3']),
    ].map(({ subject }) => subject);

    expect(new Set(subjects).size).toBe(4);
  });

  it('are the same for the same jobs, whoever saw which first', () => {
    expect(claimLost(aRun(), aClaim(), ['job-2', 'job-1']).subject).toBe(
      claimLost(aRun(), aClaim(), ['job-1', 'job-2']).subject,
    );
  });
});

describe('jobUnexpected', () => {
  it('names the job that nobody submitted, and what to do about it', () => {
    const alert = jobUnexpected(aRun({ state: 'refused', claim: aClaim() }), 'job-1');

    expect(alert).toEqual({
      kind: 'claim-lost',
      subject: 'sales@2026-11-22#1#job-1',
      feed: 'sales',
      queue: 'etl',
      title: 'sales 2026-11-22: a job runs that was not submitted',
      body: [
        'Run sales@2026-11-22, generation 1 is refused, but AWS Batch has a job of its name: job-1.',
        '',
        'Terminate it if it was not meant to run, or do not replay the run if it was.',
      ].join('\n'),
    });
  });
});

describe('lookUpRefused', () => {
  it('says what keeps the run from going on, and that it goes on by itself then', () => {
    const alert = lookUpRefused(aRun(), aClaim(), 'ClientException: no such queue');

    expect(alert).toMatchObject({
      kind: 'claim-lost',
      subject: 'sales@2026-11-22#1#look-up',
      feed: 'sales',
      queue: 'etl',
      title: 'sales 2026-11-22: it is not known whether the job was submitted',
    });
    expect(alert.body).toBe(
      [
        'Run sales@2026-11-22, generation 1 was claimed, and Batch refuses to say whether its job is there.',
        '',
        'Job name: breakaway-test-sales-20261122-0123456789ab',
        'Queue: etl',
        'Reason: ClientException: no such queue',
        '',
        'It is asked again by itself. Mend the queue or the permission; then the job is found, or submitted.',
      ].join('\n'),
    );
  });
});

describe('fileOverwritten', () => {
  it('names the file and what the run was doing', () => {
    expect(fileOverwritten(aRun({ state: 'running' }), anArrival({ etag: 'etag-2' }))).toEqual({
      kind: 'file-overwritten',
      subject: 'sales@2026-11-22#1#s3://landing/sales/20261122/orders_tokyo.tsv.gz#etag-2',
      feed: 'sales',
      title: 'sales 2026-11-22: a file came after the run was submitted',
      body: [
        'Run sales@2026-11-22, generation 1 was running when this file came or was written again:',
        '',
        's3://landing/sales/20261122/orders_tokyo.tsv.gz',
        'Slot: orders',
        'Size: 1000 bytes',
        '',
        'The job may have read the old content. Replay the run if the new one matters.',
      ].join('\n'),
    });
  });

  it('is another alert for another content, writing, generation or file', () => {
    const subjects = [
      fileOverwritten(aRun(), anArrival()),
      fileOverwritten(aRun(), { ...anArrival(), writtenAt: new Date('2026-11-22T04:00:00.000Z') }),
      fileOverwritten(aRun(), { ...anArrival(), writtenAt: new Date('2026-11-22T04:00:01.000Z') }),
      fileOverwritten(aRun(), anArrival({ etag: 'etag-2' })),
      fileOverwritten(aRun({ generation: 2 }), anArrival()),
      fileOverwritten(aRun(), anArrival({ key: 'other' })),
    ].map(({ subject }) => subject);

    expect(new Set(subjects).size).toBe(6);
  });
});

describe('what is told of a job', () => {
  const run = aRun({
    state: 'failed',
    claim: aClaim(),
    job: { id: 'job-1', submittedAt: new Date(0), startedAt: new Date(0), stoppedAt: new Date(5_400_000) },
  });
  const FACTS =
    'Job: breakaway-test-sales-20261122-0123456789ab\nQueue: etl\nJob definition: import-sales\nJob id: job-1';

  it('is that it has started, and that it has succeeded', () => {
    expect(jobStarted(run)).toEqual({
      kind: 'job-started',
      subject: 'sales@2026-11-22#1',
      feed: 'sales',
      queue: 'etl',
      title: 'sales 2026-11-22: the job has started',
      body: `Run sales@2026-11-22, generation 1 is running.\n\n${FACTS}`,
    });
    expect(jobSucceeded(run)).toMatchObject({
      kind: 'job-succeeded',
      title: 'sales 2026-11-22: the job has succeeded, after 1 h 30 min',
      body: `Run sales@2026-11-22, generation 1 is done.\n\n${FACTS}`,
    });
  });

  it('says nothing of what is not known', () => {
    expect(jobSucceeded(aRun())).toEqual({
      kind: 'job-succeeded',
      subject: 'sales@2026-11-22#1',
      feed: 'sales',
      title: 'sales 2026-11-22: the job has succeeded',
      body: 'Run sales@2026-11-22, generation 1 is done.\n',
    });
  });

  it('is that it failed, and nobody had said so', () => {
    const alert = jobFailedUnheard(run, { id: 'job-1', attempts: [], status: 'FAILED' }, 'too late');

    expect(alert).toMatchObject({ kind: 'job-failed', subject: 'job-1#0#FAILED', feed: 'sales', queue: 'etl' });
    expect(alert.body).toContain(`${FACTS}\nStatus reason: too late\n`);
  });

  it('is that nobody can tell any more how it ended', () => {
    expect(jobGone(run, { id: 'job-1' })).toMatchObject({
      kind: 'job-failed',
      subject: 'job-1#gone',
      title: 'sales 2026-11-22: the job is gone',
      body: expect.stringContaining('does not know the job of run sales@2026-11-22, generation 1 any more'),
    });
  });
});
