import { BatchClient, ListJobsCommand, SubmitJobCommand } from '@aws-sdk/client-batch';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createJobQueues, submissionFrom } from '../../../shared/aws/batch.ts';
import { ServiceError } from '../../../shared/aws/json-service.ts';
import { LookUpRefusedError } from '../../../shared/runs/submission.ts';
import { aRequest } from '../../support/builders.ts';
import { mockBatch, refusal } from '../../support/mock-batch.ts';

vi.hoisted(() => {
  Object.assign(process.env, {
    AWS_REGION: 'ap-northeast-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
});

const batch = mockBatch();

const jobQueues = createJobQueues();
const signal = new AbortController().signal;

const answered = (status: number, type: string): ServiceError =>
  new ServiceError('SubmitJob', {
    status,
    headers: {},
    body: JSON.stringify({ __type: type, message: 'what Batch said' }),
  });

const failed = (code: string, syscall = 'read'): Error =>
  Object.assign(new Error(`${syscall} ${code}`), { code, syscall });

afterEach(() => {
  vi.restoreAllMocks();
});

describe('submissionFrom', () => {
  it.each([
    ['nothing listened', failed('ECONNREFUSED', 'connect')],
    ['the name was not found', failed('ENOTFOUND', 'getaddrinfo')],
    ['there were no credentials', Object.assign(new Error('none'), { name: 'CredentialsProviderError' })],
    ['Batch throttled', answered(429, 'TooManyRequestsException')],
    ['Batch throttled without a name that is known', answered(429, 'UnknownError')],
    ['Batch throttled with another status', answered(400, 'ThrottlingException')],
    ['the token had expired', answered(403, 'ExpiredTokenException')],
    ['the clock was wrong', answered(403, 'InvalidSignatureException')],
  ])('is sure that there is no job when %s, and that it may be sent again', (_, error) => {
    expect(submissionFrom(error)).toEqual({ kind: 'unsent', error });
  });

  it.each([
    ['', '', 'status 413'],
    ['ClientException', '', 'ClientException'],
    ['', 'no such queue', 'no such queue'],
  ])('says of a refusal what there is to say: type %j and message %j', (type, message, reason) => {
    const body = JSON.stringify({ ...(type && { __type: type }), ...(message && { message }) });

    const submission = submissionFrom(new ServiceError('SubmitJob', { status: 413, headers: {}, body }));

    expect(submission).toEqual({ kind: 'refused', reason });
  });

  it.each([
    [400, 'ClientException'],
    [403, 'AccessDeniedException'],
    [404, 'ResourceNotFoundException'],
    [413, 'UnknownError'],
    [499, 'ClientException'],
  ])('takes a %i %s for a refusal', (status, name) => {
    expect(submissionFrom(answered(status, name))).toEqual({ kind: 'refused', reason: `${name}: what Batch said` });
  });

  it.each([
    ['the connection was reset', failed('ECONNRESET')],
    ['the host was lost after something was sent', failed('EHOSTUNREACH', 'read')],
    ['the connection was refused without a word on when', Object.assign(new Error('odd'), { code: 'ECONNREFUSED' })],
    ['the answer did not come in time', Object.assign(failed('ETIMEDOUT'), { name: 'TimeoutError' })],
    ['the answer was cut off', new SyntaxError('Unexpected end of JSON input')],
    ['the function ran out of time', Object.assign(new Error('Request aborted'), { name: 'AbortError' })],
    ['an error has a code that is none', Object.assign(new Error('odd'), { code: 1 })],
    ['Batch failed', answered(500, 'ServerException')],
    ['Batch was not available', answered(503, 'ServiceUnavailable')],
    ['Batch throttled with a status that proves nothing', answered(503, 'TooManyRequestsException')],
    ['the request took too long to arrive', answered(408, 'RequestTimeout')],
    ['something redirected', answered(301, 'UnknownError')],
    ['there was no status', answered(0, 'UnknownError')],
  ])('does not know whether there is a job when %s', (_, error) => {
    expect(submissionFrom(error)).toEqual({ kind: 'ambiguous', error });
  });
});

describe('submit', () => {
  it('sends the request as it is, and gives the id of the job', async () => {
    batch.answers('SubmitJob', { jobId: 'job-1', jobName: 'n' });

    expect(await jobQueues.submit(aRequest(), signal)).toEqual({ kind: 'accepted', jobId: 'job-1' });
    expect(batch.inputs('SubmitJob')).toEqual([aRequest()]);
  });

  it('does not take an answer without an id for a job', async () => {
    batch.answers('SubmitJob', {});

    expect(await jobQueues.submit(aRequest(), signal)).toEqual({
      kind: 'ambiguous',
      error: new Error('SubmitJob answered without a job id'),
    });
  });

  it('never rejects, whatever was thrown', async () => {
    batch.fails('SubmitJob', refusal(400, 'ClientException'));
    batch.fails('SubmitJob', new Error('odd'), { jobName: 'odd' });

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
    batch.answers('ListJobs', { jobSummaryList: [job('later', 5), job('earlier', 0)] });

    const found = await jobQueues.find('etl', 'a-job', since, signal);

    expect(found).toEqual([
      { jobId: 'earlier', createdAt: since },
      { jobId: 'later', createdAt: new Date('2026-11-22T03:05:00.000Z') },
    ]);
    expect(batch.inputs('ListJobs')).toEqual([{ jobQueue: 'etl', filters: [{ name: 'JOB_NAME', values: ['a-job'] }] }]);
  });

  it('leaves out what only looks alike: another case, an older job, one without an id', async () => {
    const { jobId: __, ...withoutId } = job('', 1);
    batch.answers('ListJobs', {
      jobSummaryList: [job('other-case', 1, 'A-Job'), job('older', -1), { ...withoutId, jobId: undefined }],
    });

    expect(await jobQueues.find('etl', 'a-job', since, signal)).toEqual([]);
  });

  it('takes one without a time for the one that is looked for', async () => {
    const { createdAt: _, ...withoutTime } = job('timeless', 1);
    batch.answers('ListJobs', { jobSummaryList: [withoutTime] });

    expect(await jobQueues.find('etl', 'a-job', since, signal)).toEqual([{ jobId: 'timeless', createdAt: since }]);
  });

  it('reads every page, the empty ones too', async () => {
    batch.answersInTurn(
      'ListJobs',
      { jobSummaryList: [], nextToken: 'second' },
      { jobSummaryList: [], nextToken: 'third' },
      { jobSummaryList: [job('last', 1)] },
    );

    expect(await jobQueues.find('etl', 'a-job', since, signal)).toMatchObject([{ jobId: 'last' }]);
    expect(batch.inputs('ListJobs').map(({ nextToken }) => nextToken)).toEqual([undefined, 'second', 'third']);
  });

  it('rejects when a page token comes again, rather than never to end', async () => {
    batch.answers('ListJobs', { jobSummaryList: [], nextToken: 'again' });

    await expect(jobQueues.find('etl', 'a-job', since, signal)).rejects.toThrow(
      'ListJobs of queue etl repeated a page token',
    );
    expect(batch.inputs('ListJobs')).toHaveLength(2);
  });

  it.each([
    [404, 'ClientException'],
    [403, 'AccessDeniedException'],
  ])('says that it is of no use to ask again after a %i %s', async (status, name) => {
    batch.fails('ListJobs', refusal(status, name));

    const failed = jobQueues.find('etl', 'a-job', since, signal);

    await expect(failed).rejects.toBeInstanceOf(LookUpRefusedError);
    await expect(failed).rejects.toMatchObject({ message: `${name}: what Batch said`, cause: { type: name, status } });
  });

  it.each([
    [429, 'TooManyRequestsException'],
    [403, 'ExpiredTokenException'],
  ])('does not say so after a %i %s, which passes', async (status, name) => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    batch.fails('ListJobs', refusal(status, name));

    await expect(jobQueues.find('etl', 'a-job', since, signal)).rejects.toMatchObject({
      name: 'ServiceError',
      type: name,
      status,
    });
  });

  it('rejects when Batch cannot be asked: that is not the same as no job', async () => {
    batch.fails('ListJobs', refusal(500, 'ServerException'));

    await expect(jobQueues.find('etl', 'a-job', since, signal)).rejects.toThrow('what Batch said');
  });

  it('does not take an answer without a list for an empty one', async () => {
    batch.answers('ListJobs', {});

    await expect(jobQueues.find('etl', 'a-job', since, signal)).rejects.toThrow(
      'ListJobs answered without jobSummaryList',
    );
  });
});

it('sends what the client of the SDK sends', async () => {
  const sent: { method: string; path: string; hostname: string; headers: Record<string, string>; body: string }[] = [];
  vi.mocked(NodeHttpHandler.prototype.handle).mockImplementation(async (request) => {
    sent.push(request as never);
    throw new Error('Captured');
  });
  vi.spyOn(Math, 'random').mockReturnValue(0);
  const client = new BatchClient({ maxAttempts: 1 });
  const request = aRequest({
    parameters: { date: '2026-11-22' },
    containerOverrides: {
      command: ['import', '新規'],
      environment: [{ name: 'A', value: 'b' }],
      resourceRequirements: [{ type: 'VCPU', value: '0.25' }],
    },
    arrayProperties: { size: 3 },
    timeout: { attemptDurationSeconds: 60 },
    retryStrategy: { attempts: 2, evaluateOnExit: [{ action: 'EXIT', onExitCode: '2' }] },
    shareIdentifier: 'team',
    schedulingPriorityOverride: 1,
    tags: { team: 'etl' },
    propagateTags: true,
  });

  await client.send(new SubmitJobCommand(request)).catch(() => undefined);
  await jobQueues.submit(request, signal);
  await client
    .send(new ListJobsCommand({ jobQueue: 'etl', filters: [{ name: 'JOB_NAME', values: ['a-job'] }] }))
    .catch(() => undefined);
  await jobQueues.find('etl', 'a-job', new Date(0), signal).catch(() => undefined);

  const seen = sent.map(({ method, path, hostname, headers, body }) => ({
    method,
    path,
    hostname,
    contentType: headers['content-type'],
    body: JSON.parse(Buffer.from(body).toString()),
  }));
  // The look-up is tried three times.
  expect(seen).toHaveLength(6);
  expect(seen[1]).toEqual(seen[0]);
  expect(seen.slice(3)).toEqual([seen[2], seen[2], seen[2]]);
});
