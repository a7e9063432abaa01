import { afterEach, beforeEach, type MockInstance, vi } from 'vitest';
import { type EmittedMetric, emittedMetrics, expectCatalogued } from './emitted-metrics.ts';

export type CapturedOutput = {
  /** Every line that the test wrote so far. */
  readonly lines: () => string[];
  /** The lines of the logger, parsed. */
  readonly logs: () => Record<string, unknown>[];
  readonly metrics: () => EmittedMetric[];
};

/** Keeps what each test of the file writes to standard output and standard error, and fails on a metric that is not in the catalogue. */
export const captureOutput = (): CapturedOutput => {
  let text = '';
  let spies: MockInstance[] = [];
  const lines = (): string[] => text.split('\n').filter((line) => line !== '');
  const metrics = (): EmittedMetric[] => emittedMetrics(lines());

  beforeEach(() => {
    text = '';
    spies = [process.stdout, process.stderr].map((stream) =>
      vi.spyOn(stream, 'write').mockImplementation((chunk) => {
        text += String(chunk);
        return true;
      }),
    );
  });
  afterEach(() => {
    for (const spy of spies) {
      spy.mockRestore();
    }
    expectCatalogued(metrics());
  });

  return {
    lines,
    metrics,
    logs: () =>
      lines()
        .filter((line) => line.startsWith('{'))
        .map((line): Record<string, unknown> => JSON.parse(line))
        .filter((line) => 'level' in line),
  };
};
