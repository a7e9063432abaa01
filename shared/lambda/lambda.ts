/** Makes every handler: one stack of middleware, whose order is its contract. */
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy, { type MiddyfiedHandler } from '@middy/core';
import { logger } from '../telemetry/logger.ts';
import { flushMetrics } from '../telemetry/metrics.ts';

/** The time before the function's timeout that is left for its answer, its logs and its metrics. */
export const TIMEOUT_MARGIN_MS = 1000;

/** Makes the error of work that the timeout stopped. */
export const outOfTime = (): Error =>
  new Error(`Ran out of time: stopped ${TIMEOUT_MARGIN_MS} ms before the function's timeout`);

type Run<Event, Result> = (event: Event, signal: AbortSignal) => Promise<Result>;

/**
 * Wraps a function in the middleware.
 *
 * @param run - ends as soon as `signal` aborts: nothing else ends the invocation before its timeout
 * @see https://middy.js.org/docs/intro/early-interrupt
 */
export const withMiddleware = <Event, Result>(run: Run<Event, Result>): MiddyfiedHandler<Event, Result> =>
  middy<Event, Result>({ timeoutEarlyInMillis: TIMEOUT_MARGIN_MS, timeoutEarlyResponse: () => new Promise(() => {}) })
    .use(injectLambdaContext(logger, { logEvent: false, resetKeys: true }))
    // Middy calls these from the last to the first: metrics are written, the error is logged, the
    // logger forgets its keys.
    .onError(({ error }) => logger.error('Invocation failed', { error }))
    .use({ after: flushMetrics, onError: flushMetrics })
    .handler((event, _context, { signal }) => run(event, signal));

/**
 * Waits for work, but not longer than until the signal aborts.
 *
 * @param atAbort - gives the result instead, or throws, at the moment when the signal aborts
 */
export const untilAborted = <Result>(
  work: Promise<Result>,
  signal: AbortSignal,
  atAbort: () => Result,
): Promise<Result> =>
  new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => {
      try {
        resolve(atAbort());
      } catch (error) {
        reject(error);
      }
    });
    work.then(resolve, reject);
  });

/**
 * Makes a Lambda handler of a function.
 *
 * - The logger is outermost: it knows the request from the first line to the last, logs an uncaught
 *   error once, and then forgets the keys that were appended. The event is never logged.
 * - Metrics are written when `run` returns and when it throws.
 * - A second before the function's timeout, `signal` aborts and the invocation fails. Nothing waits
 *   for `run` after that, so `run` passes `signal` to every call that it awaits; counts after that
 *   are written by the next invocation.
 *
 * An error is logged and thrown again, since the trigger decides whether the event comes back.
 *
 * @param run - takes the event, parses the fields that it reads, and resolves to the handler's
 * answer
 */
export const lambda = <Event, Result>(run: Run<Event, Result>): MiddyfiedHandler<Event, Result> =>
  withMiddleware((event, signal) =>
    untilAborted(run(event, signal), signal, () => {
      throw outOfTime();
    }),
  );
