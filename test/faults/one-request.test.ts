/** `SubmitJob` is sent once, whatever becomes of its answer: seen from the other end of the socket. */
import { BatchClient, SubmitJobCommand } from '@aws-sdk/client-batch';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createJobQueues } from '../../shared/aws/batch.ts';
import { aRequest } from '../support/builders.ts';
import { FAULTS, type Fault, type FaultProxy, startProxy } from './proxy.ts';

const signal = new AbortController().signal;
const JOB = { jobId: 'job-1', jobName: 'a-job', createdAt: 1_795_300_000_000 };

let proxy: FaultProxy;

beforeAll(async () => {
  proxy = await startProxy(({ operation }) => ({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(operation === 'ListJobs' ? { jobSummaryList: [JOB] } : JOB),
  }));
  for (const [name, value] of Object.entries(proxy.environment)) {
    vi.stubEnv(name, value);
  }
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await proxy.close();
});
beforeEach(() => proxy.reset());

const breakSubmitJob = (fault: Fault): void => {
  proxy.script.fault = ({ operation }) => (operation === 'SubmitJob' ? fault : undefined);
};

describe('SubmitJob', () => {
  it.each([
    ['reset after it was accepted', FAULTS.lostByReset, 'ambiguous'],
    ['cut off after it was accepted', FAULTS.lostByCut, 'ambiguous'],
    ['broken after it was accepted', FAULTS.lostByBrokenBody, 'ambiguous'],
    ['a 500 after it was accepted', FAULTS.lostByServerError, 'ambiguous'],
    ['a 503 after it was accepted', FAULTS.lostByUnavailable, 'ambiguous'],
    ['silence after it was accepted', FAULTS.lostByTimeout, 'ambiguous'],
    ['reset', FAULTS.reset, 'ambiguous'],
    ['a 500', FAULTS.serverError, 'ambiguous'],
    ['a 503', FAULTS.unavailable, 'ambiguous'],
    ['a 429', FAULTS.throttled, 'unsent'],
    ['a 429 without a body', { reaches: false, shows: { status: 429 } }, 'unsent'],
    ['a 403 without a body', FAULTS.forbidden, 'refused'],
    ['a 404 without a body', FAULTS.notFound, 'refused'],
    ['a page of a proxy', { reaches: false, shows: { status: 502, body: '<html>Bad Gateway</html>' } }, 'ambiguous'],
    ['a 204 that says nothing', { reaches: true, shows: { status: 204 } }, 'ambiguous'],
  ] as const)('is sent once when the answer is %s', async (_, fault, kind) => {
    breakSubmitJob(fault);

    const submission = await createJobQueues().submit(aRequest(), signal);

    expect(submission.kind).toBe(kind);
    expect(proxy.requests.map(({ operation }) => operation)).toEqual(['SubmitJob']);
  });

  it('would be sent three times by a client of the SDK as it comes', async () => {
    breakSubmitJob(FAULTS.lostByReset);

    await expect(new BatchClient({}).send(new SubmitJobCommand(aRequest()))).rejects.toMatchObject({
      code: 'ECONNRESET',
    });

    expect(proxy.requests).toHaveLength(3);
  });

  it('is sent once when nothing listens, and is known not to have arrived', async () => {
    const gone = await startProxy(() => ({ status: 200 }));
    await gone.close();
    vi.stubEnv('AWS_ENDPOINT_URL_BATCH', gone.url);

    const submission = await createJobQueues().submit(aRequest(), signal);

    vi.stubEnv('AWS_ENDPOINT_URL_BATCH', undefined);
    expect(submission).toMatchObject({ kind: 'unsent', error: { code: 'ECONNREFUSED' } });
  });

  it('goes over a connection of its own each time, which the far end cannot have closed meanwhile', async () => {
    const jobQueues = createJobQueues();

    await jobQueues.submit(aRequest(), signal);
    await jobQueues.submit(aRequest(), signal);

    expect(new Set(proxy.requests.map(({ connection }) => connection)).size).toBe(2);
  });

  it('is given up when the function runs out of time, and nobody knows whether it arrived', async () => {
    breakSubmitJob(FAULTS.lostByTimeout);

    const submission = await createJobQueues().submit(aRequest(), AbortSignal.timeout(100));

    expect(submission).toMatchObject({ kind: 'ambiguous', error: { name: 'AbortError' } });
    expect(proxy.requests).toHaveLength(1);
  });
});

describe('ListJobs', () => {
  it('may be sent again, since it changes nothing', async () => {
    proxy.script.fault = ({ number }) => (number < 3 ? FAULTS.lostByReset : undefined);

    const found = await createJobQueues().find('etl', 'a-job', new Date(0), signal);

    expect(found).toMatchObject([{ jobId: 'job-1' }]);
    expect(proxy.requests).toHaveLength(3);
  });
});
