/** A server on loopback that speaks AWS Batch as far as a test scripts it, over real sockets. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type ListJobsInput = {
  readonly jobQueue?: string;
  readonly arrayJobId?: string;
  readonly jobStatus?: string;
  readonly maxResults?: number;
  readonly nextToken?: string;
};

export type BatchCall = { readonly path: string; readonly input: ListJobsInput; readonly atMs: number };

export type Answer = {
  readonly status?: number;
  readonly body: string | Buffer;
  /** Sends only so many bytes of the body, and then cuts the connection, or hangs. */
  readonly cutAfter?: number;
  readonly hangs?: boolean;
};

export type BatchStub = {
  readonly url: string;
  readonly calls: readonly BatchCall[];
  /** How many calls there were. */
  readonly count: () => number;
  close(): Promise<void>;
};

const respond = (response: ServerResponse, { status = 200, body, cutAfter, hangs }: Answer): void => {
  const bytes = Buffer.from(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': bytes.length,
    'x-amzn-requestid': 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
  });
  if (cutAfter === undefined) {
    response.end(bytes);
    return;
  }
  response.write(bytes.subarray(0, cutAfter), () => {
    if (hangs !== true) response.destroy();
  });
};

/** An error as Batch spells it. */
export const failed = (status: number, name: string): Answer => ({
  status,
  body: JSON.stringify({ __type: name, message: `scripted ${name}` }),
});

/** A page of `ListJobs`. */
export const page = (jobs: readonly object[], nextToken?: string | null): Answer => ({
  body: JSON.stringify({ jobSummaryList: jobs, ...(nextToken === undefined ? {} : { nextToken }) }),
});

/**
 * Starts the server.
 *
 * @param answer - called for each request, retries included; `number` counts them from 1
 * @param keepsCalls - `false` where there are too many to keep
 */
export const startBatchStub = async (
  answer: (call: BatchCall, number: number) => Answer,
  { keepsCalls = true }: { keepsCalls?: boolean } = {},
): Promise<BatchStub> => {
  const calls: BatchCall[] = [];
  let number = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', () => {
      number += 1;
      const call = {
        path: request.url ?? '',
        input: JSON.parse(Buffer.concat(chunks).toString() || '{}') as ListJobsInput,
        atMs: performance.now(),
      };
      if (keepsCalls) calls.push(call);
      respond(response, answer(call, number));
    });
  });
  // Longer than any test waits between two calls, so that none meets a connection that is being closed.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    count: () => number,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
