import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import type { PutMetricDataCommandInput } from '@aws-sdk/client-cloudwatch';
import { HttpResponse } from '@smithy/core/protocols';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterEach, beforeEach, type MockInstance, vi } from 'vitest';
import { expectCatalogued, putMetrics } from './emitted-metrics.ts';

const TARGET = 'GraniteServiceVersion20100801.PutMetricData';

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
      if (request.headers['x-amz-target'] !== TARGET) return handle.call(this, request, options);
      const body = Buffer.from(request.body);
      const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
      const put: PutMetricDataCommandInput = JSON.parse(text.toString());
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
