import { readFile } from 'node:fs/promises';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { drawPicture } from '../../bench/aggregate-emr-metrics/chart.ts';

afterAll(() => {
  vi.unstubAllEnvs();
});

describe('docs/emr-metrics.svg', () => {
  it('is drawn from what the function publishes now', async () => {
    // What the script sets is put back afterwards.
    for (const name of ['AWS_ENDPOINT_URL_EMR', 'AWS_ENDPOINT_URL_CLOUDWATCH', 'AWS_REGION']) {
      vi.stubEnv(name, '');
    }

    expect(await drawPicture()).toBe(await readFile('docs/emr-metrics.svg', 'utf8'));
  });
});
