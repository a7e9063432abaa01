import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createJobLogs } from '../../../shared/aws/job-logs.ts';
import { type Answer, type FaultProxy, startProxy } from '../../faults/proxy.ts';

const signal = new AbortController().signal;
const place = { group: '/aws/batch/job', stream: 'import/default/1', region: 'eu-central-1' };

type Page = { readonly lines: readonly string[]; readonly before?: string };

const pageOf = ({ lines, before }: Page): Answer => ({
  status: 200,
  body: JSON.stringify({
    events: lines.map((message, index) => ({ timestamp: 1_000 + index, message })),
    nextBackwardToken: before,
  }),
});

const listen = async (...answers: Answer[]): Promise<FaultProxy> => {
  const last = answers.at(-1) ?? { status: 200, body: '{}' };
  const server = await startProxy(() => answers.shift() ?? last);
  onTestFinished(server.close);
  vi.stubEnv('AWS_ENDPOINT_URL_CLOUDWATCH_LOGS', server.url);
  return server;
};

const textsOf = (lines: readonly { readonly text: string }[] | undefined) => lines?.map(({ text }) => text);

beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('tail', () => {
  it('reads the last lines, the newest last', async () => {
    const logs = await listen(pageOf({ lines: ['one', 'two'], before: 'b/1' }), pageOf({ lines: [], before: 'b/1' }));

    const lines = await createJobLogs().tail(place, 2, signal);

    expect(lines).toEqual([
      { at: new Date(1_000), text: 'one' },
      { at: new Date(1_001), text: 'two' },
    ]);
    expect(logs.requests.map(({ operation, body }) => [operation, JSON.parse(body)])).toEqual([
      ['GetLogEvents', { logGroupName: '/aws/batch/job', logStreamName: 'import/default/1', limit: 2 }],
    ]);
  });

  it('goes back where a page is short or empty, until the token comes again', async () => {
    const logs = await listen(
      pageOf({ lines: [], before: 'b/1' }),
      pageOf({ lines: ['two', 'three'], before: 'b/2' }),
      pageOf({ lines: ['one'], before: 'b/2' }),
    );

    const lines = await createJobLogs().tail(place, 10, signal);

    expect(textsOf(lines)).toEqual(['one', 'two', 'three']);
    expect(logs.requests.map(({ body }) => JSON.parse(body).limit)).toEqual([10, 10, 8]);
  });

  it('asks four times at most', async () => {
    let number = 0;
    const server = await startProxy(() => pageOf({ lines: [], before: `b/${number++}` }));
    onTestFinished(server.close);
    vi.stubEnv('AWS_ENDPOINT_URL', server.url);

    expect(await createJobLogs().tail(place, 10, signal)).toEqual([]);
    expect(server.requests).toHaveLength(4);
  });

  it('tells that there is no such log', async () => {
    await listen({ status: 400, body: '{"__type":"ResourceNotFoundException","message":"no stream"}' });

    expect(await createJobLogs().tail(place, 10, signal)).toBeUndefined();
  });

  it('rejects when it may not read', async () => {
    await listen({ status: 400, body: '{"__type":"AccessDeniedException","Message":"not you"}' });

    await expect(createJobLogs().tail(place, 10, signal)).rejects.toMatchObject({
      type: 'AccessDeniedException',
      message: 'GetLogEvents answered 400 AccessDeniedException not you',
    });
  });
});

describe('latest', () => {
  it('reads the newest lines in one request', async () => {
    const logs = await listen(pageOf({ lines: ['one'], before: 'b/1' }));

    const lines = await createJobLogs().latest(place, new Date(500), signal);

    expect(textsOf(lines)).toEqual(['one']);
    expect(logs.requests.map(({ body }) => JSON.parse(body))).toEqual([
      { logGroupName: '/aws/batch/job', logStreamName: 'import/default/1', limit: 1_000, startTime: 500 },
    ]);
  });

  it('takes an answer without lines for an empty log, and what is no line for an empty one', async () => {
    await listen({ status: 200, body: '{}' }, { status: 200, body: '{"events":[{}]}' });
    const logs = createJobLogs();

    expect(await logs.latest(place, undefined, signal)).toEqual([]);
    expect(await logs.latest(place, undefined, signal)).toEqual([{ at: new Date(0), text: '' }]);
  });
});

it('sends what the client of the SDK sends, to the region of the log', async () => {
  const sent: { method: string; path: string; hostname: string; headers: Record<string, string>; body: string }[] = [];
  vi.spyOn(NodeHttpHandler.prototype, 'handle').mockImplementation(async (request) => {
    sent.push(request as never);
    throw new Error('Captured');
  });
  vi.spyOn(Math, 'random').mockReturnValue(0);

  await new CloudWatchLogsClient({ region: 'us-west-2', maxAttempts: 1 })
    .send(new GetLogEventsCommand({ logGroupName: place.group, logStreamName: place.stream, limit: 5 }))
    .catch(() => undefined);
  await createJobLogs()
    .tail({ ...place, region: 'us-west-2' }, 5, signal)
    .catch(() => undefined);

  const [first, second] = sent.map(({ method, path, hostname, headers, body }) => ({
    method,
    path,
    hostname,
    contentType: headers['content-type'],
    target: headers['x-amz-target'],
    body: JSON.parse(Buffer.from(body).toString()),
  }));
  expect(second).toEqual(first);
});
