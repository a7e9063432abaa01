/** For every test file: fails the test that writes a metric which the catalogue does not have. */
import { afterEach } from 'vitest';
import { emittedMetrics, expectCatalogued } from './emitted-metrics.ts';

const write = process.stdout.write.bind(process.stdout);
let seen = '';

process.stdout.write = ((...args: Parameters<typeof write>) => {
  seen += String(args[0]);
  return write(...args);
}) as typeof write;

afterEach(() => {
  const lines = seen.split('\n');
  seen = '';
  expectCatalogued(emittedMetrics(lines));
});
