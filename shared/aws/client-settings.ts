/**
 * How every client of AWS connects, waits and retries. The SDK reads Region, endpoint and
 * credentials from the environment.
 */
import type { Readable } from 'node:stream';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/** The settings of one client that differ from the others'. */
export type ClientOverrides = {
  /**
   * The time from the request until its connection stands, including the wait for a free socket.
   *
   * @defaultValue 1_000
   */
  readonly connectTimeoutMs?: number;
  /**
   * The time from the request to the last byte of its answer, for each attempt.
   *
   * @defaultValue 4_000
   */
  readonly timeoutMs?: number;
  /**
   * How often a request is sent in all: 1 for a request that must never be sent twice.
   *
   * @defaultValue 3
   */
  readonly maxAttempts?: number;
  /**
   * How many requests may be open at once. The others wait for a socket.
   *
   * @defaultValue 50
   */
  readonly maxSockets?: number;
  /**
   * Whether a connection serves several requests. `false` for a request that must never be sent
   * twice: the far end may have closed a connection while the function was frozen, and the fate of
   * a request on a closed connection is unknown.
   *
   * @defaultValue true
   */
  readonly keepAlive?: boolean;
};

/** The part of a client's configuration that is the same for every service. */
export type ClientSettings = {
  readonly maxAttempts: number;
  readonly retryMode: 'standard';
  readonly requestHandler: NodeHttpHandler;
};

type Handle = NodeHttpHandler['handle'];

/**
 * The SDK's handler, with a timeout that covers the body of an answer too. The SDK's own ends with
 * the headers.
 */
class DeadlineHandler extends NodeHttpHandler {
  readonly #timeoutMs: number;

  constructor(options: {
    connectTimeoutMs: number;
    timeoutMs: number;
    agent: { maxSockets: number; keepAlive: boolean };
  }) {
    super({
      connectionTimeout: options.connectTimeoutMs,
      requestTimeout: options.timeoutMs,
      // Without this, a timeout is a line in the log and the request goes on.
      throwOnRequestTimeout: true,
      httpAgent: options.agent,
      httpsAgent: options.agent,
    });
    this.#timeoutMs = options.timeoutMs;
  }

  override async handle(...[request, options]: Parameters<Handle>): ReturnType<Handle> {
    const startedAt = performance.now();
    const answer = await super.handle(request, options);
    this.#endLate(answer.response.body, performance.now() - startedAt);
    return answer;
  }

  #endLate(body: Readable, passedMs: number): void {
    const late = (): void => {
      const error = new Error(`The answer was not complete within ${this.#timeoutMs} ms`);
      // By this name the SDK recognizes an error after which it may retry.
      body.destroy(Object.assign(error, { name: 'TimeoutError', code: 'ETIMEDOUT' }));
    };
    const timer = setTimeout(late, Math.max(0, this.#timeoutMs - passedMs)).unref();
    body.once('close', () => clearTimeout(timer));
  }
}

/**
 * Makes the settings of one client. Each has its own connections.
 *
 * @see https://docs.aws.amazon.com/sdk-for-javascript/v3/developer-guide/configuring-the-jssdk.html
 */
export const clientSettings = (overrides: ClientOverrides = {}): ClientSettings => ({
  maxAttempts: overrides.maxAttempts ?? 3,
  // The adaptive mode would slow down calls by a rate of its own, beside the suite's.
  retryMode: 'standard',
  requestHandler: new DeadlineHandler({
    connectTimeoutMs: overrides.connectTimeoutMs ?? 1_000,
    timeoutMs: overrides.timeoutMs ?? 4_000,
    agent: { maxSockets: overrides.maxSockets ?? 50, keepAlive: overrides.keepAlive ?? true },
  }),
});
