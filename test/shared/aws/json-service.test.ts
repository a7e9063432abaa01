import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createJsonService, ServiceError } from '../../../shared/aws/json-service.ts';
import { type Answer, startProxy } from '../../faults/proxy.ts';

const { signal } = new AbortController();

const CALL = {
  operation: 'PutMetricData',
  path: '/v1/put',
  headers: { 'content-type': 'application/json' },
  input: { text: 'süß' },
};

const serviceAnswering = async (answer: Answer, base = '') => {
  const server = await startProxy(() => answer);
  onTestFinished(server.close);
  vi.stubEnv('AWS_ENDPOINT_URL_MONITORING', `${server.url}${base}`);
  return { server, call: createJsonService({ endpointName: 'MONITORING', signingName: 'monitoring' }) };
};

beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
});

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('createJsonService', () => {
  it('sends the input as JSON, below the path of the endpoint, and gives what the service answers', async () => {
    const { server, call } = await serviceAnswering({ status: 200, body: '{"done":true}' }, '/base/');

    expect(await call(CALL, signal)).toEqual({ done: true });
    expect(server.requests).toMatchObject([{ path: '/base/v1/put', body: '{"text":"süß"}' }]);
  });

  it('takes nothing at all for an answer without fields', async () => {
    const { call } = await serviceAnswering({ status: 200, body: '' });

    expect(await call(CALL, signal)).toEqual({});
  });

  it('rejects with what the service says is wrong', async () => {
    const { call } = await serviceAnswering({ status: 400, body: '{"__type":"x#Invalid","message":"no, no"}' });

    const error = await call(CALL, signal).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(ServiceError);
    expect(error).toMatchObject({
      message: 'PutMetricData answered 400 Invalid no, no',
      type: 'Invalid',
      status: 400,
      said: 'no, no',
    });
  });
});
