import { createServer, type Server, type Socket } from 'node:net';
import { BatchClient, ListJobsCommand } from '@aws-sdk/client-batch';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ClientOverrides, clientSettings } from '../../../shared/aws/client-settings.ts';

type Answer = (socket: Socket, head: string) => void;

type Stub = {
  readonly port: number;
  readonly requests: string[];
  readonly connections: Socket[];
  readonly sockets: Set<Socket>;
};

/** A server that reads whole heads and answers each as it is told, byte by byte. */
const listen = async (answer: Answer): Promise<Stub> => {
  const requests: string[] = [];
  const connections: Socket[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    connections.push(socket);
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    let head = '';
    socket.on('data', (chunk) => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      requests.push(head);
      answer(socket, head);
      head = '';
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The stub has no port');
  return { port: address.port, requests, connections, sockets };
};

const clientOf = (port: number, overrides: ClientOverrides, settings = clientSettings(overrides)): BatchClient => {
  const client = new BatchClient({
    ...settings,
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  onTestFinished(() => client.destroy());
  return client;
};

const listJobs = (client: BatchClient, abortSignal?: AbortSignal): Promise<unknown> =>
  client.send(new ListJobsCommand({ jobQueue: 'main' }), { ...(abortSignal && { abortSignal }) });

/** A port that nothing listens on. */
const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (address === null || typeof address === 'string') throw new Error('The server has no port');
  return address.port;
};

/** Gives the error that a promise is rejected with. */
const rejection = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error('It was not rejected'),
    (reason) => reason as Error,
  );

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
const EMPTY = `${HEAD}content-length: 21\r\n\r\n{"jobSummaryList":[]}`;
const never: Answer = () => {};
const stall: Answer = (socket) => void socket.write(`${HEAD}content-length: 100\r\n\r\n{"jobSummaryList":[`);
const drip: Answer = (socket) => {
  socket.write(`${HEAD}content-length: 100000\r\n\r\n`);
  const timer = setInterval(() => socket.write(' '), 20);
  socket.once('close', () => clearInterval(timer));
};

describe('clientSettings', () => {
  it.each([
    ['never answers', never],
    ['answers headers and stalls', stall],
    ['sends its answer a byte at a time', drip],
  ])('ends a request to a server that %s', async (_, answer) => {
    const stub = await listen(answer);
    const client = clientOf(stub.port, { timeoutMs: 300, maxAttempts: 1 });

    const error = await rejection(listJobs(client));

    expect(error).toMatchObject({ name: 'TimeoutError', code: 'ETIMEDOUT' });
    expect(stub.requests).toHaveLength(1);
    await expect.poll(() => stub.sockets.size).toBe(0);
  });

  it('gives an attempt four seconds, and its connection one, unless told otherwise', async () => {
    const stub = await listen((socket) => void socket.write(EMPTY));
    const settings = clientSettings();

    await listJobs(clientOf(stub.port, {}, settings));

    expect(settings.requestHandler.httpHandlerConfigs()).toMatchObject({
      requestTimeout: 4_000,
      connectionTimeout: 1_000,
      throwOnRequestTimeout: true,
    });
  });

  it('ends each attempt by itself', async () => {
    const stub = await listen(stall);
    const client = clientOf(stub.port, { timeoutMs: 200, maxAttempts: 2 });

    const error = await rejection(listJobs(client));

    expect(error.name).toBe('TimeoutError');
    expect(stub.requests).toHaveLength(2);
  });

  it('takes the answer to a later attempt', async () => {
    let asked = 0;
    const stub = await listen((socket) => {
      asked += 1;
      if (asked === 1) stall(socket, '');
      else socket.write(EMPTY);
    });
    const client = clientOf(stub.port, { timeoutMs: 200 });

    await expect(listJobs(client)).resolves.toMatchObject({ jobSummaryList: [] });
  });

  it('sends three times at most unless told otherwise', async () => {
    const stub = await listen((socket) => void socket.destroy());
    const client = clientOf(stub.port, {});

    const error = await rejection(listJobs(client));

    expect(error).toMatchObject({ code: 'ECONNRESET' });
    expect(stub.requests).toHaveLength(3);
  });

  it('sends once what must never be sent twice, however the connection ends', async () => {
    const stub = await listen((socket) => void socket.resetAndDestroy());
    const client = clientOf(stub.port, { maxAttempts: 1, keepAlive: false });

    const error = await rejection(listJobs(client));

    expect(error).toMatchObject({ code: 'ECONNRESET' });
    expect(stub.requests).toHaveLength(1);
  });

  it('rejects when nothing listens, without waiting for the timeout', async () => {
    const client = clientOf(await freePort(), { maxAttempts: 1 });

    const error = await rejection(listJobs(client));

    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('ends a request that finds no connection in time', async () => {
    const stub = await listen(never);
    const client = clientOf(stub.port, { maxSockets: 1, connectTimeoutMs: 150, timeoutMs: 5_000, maxAttempts: 1 });
    const first = rejection(listJobs(client));

    const second = await rejection(listJobs(client));

    expect(second.name).toBe('TimeoutError');
    expect(stub.requests).toHaveLength(1);
    client.destroy();
    await first;
  });

  it('ends a request, and the body of its answer, when its signal says so', async () => {
    const stub = await listen(stall);
    const client = clientOf(stub.port, { timeoutMs: 5_000 });

    const error = await rejection(listJobs(client, AbortSignal.timeout(150)));

    expect(error).toBeInstanceOf(Error);
    expect(stub.requests).toHaveLength(1);
  });

  it('serves several requests by one connection', async () => {
    const stub = await listen((socket) => void socket.write(EMPTY));
    const client = clientOf(stub.port, { timeoutMs: 1_000 });

    await listJobs(client);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await listJobs(client);

    expect(stub.requests).toHaveLength(2);
    expect(stub.connections).toHaveLength(1);
  });

  it('opens a connection for each request when it is told to', async () => {
    const stub = await listen((socket) => void socket.write(EMPTY));
    const client = clientOf(stub.port, { keepAlive: false });

    await listJobs(client);
    await expect.poll(() => stub.sockets.size).toBe(0);
    await listJobs(client);

    expect(stub.connections).toHaveLength(2);
  });
});
