import { request as send } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { FAULTS, type FaultProxy, type ProxyRequest, startProxy } from './proxy.ts';

let proxy: FaultProxy | undefined;

afterEach(async () => {
  await proxy?.close();
});

const start = async (): Promise<{ proxy: FaultProxy; reached: ProxyRequest[] }> => {
  const reached: ProxyRequest[] = [];
  proxy = await startProxy((request) => {
    reached.push(request);
    return { status: 200, headers: { 'content-type': 'application/json' }, body: '{"jobId":"job-1"}' };
  });
  return { proxy, reached };
};

type Seen = { status?: number; body?: string; error?: string };

const submitJob = (url: string, timeoutMs = 1_000): Promise<Seen> =>
  new Promise((resolve) => {
    let body = '';
    const outgoing = send(`${url}/v1/submitjob`, { method: 'POST', timeout: timeoutMs }, (answer) => {
      const status = answer.statusCode ?? 0;
      answer
        .on('data', (chunk) => {
          body += String(chunk);
        })
        .on('end', () => resolve({ status, body }))
        .on('error', (error) => resolve({ status, error: error.message }));
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('silent')));
    outgoing.on('error', (error) => resolve({ error: error.message }));
    outgoing.end('{}');
  });

describe('startProxy', () => {
  it('passes requests on, and keeps a log of them', async () => {
    const { proxy, reached } = await start();

    expect(await submitJob(proxy.url)).toEqual({ status: 200, body: '{"jobId":"job-1"}' });
    expect(reached).toMatchObject([{ number: 1, service: 'batch', operation: 'SubmitJob', body: '{}', connection: 1 }]);
    expect(proxy.requests).toEqual(reached);
  });

  it.each([
    ['lostByReset', 1, { error: 'read ECONNRESET' }],
    ['lostByTimeout', 1, { error: 'silent' }],
    ['lostByServerError', 1, { status: 500, body: '{"__type":"InternalServerError"}' }],
    ['lostByUnavailable', 1, { status: 503, body: '{"__type":"ServiceUnavailable"}' }],
    ['lostByCut', 1, { status: 200, error: 'aborted' }],
    ['lostByBrokenBody', 1, { status: 200, body: '{"jobId"' }],
    ['reset', 0, { error: 'read ECONNRESET' }],
    ['hung', 0, { error: 'silent' }],
    ['serverError', 0, { status: 500, body: '{"__type":"InternalServerError"}' }],
    ['throttled', 0, { status: 429, body: '{"__type":"TooManyRequestsException"}' }],
    ['notFound', 0, { status: 404, body: '' }],
  ] as const)('breaks a request: %s reaches the service %i times', async (name, times, seen) => {
    const { proxy, reached } = await start();
    proxy.script.fault = () => FAULTS[name];

    const answer = await submitJob(proxy.url, 300);

    expect(answer.error?.replace('socket hang up', 'read ECONNRESET')).toBe('error' in seen ? seen.error : undefined);
    expect(answer).toMatchObject('error' in seen ? { ...seen, error: answer.error } : seen);
    expect(reached).toHaveLength(times);
  });

  it('breaks the n-th request only, and tells of it before and after the service has worked', async () => {
    const { proxy, reached } = await start();
    const told: string[] = [];
    proxy.script = {
      fault: ({ number }) => (number === 2 ? FAULTS.throttled : undefined),
      onRequest: ({ number }) => told.push(`${number} came, ${reached.length} reached`),
      onAnswered: ({ number }) => told.push(`${number} answered, ${reached.length} reached`),
    };

    const statuses = [(await submitJob(proxy.url)).status, (await submitJob(proxy.url)).status];
    proxy.reset();
    statuses.push((await submitJob(proxy.url)).status);

    expect(statuses).toEqual([200, 429, 200]);
    expect(told).toEqual(['1 came, 0 reached', '1 answered, 1 reached', '2 came, 1 reached', '2 answered, 1 reached']);
    expect(proxy.requests.map(({ number }) => number)).toEqual([1]);
  });

  it('takes its time when it is told to', async () => {
    const { proxy } = await start();
    proxy.script.fault = ({ number }) => ({ reaches: true, shows: 'pass', delayMs: number === 1 ? 300 : 0 });
    const answered: string[] = [];

    const delayed = submitJob(proxy.url).then(() => answered.push('delayed'));
    await expect.poll(() => proxy.requests).toHaveLength(1);
    await submitJob(proxy.url).then(() => answered.push('next'));
    await delayed;

    expect(answered).toEqual(['next', 'delayed']);
  });
});
