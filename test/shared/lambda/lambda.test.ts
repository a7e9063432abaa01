import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from 'aws-lambda';
import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import { lambda, TIMEOUT_MARGIN_MS } from '../../../shared/lambda/lambda.ts';
import { logger } from '../../../shared/telemetry/logger.ts';
import { count } from '../../../shared/telemetry/metrics.ts';
import { captureOutput } from '../../support/captured-output.ts';
import { lambdaContext } from '../../support/lambda-context.ts';

vi.hoisted(() => {
  process.env['POWERTOOLS_SERVICE_NAME'] = 'submit-batch-job';
});

const output = captureOutput();

/** A context whose function has this much longer to live than the handler keeps back. */
const contextWith = (ms: number, differences: Partial<Context> = {}): Context =>
  lambdaContext({ getRemainingTimeInMillis: () => TIMEOUT_MARGIN_MS + ms, ...differences });

describe('lambda', () => {
  it('hands the event over and answers what the function answers', async () => {
    const handler = lambda(async (event: { n: number }) => ({ twice: event.n * 2 }));

    const answer = await handler({ n: 21 }, lambdaContext());

    expect(answer).toEqual({ twice: 42 });
    expectTypeOf(handler).returns.resolves.toEqualTypeOf<{ twice: number }>();
    expectTypeOf(handler).parameter(0).toEqualTypeOf<{ n: number }>();
  });

  it('makes a handler that carries the mark of the wrapped one', () => {
    expect(lambda(async () => undefined).use).toBeTypeOf('function');
  });

  it('answers nothing when the function does, rather than failing', async () => {
    expect(await lambda(async () => undefined)({}, lambdaContext())).toBeUndefined();
  });

  it('names the function and the request on every line', async () => {
    await lambda(async () => logger.info('Job submitted', { jobId: 'a' }))({}, lambdaContext());

    expect(output.logs()).toEqual([
      expect.objectContaining({
        message: 'Job submitted',
        jobId: 'a',
        service: 'submit-batch-job',
        function_request_id: lambdaContext().awsRequestId,
      }),
    ]);
  });

  it('does not log the event, even where the environment asks for it', async () => {
    vi.stubEnv('POWERTOOLS_LOGGER_LOG_EVENT', 'true');
    vi.resetModules();
    const fresh = await import('../../../shared/lambda/lambda.ts');

    await fresh.lambda(async () => undefined)({ password: 'secret' }, lambdaContext());

    expect(output.lines()).toEqual([]);
    vi.unstubAllEnvs();
  });

  it('writes the counts when the function returns', async () => {
    await lambda(async () => count('RecordsFailed', 2))({}, lambdaContext());

    expect(output.metrics()).toEqual([
      {
        namespace: 'Breakaway',
        name: 'RecordsFailed',
        putAs: 'counter',
        unit: 'Count',
        dimensions: { service: 'submit-batch-job' },
        value: 2,
      },
    ]);
  });

  it('writes nothing when there is nothing to say', async () => {
    await lambda(async () => undefined)({}, lambdaContext());

    expect(output.lines()).toEqual([]);
  });

  it('writes the counts, then the error, when the function throws, and throws it again', async () => {
    const handler = lambda(async () => {
      count('RecordsFailed', 1);
      throw new Error('Table gone', { cause: new Error('403') });
    });

    await expect(handler({}, lambdaContext())).rejects.toThrow('Table gone');

    expect(output.metrics().map(({ name, value }) => [name, value])).toEqual([['RecordsFailed', 1]]);
    expect(output.lines().map((line) => ('_aws' in JSON.parse(line) ? 'counts' : 'error'))).toEqual([
      'counts',
      'error',
    ]);
    expect(output.logs()).toEqual([
      expect.objectContaining({
        level: 'ERROR',
        message: 'Invocation failed',
        function_request_id: lambdaContext().awsRequestId,
        error: expect.objectContaining({ message: 'Table gone', cause: expect.objectContaining({ message: '403' }) }),
      }),
    ]);
  });

  it('fails in the same way when the function throws before it promises anything', async () => {
    const handler = lambda(() => {
      throw new Error('Malformed event');
    });

    await expect(handler({}, lambdaContext())).rejects.toThrow('Malformed event');

    expect(output.logs()).toHaveLength(1);
  });

  it('logs what is no error, and throws it as it is', async () => {
    const handler = lambda(() => Promise.reject('a text'));

    await expect(handler({}, lambdaContext())).rejects.toBe('a text');

    expect(output.logs()).toEqual([expect.objectContaining({ message: 'Invocation failed', error: 'a text' })]);
  });

  it('forgets the keys of one invocation before the next, whether it succeeded or failed', async () => {
    const handler = lambda(async (event: { fail: boolean; key: string }) => {
      logger.info('Seen');
      logger.appendKeys({ [event.key]: true });
      if (event.fail) {
        throw new Error('no');
      }
    });

    await handler({ fail: false, key: 'first' }, lambdaContext());
    await expect(handler({ fail: true, key: 'second' }, lambdaContext())).rejects.toThrow('no');
    await handler({ fail: false, key: 'third' }, lambdaContext({ awsRequestId: 'other' }));

    const seen = output.logs().filter(({ message }) => message === 'Seen');
    expect(seen.map((line) => ['first' in line, 'second' in line])).toEqual([
      [false, false],
      [false, false],
      [false, false],
    ]);
    expect(seen[2]).toMatchObject({ function_request_id: 'other' });
    const error = output.logs().find(({ message }) => message === 'Invocation failed');
    expect(error, 'the keys are still there when the error is logged').toMatchObject({ second: true });
  });

  it('counts each thing once when invocations of one process overlap', async () => {
    const handler = lambda(async (event: { ms: number; feed: string }) => {
      count('JobsSubmitted', 1, { Feed: event.feed });
      await sleep(event.ms);
      count('JobsSubmitted', 1, { Feed: event.feed });
    });

    await Promise.all([
      handler({ ms: 5, feed: 'a' }, lambdaContext()),
      handler({ ms: 20, feed: 'b' }, lambdaContext()),
    ]);

    const total = (feed: string): number =>
      output
        .metrics()
        .filter(({ dimensions }) => dimensions['Feed'] === feed)
        .reduce((sum, { value }) => sum + Number(value), 0);
    expect([total('a'), total('b')]).toEqual([2, 2]);
  });

  it('aborts the signal before the timeout and fails, so that the event comes back', async () => {
    let seen: AbortSignal | undefined;
    const handler = lambda(async (_event, signal) => {
      seen = signal;
      count('RecordsFailed', 1);
      await sleep(10_000, undefined, { signal });
    });

    await expect(handler({}, contextWith(20))).rejects.toThrow(
      new Error("Ran out of time: stopped 1000 ms before the function's timeout"),
    );

    expect(seen?.aborted).toBe(true);
    expect(output.metrics()).toHaveLength(1);
    expect(output.logs()).toEqual([
      expect.objectContaining({
        message: 'Invocation failed',
        error: expect.objectContaining({ message: expect.stringContaining('Ran out of time') }),
      }),
    ]);
  });

  it('fails even if the function does not heed the signal', async () => {
    const handler = lambda(() => sleep(200));

    await expect(handler({}, contextWith(10))).rejects.toThrow('Ran out of time');
  });

  it('stops at once when less is left than it keeps back', async () => {
    const handler = lambda(async (_event, signal) => sleep(10_000, undefined, { signal }));

    await expect(handler({}, contextWith(-500))).rejects.toThrow('Ran out of time');
  });

  it('leaves the signal alone when the function is done in time', async () => {
    let seen: AbortSignal | undefined;
    const handler = lambda(async (_event, signal) => {
      seen = signal;
    });

    await handler({}, contextWith(30));
    await sleep(60);

    expect(seen?.aborted).toBe(false);
  });

  it('gives overlapping invocations a signal each', async () => {
    const handler = lambda(async (event: { ms: number }, signal) => sleep(event.ms, 'done', { signal }));

    const [late, early] = await Promise.allSettled([
      handler({ ms: 10_000 }, contextWith(10)),
      handler({ ms: 60 }, contextWith(5000)),
    ]);

    expect(late.status).toBe('rejected');
    expect(early).toEqual({ status: 'fulfilled', value: 'done' });
  });
});
