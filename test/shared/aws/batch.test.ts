import { BatchClient, ListJobsCommand, SubmitJobCommand } from '@aws-sdk/client-batch';
import { describe, expect, it } from 'vitest';
import { createJobQueues, submissionFrom } from '../../../shared/aws/batch.ts';
import { LookUpRefusedError } from '../../../shared/runs/submission.ts';
import { batchError } from '../../support/batch-errors.ts';
import { aRequest } from '../../support/builders.ts';
import { mockAws } from '../../support/mock-aws.ts';

const batch = mockAws(BatchClient);

const jobQueues = createJobQueues();
const signal = new AbortController().signal;

const failed = (code: string, syscall = 'read'): Error =>
  Object.assign(new Error(`${syscall} ${code}`), { code, syscall });

describe('submissionFrom', () => {
  it.each([
    ['nothing listened', failed('ECONNREFUSED', 'connect')],
    ['the name was not found', failed('ENOTFOUND', 'getaddrinfo')],
    ['there were no credentials', Object.assign(new Error('none'), { name: 'CredentialsProviderError' })],
    ['Batch throttled', batchError(429, 'TooManyRequestsException')],
    ['Batch throttled without a name that is known', batchError(429, 'UnknownError')],
    ['Batch throttled with another status', batchError(400, 'ThrottlingException')],
    ['the token had expired', batchError(403, 'ExpiredTokenException')],
    ['the clock was wrong', batchError(403, 'InvalidSignatureException')],
  ])('is sure that there is no job when %s, and that it may be sent again', (_, error) => {
    expect(submissionFrom(error)).toEqual({ kind: 'unsent', error });
  });

  it.each([
    ['Unknown', 'UnknownError', 'status 413'],
    ['ClientException', 'UnknownError', 'ClientException'],
    ['ClientException', '', 'ClientException'],
    ['Unknown', 'no such queue', 'no such queue'],
  ])('takes for the reason of a refusal what Batch said: name %j and message %j', (name, message, reason) => {
    expect(submissionFrom(batchError(413, name, message))).toEqual({ kind: 'refused', reason });
  });

  it('takes the status for the reason, when the answer could not be read', () => {
    const error = Object.assign(new SyntaxError('Unexpected token'), { $metadata: { httpStatusCode: 413 } });

    expect(submissionFrom(error)).toEqual({ kind: 'refused', reason: 'status 413' });
  });

  it.each([
    [400, 'ClientException'],
    [403, 'AccessDeniedException'],
    [404, 'ResourceNotFoundException'],
    [413, 'PayloadTooLarge'],
    [499, 'ClientException'],
  ])('takes a %i %s for a refusal', (status, name) => {
    expect(submissionFrom(batchError(status, name))).toEqual({ kind: 'refused', reason: `${name}: what Batch said` });
  });

  it.each([
    ['the connection was reset', failed('ECONNRESET')],
    ['the host was lost after something was sent', failed('EHOSTUNREACH', 'read')],
    ['the connection was refused without a word on when', Object.assign(new Error('odd'), { code: 'ECONNREFUSED' })],
    ['the answer did not come in time', Object.assign(failed('ETIMEDOUT'), { name: 'TimeoutError' })],
    ['the answer was cut off', new SyntaxError('Unexpected end of JSON input')],
    [
      'a success could not be read',
      Object.assign(new SyntaxError('Unexpected token'), { $metadata: { httpStatusCode: 200 } }),
    ],
    ['there was no answer', Object.assign(new Error('socket hang up'), { $metadata: { attempts: 1 } })],
    ['the function ran out of time', Object.assign(new Error('Request aborted'), { name: 'AbortError' })],
    ['an error has a code that is none', Object.assign(new Error('odd'), { code: 1 })],
    ['Batch failed', batchError(500, 'ServerException')],
    ['Batch was not available', batchError(503, 'ServiceUnavailable')],
    ['Batch throttled with a status that proves nothing', batchError(503, 'TooManyRequestsException')],
    ['the request took too long to arrive', batchError(408, 'RequestTimeout')],
    ['something redirected', batchError(301, 'UnknownError')],
    ['there was no status', batchError(0, 'Unknown')],
  ])('does not know whether there is a job when %s', (_, error) => {
    expect(submissionFrom(error)).toEqual({ kind: 'ambiguous', error });
  });
});

describe('submit', () => {
  it('sends the request as it is, and gives the id of the job', async () => {
    batch.on(SubmitJobCommand).resolves({ jobId: 'job-1', jobName: 'n' });

    expect(await jobQueues.submit(aRequest(), signal)).toEqual({ kind: 'accepted', jobId: 'job-1' });
    expect(batch.commandCalls(SubmitJobCommand).map(({ args: [{ input }] }) => input)).toEqual([aRequest()]);
  });

  it('does not take an answer without an id for a job', async () => {
    batch.on(SubmitJobCommand).resolves({});

    expect(await jobQueues.submit(aRequest(), signal)).toEqual({
      kind: 'ambiguous',
      error: new Error('SubmitJob answered without a job id'),
    });
  });

  it('never rejects, whatever was thrown', async () => {
    batch.on(SubmitJobCommand).rejects(batchError(400, 'ClientException'));
    batch.on(SubmitJobCommand, { jobName: 'odd' }).rejects(new Error('odd'));

    expect(await jobQueues.submit(aRequest(), signal)).toMatchObject({ kind: 'refused' });
    expect(await jobQueues.submit(aRequest({ jobName: 'odd' }), signal)).toEqual({
      kind: 'ambiguous',
      error: new Error('odd'),
    });
  });
});

describe('find', () => {
  const since = new Date('2026-11-22T03:00:00.000Z');
  const job = (jobId: string, minutes: number, jobName = 'a-job') => ({
    jobId,
    jobName,
    createdAt: since.getTime() + minutes * 60_000,
  });

  it('asks one queue for the name, in whatever status, and gives the oldest first', async () => {
    batch.on(ListJobsCommand).resolves({ jobSummaryList: [job('later', 5), job('earlier', 0)] });

    const found = await jobQueues.find('etl', 'a-job', since, signal);

    expect(found).toEqual([
      { jobId: 'earlier', createdAt: since },
      { jobId: 'later', createdAt: new Date('2026-11-22T03:05:00.000Z') },
    ]);
    expect(batch.commandCalls(ListJobsCommand).map(({ args: [{ input }] }) => input)).toEqual([
      { jobQueue: 'etl', filters: [{ name: 'JOB_NAME', values: ['a-job'] }] },
    ]);
  });

  it('leaves out what only looks alike: another case, an older job, one without an id', async () => {
    const { jobId: __, ...withoutId } = job('', 1);
    batch.on(ListJobsCommand).resolves({
      jobSummaryList: [job('other-case', 1, 'A-Job'), job('older', -1), { ...withoutId, jobId: undefined }],
    });

    expect(await jobQueues.find('etl', 'a-job', since, signal)).toEqual([]);
  });

  it('takes one without a time for the one that is looked for', async () => {
    const { createdAt: _, ...withoutTime } = job('timeless', 1);
    batch.on(ListJobsCommand).resolves({ jobSummaryList: [withoutTime] });

    expect(await jobQueues.find('etl', 'a-job', since, signal)).toEqual([{ jobId: 'timeless', createdAt: since }]);
  });

  it('reads every page, the empty ones too', async () => {
    batch
      .on(ListJobsCommand)
      .resolvesOnce({ jobSummaryList: [], nextToken: 'second' })
      .resolvesOnce({ jobSummaryList: [], nextToken: 'third' })
      .resolvesOnce({ jobSummaryList: [job('last', 1)] });

    expect(await jobQueues.find('etl', 'a-job', since, signal)).toMatchObject([{ jobId: 'last' }]);
    expect(batch.commandCalls(ListJobsCommand).map(({ args: [{ input }] }) => input.nextToken)).toEqual([
      undefined,
      'second',
      'third',
    ]);
  });

  it('rejects when a page token comes again, rather than never to end', async () => {
    batch.on(ListJobsCommand).resolves({ jobSummaryList: [], nextToken: 'again' });

    await expect(jobQueues.find('etl', 'a-job', since, signal)).rejects.toThrow(
      'ListJobs of queue etl repeated a page token',
    );
    expect(batch.commandCalls(ListJobsCommand)).toHaveLength(2);
  });

  it.each([
    [404, 'ClientException'],
    [403, 'AccessDeniedException'],
  ])('says that it is of no use to ask again after a %i %s', async (status, name) => {
    batch.on(ListJobsCommand).rejects(batchError(status, name));

    const failed = jobQueues.find('etl', 'a-job', since, signal);

    await expect(failed).rejects.toBeInstanceOf(LookUpRefusedError);
    await expect(failed).rejects.toMatchObject({ message: `${name}: what Batch said`, cause: { name } });
  });

  it.each([
    [429, 'TooManyRequestsException'],
    [403, 'ExpiredTokenException'],
  ])('does not say so after a %i %s, which passes', async (status, name) => {
    batch.on(ListJobsCommand).rejects(batchError(status, name));

    await expect(jobQueues.find('etl', 'a-job', since, signal)).rejects.toMatchObject({ name });
  });

  it('rejects when Batch cannot be asked: that is not the same as no job', async () => {
    batch.on(ListJobsCommand).rejects(batchError(500, 'ServerException'));

    await expect(jobQueues.find('etl', 'a-job', since, signal)).rejects.toThrow('what Batch said');
  });

  it('does not take an answer without a list for an empty one', async () => {
    batch.on(ListJobsCommand).resolves({});

    await expect(jobQueues.find('etl', 'a-job', since, signal)).rejects.toThrow(
      'ListJobs answered without jobSummaryList',
    );
  });
});
