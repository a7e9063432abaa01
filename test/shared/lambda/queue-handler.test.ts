import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from 'aws-lambda';
import { describe, expect, it, vi } from 'vitest';
import { TIMEOUT_MARGIN_MS } from '../../../shared/lambda/lambda.ts';
import { type BatchRecord, eachRecord, queueHandler } from '../../../shared/lambda/queue-handler.ts';
import { NotYetError } from '../../../shared/lambda/queue-records.ts';
import { captureOutput } from '../../support/captured-output.ts';
import { lambdaContext } from '../../support/lambda-context.ts';

vi.hoisted(() => {
  process.env['POWERTOOLS_SERVICE_NAME'] = 'submit-batch-job';
});

const output = captureOutput();

/** A context whose function has this much longer to live than the handler keeps back. */
const contextWith = (ms: number): Context => lambdaContext({ getRemainingTimeInMillis: () => TIMEOUT_MARGIN_MS + ms });

const batchOf = (...bodies: readonly string[]) => ({
  Records: bodies.map((body, index) => ({
    messageId: `m-${index}`,
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:eu-west-1:123456789012:breakaway-test-arrivals',
    body,
  })),
});

const names = (...all: readonly string[]) => batchOf(...all.map((name) => JSON.stringify({ name })));

const read = (event: unknown): string => {
  const { name } = event as { name?: string };
  if (name === undefined) {
    throw new Error('Event field name is missing');
  }
  return name;
};

const cameBack = (answer: { batchItemFailures: readonly { itemIdentifier: string }[] }): string[] =>
  answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);

const recordsFailed = () =>
  output.metrics().flatMap(({ name, value }) => (name === 'RecordsFailed' ? [Number(value)] : []));

/** Never ends, and does not heed the signal. */
const hang = (): Promise<never> => new Promise(() => {});

const handlerOf = (handle: (batch: readonly BatchRecord<string>[], signal: AbortSignal) => Promise<void>) =>
  queueHandler({ read, handle, failed: 'Name not handled' });

describe('queueHandler', () => {
  it('hands over what is read of each record, with the name of its queue', async () => {
    const seen: string[] = [];
    const handler = queueHandler({
      read: (event, queue) => `${read(event)} of ${queue}`,
      handle: async (batch) => {
        seen.push(...batch.map(({ item }) => item));
      },
      failed: 'Name not handled',
    });

    expect(await handler(names('a', 'b'), lambdaContext())).toEqual({ batchItemFailures: [] });

    expect(seen).toEqual(['a of breakaway-test-arrivals', 'b of breakaway-test-arrivals']);
    expect(recordsFailed()).toEqual([0]);
  });

  it('reports alone, in their order, the records that cannot be read or that fail', async () => {
    const handler = handlerOf(async (batch) => {
      for (const { item, fail } of batch.toReversed()) {
        if (item !== 'good') {
          fail(new Error(`${item} failed`));
        }
      }
    });

    const answer = await handler(
      batchOf('{"name":"x"}', '{', '{"name":"good"}', '{}', '{"name":"y"}'),
      lambdaContext(),
    );

    expect(cameBack(answer)).toEqual(['m-0', 'm-1', 'm-3', 'm-4']);
    expect(
      output.logs().map(({ level, message, messageId, error }) => [level, message, messageId, Object(error).message]),
    ).toEqual([
      ['ERROR', 'Name not handled', 'm-0', 'x failed'],
      ['ERROR', 'Name not handled', 'm-1', 'Event field body is not JSON: "{"'],
      ['ERROR', 'Name not handled', 'm-3', 'Event field name is missing'],
      ['ERROR', 'Name not handled', 'm-4', 'y failed'],
    ]);
    expect(recordsFailed()).toEqual([4]);
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('no table'))],
    [
      'throws before it promises anything',
      () => {
        throw new Error('no table');
      },
    ],
  ])('keeps what is done, and reports the rest, when the batch %s', async (_, fails) => {
    const handler = handlerOf((batch) => {
      batch[1]?.done();
      return fails();
    });

    const answer = await handler(names('a', 'b', 'c'), lambdaContext());

    expect(cameBack(answer)).toEqual(['m-0', 'm-2']);
    expect(output.logs()).toMatchObject([{ error: { message: 'no table' } }, { error: { message: 'no table' } }]);
  });

  it('counts the first mark of a record only', async () => {
    const handler = handlerOf(async ([a, b]) => {
      a?.done();
      a?.fail(new Error('late'));
      b?.fail(new Error('first'));
      b?.done();
    });

    expect(cameBack(await handler(names('a', 'b'), lambdaContext()))).toEqual(['m-1']);
    expect(output.logs()).toMatchObject([{ error: { message: 'first' } }]);
  });

  it('reports a record whose time has not come, without an error', async () => {
    const handler = handlerOf(async ([record]) => record?.fail(new NotYetError('a minute more')));

    expect(cameBack(await handler(names('a'), lambdaContext()))).toEqual(['m-0']);
    expect(output.logs()).toMatchObject([{ level: 'INFO', message: 'Record put off', messageId: 'm-0' }]);
    expect(recordsFailed()).toEqual([0]);
  });

  it('rejects when a plain event fails, since it has no queue to come back from', async () => {
    const handler = handlerOf(async ([record]) => record?.fail(new Error('no table')));

    await expect(handler({ name: 'a' }, lambdaContext())).rejects.toThrow('no table');
    await expect(handler({}, lambdaContext())).rejects.toThrow('Event field name is missing');
    expect(recordsFailed()).toEqual([1, 1]);
  });

  it('reports only the unfinished records when the time runs out, whatever still hangs', async () => {
    const handler = handlerOf(async ([a, b]) => {
      a?.done();
      b?.fail(new Error('no table'));
      await hang();
    });

    const answer = await handler(names('a', 'b', 'c'), contextWith(20));

    expect(cameBack(answer)).toEqual(['m-1', 'm-2']);
    expect(output.logs()).toMatchObject([
      { message: 'Name not handled', messageId: 'm-1', error: { message: 'no table' } },
      {
        message: 'Name not handled',
        messageId: 'm-2',
        error: { message: "Ran out of time: stopped 1000 ms before the function's timeout" },
      },
    ]);
    expect(recordsFailed()).toEqual([2]);
  });

  it('reports a record that ends after that, since the answer is given, and reports it once', async () => {
    let late: Promise<unknown> = hang();
    const handler = handlerOf(async ([record], signal) => {
      late = new Promise((resolve) => signal.addEventListener('abort', resolve)).then(() => record?.done());
      await late;
      throw new Error('too late');
    });

    const answer = await handler(names('a'), contextWith(10));
    await late;
    await sleep(5);

    expect(cameBack(answer)).toEqual(['m-0']);
    expect(output.logs()).toHaveLength(1);
  });

  it('rejects when the time runs out for a plain event', async () => {
    await expect(handlerOf(hang)({ name: 'a' }, contextWith(10))).rejects.toThrow('Ran out of time');
  });
});

describe('eachRecord', () => {
  it('does a record that its function handles, and fails one alone for which it throws', async () => {
    const handler = handlerOf(
      eachRecord(async (name) => {
        if (name === 'bad') {
          throw new Error('no');
        }
      }),
    );

    expect(cameBack(await handler(names('a', 'bad', 'c'), lambdaContext()))).toEqual(['m-1']);
  });

  it('keeps the records that are done when one of them hangs', async () => {
    const handler = handlerOf(eachRecord((name) => (name === 'hangs' ? hang() : sleep(1))));

    expect(cameBack(await handler(names('a', 'hangs', 'c'), contextWith(100)))).toEqual(['m-1']);
  });

  it('handles as many records at once as it may, and begins none after the time ran out', async () => {
    const begun: string[] = [];
    const handler = handlerOf(
      eachRecord(
        async (name, signal) => {
          begun.push(name);
          await sleep(10_000, undefined, { signal });
        },
        { concurrency: 2 },
      ),
    );

    const answer = await handler(names('a', 'b', 'c', 'd'), contextWith(20));
    await sleep(5);

    expect(cameBack(answer)).toEqual(['m-0', 'm-1', 'm-2', 'm-3']);
    expect(begun).toEqual(['a', 'b']);
  });
});
