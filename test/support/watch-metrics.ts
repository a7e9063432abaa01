/** For every test file: fails the test that writes or puts a metric which the catalogue does not have. */
import { ClientRequest } from 'node:http';
import { afterEach } from 'vitest';
import { emittedMetrics, expectCatalogued, PUT_METRIC_DATA, putMetrics, readPut } from './emitted-metrics.ts';

const write = process.stdout.write.bind(process.stdout);
let seen = '';

process.stdout.write = ((...args: Parameters<typeof write>) => {
  seen += String(args[0]);
  return write(...args);
}) as typeof write;

const end = ClientRequest.prototype.end;
let sent: { readonly body: unknown; readonly encoding: unknown }[] = [];

// Read after the test, so that a request goes as it would, whatever is wrong with it.
ClientRequest.prototype.end = function (this: ClientRequest, ...args: unknown[]) {
  if (this.getHeader('x-amz-target') === PUT_METRIC_DATA) {
    sent.push({ body: args[0], encoding: this.getHeader('content-encoding') });
  }
  return Reflect.apply(end, this, args);
};

afterEach(() => {
  const lines = seen.split('\n');
  const puts = sent;
  [seen, sent] = ['', []];
  const put = puts.flatMap(({ body, encoding }) => putMetrics(readPut(body, encoding)));
  // What a test reports in place of AWS, which takes it of nobody else.
  const own = put.filter(({ namespace }) => !namespace.startsWith('AWS/'));
  expectCatalogued([...emittedMetrics(lines), ...own]);
});
