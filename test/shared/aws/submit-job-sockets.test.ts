/** How often a job is submitted, counted where it counts: at the far end of real sockets. The rest of the adapter is in `batch.test.ts`. */
import { createServer } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createJobQueues } from '../../../shared/aws/batch.ts';
import type { JobQueues } from '../../../shared/runs/submission.ts';
import { type Answer, FAULTS, type FaultProxy, startProxy } from '../../faults/proxy.ts';
import { aRequest } from '../../support/builders.ts';

vi.hoisted(() => {
  Object.assign(process.env, {
    AWS_REGION: 'ap-northeast-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
});

const signal = new AbortController().signal;

const ACCEPTED: Answer = { status: 200, body: '{"jobId":"job-1","jobName":"a-job"}' };
const LISTED: Answer = { status: 200, body: '{"jobSummaryList":[]}' };

let batch: FaultProxy;

beforeAll(async () => {
  batch = await startProxy(({ operation }) => (operation === 'SubmitJob' ? ACCEPTED : LISTED));
});
afterAll(() => batch.close());
beforeEach(() => batch.reset());

const jobQueuesAt = (url: string): JobQueues => {
  vi.stubEnv('AWS_ENDPOINT_URL_BATCH', url);
  return createJobQueues();
};
const sent = (): string[] => batch.requests.map(({ operation }) => operation);

const error = (status: number, name: string) =>
  ({ reaches: true, shows: { status, body: `{"__type":"${name}"}` } }) as const;

describe('submit, over real sockets', () => {
  it('sends the request once, and gives the id of the job', async () => {
    expect(await jobQueuesAt(batch.url).submit(aRequest(), signal)).toEqual({ kind: 'accepted', jobId: 'job-1' });
    expect(sent()).toEqual(['SubmitJob']);
  });

  it.each([
    ['the connection is reset', FAULTS.lostByReset],
    ['Batch fails', FAULTS.lostByServerError],
    ['Batch is not available', FAULTS.lostByUnavailable],
    ['the answer is cut off', FAULTS.lostByCut],
    ['the answer makes no sense', FAULTS.lostByBrokenBody],
    ['the answer does not come', FAULTS.lostByTimeout],
  ])(
    'sends it once, and does not know what became of it, when %s',
    async (_, fault) => {
      batch.script.fault = () => fault;

      const submission = await jobQueuesAt(batch.url).submit(aRequest(), signal);

      expect(submission).toEqual({ kind: 'ambiguous', error: expect.any(Error) });
      expect(sent()).toEqual(['SubmitJob']);
    },
    10_000,
  );

  it('sends it once when whoever asks gives up', async () => {
    batch.script.fault = () => FAULTS.lostByTimeout;
    const abort = new AbortController();
    batch.script.onAnswered = () => abort.abort();

    const submission = await jobQueuesAt(batch.url).submit(aRequest(), abort.signal);

    expect(submission).toMatchObject({ kind: 'ambiguous', error: { name: 'AbortError' } });
    expect(sent()).toEqual(['SubmitJob']);
  });

  it.each([
    [400, 'ClientException', 'refused'],
    [403, 'AccessDeniedException', 'refused'],
    [404, 'ClientException', 'refused'],
    [429, 'TooManyRequestsException', 'unsent'],
    [400, 'ThrottlingException', 'unsent'],
    [403, 'ExpiredTokenException', 'unsent'],
    [408, 'RequestTimeout', 'ambiguous'],
  ])('sends it once and reads the answer %i %s as %s', async (status, name, kind) => {
    batch.script.fault = () => error(status, name);

    const submission = await jobQueuesAt(batch.url).submit(aRequest(), signal);

    expect(submission).toMatchObject(
      kind === 'refused' ? { kind, reason: name } : { kind, error: { name, $metadata: { httpStatusCode: status } } },
    );
    expect(sent()).toEqual(['SubmitJob']);
  });

  it('is sure that nothing was sent when nothing listens', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    if (address === null || typeof address === 'string') throw new Error('The server has no port');

    const submission = await jobQueuesAt(`http://127.0.0.1:${address.port}`).submit(aRequest(), signal);

    expect(submission).toMatchObject({ kind: 'unsent', error: { code: 'ECONNREFUSED' } });
  });

  it('takes a connection of its own for each, since a kept one may have been closed by the far end', async () => {
    const jobQueues = jobQueuesAt(batch.url);

    await jobQueues.submit(aRequest(), signal);
    await jobQueues.submit(aRequest(), signal);

    const [first, second] = batch.requests.map(({ connection }) => connection);
    expect(second).not.toBe(first);
  });
});

describe('find, over real sockets', () => {
  it('asks again when an answer is lost: a look-up may be repeated', async () => {
    batch.script.fault = ({ number }) => (number === 1 ? FAULTS.reset : undefined);

    expect(await jobQueuesAt(batch.url).find('etl', 'a-job', new Date(0), signal)).toEqual([]);
    expect(sent()).toEqual(['ListJobs', 'ListJobs']);
  });

  it('rejects when no answer comes through: that is not the same as no job', async () => {
    batch.script.fault = () => FAULTS.serverError;

    await expect(jobQueuesAt(batch.url).find('etl', 'a-job', new Date(0), signal)).rejects.toMatchObject({
      $metadata: { httpStatusCode: 500 },
    });
    expect(sent()).toHaveLength(3);
  });
});
