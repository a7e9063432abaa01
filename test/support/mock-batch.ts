import { Readable } from 'node:stream';
import { HttpResponse } from '@smithy/core/protocols';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterEach, beforeEach, type MockInstance, vi } from 'vitest';

type Operation = 'SubmitJob' | 'ListJobs';

// biome-ignore lint/suspicious/noExplicitAny: a test knows what it has sent
type Input = any;

/** What Batch answers, or the error that the connection ends with. */
export type BatchAnswer = { readonly status: number; readonly body: unknown } | Error;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  '/v1/submitjob': 'SubmitJob',
  '/v1/listjobs': 'ListJobs',
};

/** An answer that is an error of the service. */
export const refusal = (status: number, type: string, message = 'what Batch said'): BatchAnswer => ({
  status,
  body: { __type: type, message },
});

const handle = NodeHttpHandler.prototype.handle;

/**
 * Answers submissions and look-ups of jobs in place of AWS Batch, strictly: one that the test has not scripted fails the test.
 *
 * Everything else goes where it always goes.
 */
export const mockBatch = () => {
  let calls: { readonly operation: Operation; readonly input: Input }[] = [];
  let scripts: { readonly operation: Operation; readonly answer: (input: Input) => BatchAnswer | undefined }[] = [];
  let unscripted: Error[] = [];
  let spy: MockInstance<typeof handle> | undefined;

  const answerTo = (operation: Operation, input: Input): BatchAnswer => {
    for (const script of scripts.filter((one) => one.operation === operation)) {
      const answer = script.answer(input);
      if (answer !== undefined) return answer;
    }
    const error = new Error(`Unscripted ${operation}: ${JSON.stringify(input)}`);
    unscripted.push(error);
    return error;
  };

  beforeEach(() => {
    [calls, scripts, unscripted] = [[], [], []];
    spy = vi.spyOn(NodeHttpHandler.prototype, 'handle').mockImplementation(async function (
      this: NodeHttpHandler,
      request,
      options,
    ) {
      const operation = OPERATIONS[request.path];
      if (operation === undefined) return handle.call(this, request, options);
      const input: Input = JSON.parse(Buffer.from(request.body).toString());
      calls.push({ operation, input });
      const answer = answerTo(operation, input);
      if (answer instanceof Error) throw answer;
      const body = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
      return {
        response: new HttpResponse({
          statusCode: answer.status,
          headers: {},
          body: Readable.from([Buffer.from(body)]),
        }),
      };
    });
  });
  afterEach(() => {
    spy?.mockRestore();
    if (unscripted[0] !== undefined) throw unscripted[0];
  });

  /** Scripts one operation; the newest script that has an answer counts. */
  const script = (operation: Operation, answer: (input: Input) => BatchAnswer | undefined): void => {
    scripts = [{ operation, answer }, ...scripts];
  };
  return {
    script,
    /** Answers every request of an operation, or those that ask for something, alike. */
    answers: (operation: Operation, body: object, asking: object = {}): void =>
      script(operation, (input) =>
        Object.entries(asking).every(([name, value]) => input[name] === value) ? { status: 200, body } : undefined,
      ),
    /** Answers the requests of an operation one after another. */
    answersInTurn: (operation: Operation, ...bodies: readonly object[]): void => {
      const left = [...bodies];
      script(operation, () => {
        const body = left.shift();
        return body && { status: 200, body };
      });
    },
    fails: (operation: Operation, answer: BatchAnswer, asking: object = {}): void =>
      script(operation, (input) =>
        Object.entries(asking).every(([name, value]) => input[name] === value) ? answer : undefined,
      ),
    calls: () => calls,
    inputs: (operation: Operation): Input[] =>
      calls.filter((call) => call.operation === operation).map(({ input }) => input),
  };
};
