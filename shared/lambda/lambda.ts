/** Makes every handler: one stack of middleware, whose order is its contract. */
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy, { type MiddyfiedHandler } from '@middy/core';
import { logger } from '../telemetry/logger.ts';
import { flushMetrics } from '../telemetry/metrics.ts';

/** What a function keeps back of its timeout, so that it can still say what it did. */
export const TIMEOUT_MARGIN_MS = 1000;

const runOutOfTime = (): never => {
  throw new Error(`Ran out of time: stopped ${TIMEOUT_MARGIN_MS} ms before the function's timeout`);
};

/**
 * Makes a Lambda handler of a function.
 *
 * - The logger is outermost: it knows the request from the first line to the last, writes an uncaught error once, and then forgets the keys that
 *   were appended. The event is never logged.
 * - Counts are written when `run` returns and when it throws.
 * - A second before the function's timeout, `signal` aborts and the invocation fails. `run` is not waited for, so it has to hand `signal` on to
 *   whatever it waits for; what it counts after that is written by the invocation after.
 *
 * An error is logged and thrown again, for whether the event comes back is up to its trigger.
 *
 * @param run - takes the event, parses what it reads of it, and resolves to the handler's answer
 * @see https://middy.js.org/docs/intro/early-interrupt
 */
export const lambda = <Event, Result>(
  run: (event: Event, signal: AbortSignal) => Promise<Result>,
): MiddyfiedHandler<Event, Result> =>
  middy<Event, Result>({ timeoutEarlyInMillis: TIMEOUT_MARGIN_MS, timeoutEarlyResponse: runOutOfTime })
    .use(injectLambdaContext(logger, { logEvent: false, resetKeys: true }))
    // What fails is handled from the inside out: the counts are written, then the error, then the logger forgets.
    .onError(({ error }) => logger.error('Invocation failed', { error }))
    .use({ after: flushMetrics, onError: flushMetrics })
    .handler((event, _context, { signal }) => run(event, signal));
