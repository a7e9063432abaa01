import { Readable } from 'node:stream';
import type { PutMetricDataCommandInput } from '@aws-sdk/client-cloudwatch';
import { HttpResponse } from '@smithy/core/protocols';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterEach, beforeEach, type MockInstance, vi } from 'vitest';
import { expectCatalogued, PUT_METRIC_DATA, putMetrics, readPut } from './emitted-metrics.ts';

/**
 * Takes what is put into CloudWatch in place of the network: every value, unless the test says otherwise. What is put has to be in the catalogue.
 *
 * Everything else goes where it always goes.
 */
export const mockMetricData = () => {
  let puts: PutMetricDataCommandInput[] = [];
  let failure: ((put: PutMetricDataCommandInput) => Error | undefined) | undefined;
  let spy: MockInstance<NodeHttpHandler['handle']> | undefined;

  beforeEach(() => {
    [puts, failure] = [[], undefined];
    const handle = NodeHttpHandler.prototype.handle;
    spy = vi.spyOn(NodeHttpHandler.prototype, 'handle').mockImplementation(async function (
      this: NodeHttpHandler,
      request,
      options,
    ) {
      if (request.headers['x-amz-target'] !== PUT_METRIC_DATA) return handle.call(this, request, options);
      const put = readPut(request.body, request.headers['content-encoding']);
      puts.push(put);
      const error = failure?.(put);
      if (error !== undefined) throw error;
      return { response: new HttpResponse({ statusCode: 200, headers: {}, body: Readable.from([Buffer.from('{}')]) }) };
    });
  });
  afterEach(() => {
    spy?.mockRestore();
    expectCatalogued(puts.flatMap(putMetrics));
  });

  return {
    /** What was put, as it was sent: times are seconds since 1970. */
    puts: () => puts,
    forget: (): void => {
      puts = [];
    },
    /** Lets puts fail as the network would. */
    failWhen: (when: (put: PutMetricDataCommandInput) => Error | undefined): void => {
      failure = when;
    },
  };
};
