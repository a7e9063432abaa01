/** A server that stands for services of AWS. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

export type StubServer = {
  /** Starts the server, and returns its address. */
  readonly start: () => Promise<string>;
  readonly stop: () => void;
};

export const createStubServer = (listener: RequestListener): StubServer => {
  const server = createServer(listener);
  // Longer than any test waits between two calls, so that none meets a connection that is being closed.
  server.keepAliveTimeout = 60_000;
  return {
    start: async () => {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};
