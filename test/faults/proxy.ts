/**
 * A proxy on loopback that breaks what passes through it, by a script: real sockets, between the functions and AWS, or a stub of it.
 *
 * It tells requests apart by service and operation, keeps a log of them, and can call the test at the n-th of them, before the service gets it or
 * after the service has answered, so that the test may kill whoever asked.
 */
import { Agent, createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** A request as it came in. */
export type ProxyRequest = {
  /** Counts the requests from 1. */
  readonly number: number;
  readonly service: 'batch' | 'cloudwatch' | 'dynamodb' | 'logs' | 's3' | 'sns';
  /** As the service calls it: `SubmitJob`, `TransactWriteItems`, `HeadObject`. */
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly body: string;
  /** Counts the connections from 1. */
  readonly connection: number;
  /** By the clock of `performance`. */
  readonly atMs: number;
};

export type Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

/** What happens to a request. */
export type Fault = {
  /** Whether the service gets the request, and does what it asks. */
  readonly reaches: boolean;
  /**
   * What the asker sees: the service's answer, one that the script gives, a connection that is reset, one that stays silent, an answer whose connection
   * ends in the middle of its body (`cut`), or one whose body is whole by its length and broken by its content (`broken`).
   */
  readonly shows: 'pass' | 'reset' | 'hang' | 'cut' | 'broken' | Answer;
  /** How long the answer takes besides. */
  readonly delayMs?: number;
};

/** The faults that the world has. */
export const FAULTS = {
  /** Answers that are lost after the service accepted. */
  lostByReset: { reaches: true, shows: 'reset' },
  lostByTimeout: { reaches: true, shows: 'hang' },
  lostByServerError: { reaches: true, shows: { status: 500, body: '{"__type":"InternalServerError"}' } },
  lostByUnavailable: { reaches: true, shows: { status: 503, body: '{"__type":"ServiceUnavailable"}' } },
  lostByCut: { reaches: true, shows: 'cut' },
  lostByBrokenBody: { reaches: true, shows: 'broken' },
  /** Requests that the service never got. */
  reset: { reaches: false, shows: 'reset' },
  hung: { reaches: false, shows: 'hang' },
  serverError: { reaches: false, shows: { status: 500, body: '{"__type":"InternalServerError"}' } },
  unavailable: { reaches: false, shows: { status: 503, body: '{"__type":"ServiceUnavailable"}' } },
  throttled: { reaches: false, shows: { status: 429, body: '{"__type":"TooManyRequestsException"}' } },
  /** As DynamoDB says that there are too many requests. */
  tableThrottled: {
    reaches: false,
    shows: {
      status: 400,
      body: '{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow down"}',
    },
  },
  /** As DynamoDB refuses a transaction that meets another one on its second item. */
  transactionConflict: {
    reaches: false,
    shows: {
      status: 400,
      body: '{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"cancelled","CancellationReasons":[{"Code":"None"},{"Code":"TransactionConflict"}]}',
    },
  },
  /** As DynamoDB refuses a single write that meets a transaction on its item. */
  writeConflict: {
    reaches: false,
    shows: {
      status: 400,
      body: '{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException","message":"Transaction is ongoing for the item"}',
    },
  },
  notFound: { reaches: false, shows: { status: 404 } },
  forbidden: { reaches: false, shows: { status: 403 } },
} as const satisfies Readonly<Record<string, Fault>>;

/** Where requests go: to the local AWS, or to a stub that answers by itself. */
export type Upstream =
  | { readonly endpoint: string; readonly batchEndpoint: string }
  | ((request: ProxyRequest) => Answer | Promise<Answer>);

export type ProxyScript = {
  /** What happens to a request; it passes where this says nothing. */
  fault?: (request: ProxyRequest) => Fault | undefined;
  /** Called when a request has come in, before the service gets it. */
  onRequest?: (request: ProxyRequest) => void;
  /** Called when the service has answered, before the answer goes on. */
  onAnswered?: (request: ProxyRequest) => void;
};

export type FaultProxy = {
  readonly url: string;
  /** What functions need in their environment, to ask this proxy for everything. */
  readonly environment: Readonly<Record<string, string>>;
  readonly requests: readonly ProxyRequest[];
  /** How many connections were made. */
  readonly connections: () => number;
  /** The script, which a test may change at any time. */
  script: ProxyScript;
  /** Forgets the requests, counts from 1 again, and drops the script. */
  reset(): void;
  close(): Promise<void>;
};

const BATCH_OPERATIONS: Readonly<Record<string, string>> = {
  describejobs: 'DescribeJobs',
  listjobs: 'ListJobs',
  submitjob: 'SubmitJob',
};
const S3_OPERATIONS: Readonly<Record<string, string>> = { HEAD: 'HeadObject', PUT: 'PutObject', GET: 'GetObject' };

const identify = (request: IncomingMessage, body: string): Pick<ProxyRequest, 'service' | 'operation'> => {
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string' && target.startsWith('DynamoDB')) {
    return { service: 'dynamodb', operation: target.replace(/^.*\./, '') };
  }
  if (typeof target === 'string' && target.startsWith('Logs')) {
    return { service: 'logs', operation: target.replace(/^.*\./, '') };
  }
  if (typeof target === 'string' && target.startsWith('Granite')) {
    return { service: 'cloudwatch', operation: target.replace(/^.*\./, '') };
  }
  const [, batchPath] = /^\/v1\/(\w+)/.exec(request.url ?? '') ?? [];
  if (batchPath !== undefined) {
    return { service: 'batch', operation: BATCH_OPERATIONS[batchPath] ?? batchPath };
  }
  const [, action] = /(?:^|&)Action=(\w+)/.exec(body) ?? [];
  return action === undefined
    ? { service: 's3', operation: S3_OPERATIONS[request.method ?? ''] ?? request.method ?? '' }
    : { service: 'sns', operation: action };
};

type Answered = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
};

/** Headers that speak of one connection and not of the answer. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'content-length'];

/** When the request was signed, by the clock of whoever asks. */
const signedAt = ({ headers }: IncomingMessage): Date => {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(headers['x-amz-date'])) ?? [];
  return year === undefined ? new Date() : new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
};

const closeAll = (sockets: Iterable<Socket>): void => {
  for (const socket of sockets) {
    socket.destroy();
  }
};

/** Starts a proxy in front of the local AWS, or of a stub. */
export const startProxy = async (upstream: Upstream): Promise<FaultProxy> => {
  const agent = new Agent({ keepAlive: true });
  const sockets = new Map<Socket, number>();
  let connections = 0;
  let requests: ProxyRequest[] = [];

  const forward = (incoming: IncomingMessage, { service }: ProxyRequest, body: Buffer): Promise<Answered> =>
    new Promise((resolve, reject) => {
      if (typeof upstream === 'function') {
        reject(new Error('A stub is asked, not forwarded to'));
        return;
      }
      const origin = new URL(service === 'batch' ? upstream.batchEndpoint : upstream.endpoint);
      const outgoing = send(
        {
          agent,
          host: origin.hostname,
          port: origin.port,
          method: incoming.method,
          path: incoming.url,
          headers: { ...incoming.headers, connection: 'keep-alive' },
        },
        (answer) => {
          buffer(answer).then(
            (bytes) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: bytes }),
            reject,
          );
        },
      );
      outgoing.once('error', reject);
      outgoing.end(body);
    });

  const ask = async (incoming: IncomingMessage, request: ProxyRequest, body: Buffer): Promise<Answered> => {
    if (typeof upstream !== 'function') {
      return forward(incoming, request, body);
    }
    const { status, headers = {}, body: text = '' } = await upstream(request);
    return { status, headers, body: Buffer.from(text) };
  };

  const respond = (
    response: ServerResponse,
    { method }: ProxyRequest,
    { status, headers, body }: Answered,
    shows: Fault['shows'],
  ): void => {
    if (shows === 'hang') {
      return;
    }
    if (shows === 'reset') {
      response.socket?.resetAndDestroy();
      return;
    }
    for (const [name, value] of Object.entries(headers)) {
      if (value !== undefined && !HOP_BY_HOP.includes(name) && name !== 'date') {
        response.setHeader(name, value);
      }
    }
    // The answer to a HEAD tells the length of a body that it does not have.
    const length = method === 'HEAD' ? Number(headers['content-length'] ?? body.length) : body.length;
    const half = body.subarray(0, Math.floor(body.length / 2));
    if (shows === 'cut') {
      response.writeHead(status, { 'content-length': Math.max(2, length) });
      response.write(half.length > 0 ? half : ' ', () => response.socket?.destroy());
      return;
    }
    const sent = shows === 'broken' ? half : body;
    response.writeHead(status, { 'content-length': shows === 'broken' ? half.length : length });
    response.end(method === 'HEAD' ? undefined : sent);
  };

  const NONE: Answered = { status: 0, headers: {}, body: Buffer.of() };

  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(incoming);
    const request: ProxyRequest = {
      number: requests.length + 1,
      ...identify(incoming, body.toString()),
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      body: body.toString(),
      connection: sockets.get(incoming.socket) ?? 0,
      atMs: performance.now(),
    };
    requests.push(request);
    // A service that is hours away from its asker would have the SDK set its clock and ask again: the hosts' clocks are the tests' doing.
    response.setHeader('date', signedAt(incoming).toUTCString());
    const { script } = proxy;
    const fault: Fault = script.fault?.(request) ?? { reaches: true, shows: 'pass' };
    script.onRequest?.(request);
    const answered = fault.reaches ? await ask(incoming, request, body) : NONE;
    script.onAnswered?.(request);
    if (fault.delayMs !== undefined) {
      await sleep(fault.delayMs);
    }
    if (typeof fault.shows === 'object') {
      const { status, headers = {}, body: text = '' } = fault.shows;
      respond(response, request, { status, headers, body: Buffer.from(text) }, 'pass');
    } else {
      respond(response, request, answered, fault.shows);
    }
  };

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch((error: unknown) => {
      // The asker is gone, or what is behind the proxy: neither is an answer.
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
  // Longer than any test waits between two requests, so that no connection ends by itself.
  server.keepAliveTimeout = 600_000;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.set(socket, connections);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;

  const proxy: FaultProxy = {
    url,
    environment: {
      AWS_ENDPOINT_URL: url,
      AWS_REGION: 'ap-northeast-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    get requests() {
      return requests;
    },
    connections: () => connections,
    script: {},
    reset: () => {
      requests = [];
      proxy.script = {};
    },
    close: async () => {
      agent.destroy();
      closeAll(sockets.keys());
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
};
