import { BatchClient, DescribeJobsCommand } from '@aws-sdk/client-batch';
import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { ListTopicsCommand, SNSClient } from '@aws-sdk/client-sns';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createSignedRequests, errorTypeOf, hostOf, reasonOf } from '../../../shared/aws/signed-requests.ts';
import { type Answer, startProxy } from '../../faults/proxy.ts';

beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('AWS_CONFIG_FILE', '/nowhere');
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const batch = { endpointName: 'BATCH', signingName: 'batch', uriEscapePath: true };

const listen = async (...answers: Answer[]) => {
  const last = answers.at(-1) ?? { status: 200 };
  const server = await startProxy(() => answers.shift() ?? last);
  onTestFinished(server.close);
  return {
    server,
    request: { method: 'POST' as const, origin: new URL(server.url), path: '/v1/listjobs', body: '{}' },
  };
};

describe('createSignedRequests', () => {
  it.each([
    ['throttled', { status: 429 }],
    ['throttled in the way of JSON', { status: 400, body: '{"__type":"x#ThrottlingException"}' }],
    ['down', { status: 500 }],
  ])('tries again when a service is %s', async (_, answer) => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const { server, request } = await listen(answer, answer, { status: 200, body: 'yes' });

    const { status, body } = await createSignedRequests(batch).send(request, undefined);

    expect({ status, body, tries: server.requests.length }).toEqual({ status: 200, body: 'yes', tries: 3 });
  });

  it('signs each attempt at its own time, since a signature is good for minutes only', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const { request } = await listen({ status: 500 }, { status: 200 });
    const handle = vi.spyOn(NodeHttpHandler.prototype, 'handle');
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    let turns = 0;
    const pace = async (): Promise<void> => {
      turns += 1;
      vi.setSystemTime(`2026-11-22T05:0${turns}:00Z`);
    };

    await createSignedRequests({ ...batch, pace }).send(request, undefined);

    const dates = handle.mock.calls.map(([{ headers }]) => headers['x-amz-date']);
    expect(dates).toEqual(['20261122T050100Z', '20261122T050200Z']);
  });

  it('gives the last answer when all attempts end alike', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const { server, request } = await listen({ status: 503 });

    const { status } = await createSignedRequests(batch).send(request, undefined);

    expect({ status, tries: server.requests.length }).toEqual({ status: 503, tries: 3 });
  });

  it('does not try again what would end alike', async () => {
    const { server, request } = await listen({ status: 400, body: '{"message":"no"}' });

    expect((await createSignedRequests(batch).send(request, undefined)).status).toBe(400);
    expect(server.requests).toHaveLength(1);
  });

  it('rejects when no answer came, after its attempts', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const { server, request } = await listen();
    await server.close();

    await expect(createSignedRequests(batch).send(request, undefined)).rejects.toThrow('ECONNREFUSED');
  });

  it('ends at once when it is aborted', async () => {
    const { server, request } = await listen();
    server.script = { fault: () => ({ reaches: false, shows: 'hang' }) };
    const startedAt = performance.now();

    const sent = createSignedRequests(batch).send(request, AbortSignal.timeout(50));

    await expect(sent).rejects.toThrow(/abort/i);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  it('tells where the environment sends it', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1');
    vi.stubEnv('AWS_ENDPOINT_URL_BATCH', 'http://127.0.0.1:2');
    const other = { endpointName: 'SNS', signingName: 'sns', uriEscapePath: true, region: 'us-east-1' };

    expect(await createSignedRequests(batch).surroundings()).toEqual({
      region: 'eu-central-1',
      endpoint: 'http://127.0.0.1:2',
      fips: false,
      dualstack: false,
    });
    expect(await createSignedRequests(other).surroundings()).toMatchObject({
      region: 'us-east-1',
      endpoint: 'http://127.0.0.1:1',
    });
  });
});

describe('hostOf', () => {
  const REGIONS = ['us-east-1', 'ap-northeast-1', 'eu-central-1', 'cn-north-1', 'us-gov-west-1', 'us-gov-east-1'];
  const CALLS: Readonly<Record<string, (region: string) => Promise<unknown>>> = {
    batch: (region) => new BatchClient({ region, maxAttempts: 1 }).send(new DescribeJobsCommand({ jobs: ['a'] })),
    logs: (region) =>
      new CloudWatchLogsClient({ region, maxAttempts: 1 }).send(new GetLogEventsCommand({ logStreamName: 's' })),
    sns: (region) => new SNSClient({ region, maxAttempts: 1 }).send(new ListTopicsCommand({})),
  };
  const cases = Object.keys(CALLS).flatMap((service) =>
    REGIONS.flatMap((region) =>
      [false, true].flatMap((fips) => [false, true].map((dualstack) => ({ service, region, fips, dualstack }))),
    ),
  );

  it.each(cases)(
    'asks the host that the client of $service asks in $region (FIPS $fips, dual stack $dualstack)',
    async ({ service, ...where }) => {
      let host = '';
      vi.spyOn(NodeHttpHandler.prototype, 'handle').mockImplementation(async ({ hostname }) => {
        host = hostname;
        throw new Error('Captured');
      });
      vi.stubEnv('AWS_USE_FIPS_ENDPOINT', String(where.fips));
      vi.stubEnv('AWS_USE_DUALSTACK_ENDPOINT', String(where.dualstack));

      await CALLS[service]?.(where.region).catch(() => undefined);

      expect(hostOf(service, where)).toBe(host);
    },
  );
});

describe('errorTypeOf and reasonOf', () => {
  it.each([
    [
      '{"__type":"com.amazonaws.logs#ResourceNotFoundException","message":"gone"}',
      {},
      'ResourceNotFoundException',
      'gone',
    ],
    ['{"message":"no"}', { 'x-amzn-errortype': 'ClientException:http://internal/' }, 'ClientException', 'no'],
    ['<Error><Code>NotFound</Code><Message>No topic</Message></Error>', {}, 'NotFound', 'No topic'],
    ['', {}, '', ''],
    // In the words of the service, not in those of JSON.
    ['{"message":"no \\"etl:3\\"\\n"}', {}, '', 'no "etl:3"\n'],
    ['{"message":"half an esc\\u00"}', {}, '', 'half an esc\\u00'],
  ])('read %j', (body, headers, type, message) => {
    const answer = { status: 400, headers, body };

    expect(errorTypeOf(answer)).toBe(type);
    expect(reasonOf('It', answer)).toBe(['It answered 400', type, message].filter((part) => part !== '').join(' '));
  });
});
