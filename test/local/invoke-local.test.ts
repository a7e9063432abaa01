import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, inject, it } from 'vitest';
import { ROOT } from '../../local/local-aws.ts';
import { jobsIn } from './deployed.ts';

const run = promisify(execFile);
const { environment } = inject('localAws');

/** Calls the command that README.md names, as a shell with `.local/env.sh` does. */
const invokeLocal = async (functionKey: string, event: string): Promise<string> => {
  const { stdout } = await run(
    'node_modules/.bin/serverless',
    ['invoke', 'local', '-f', functionKey, '-p', `events/${event}`],
    {
      cwd: ROOT,
      env: { ...environment, HOME: '/nowhere', PATH: `${dirname(process.execPath)}:/usr/bin:/bin` },
      timeout: 120_000,
    },
  );
  return stdout;
};

describe('serverless invoke local', () => {
  it('runs a function with an event of events/ against the local AWS', async () => {
    const output = await invokeLocal('submitBatchJob', 'submit-batch-job-eventbridge.json');

    expect(output).toContain('"batchItemFailures": []');
    const jobs = await jobsIn('recommendation-etl', ({ parameters }) => parameters?.['shop'] === 'shibuya');
    expect(jobs.map(({ parameters }) => parameters)).toEqual([
      {
        date: '2026-11-22',
        shop: 'shibuya',
        products: 's3://northwind-landing/catalog/2026/11/22/products_shibuya.tsv.gz',
      },
    ]);
  });

  it('runs a scheduled function', async () => {
    expect(await invokeLocal('checkArrivals', 'check-arrivals-schedule.json')).toContain('"runs": ');
  });

  it('runs one that asks EMR', async () => {
    expect(await invokeLocal('aggregateEmrMetrics', 'aggregate-emr-metrics-schedule.json')).toContain('"outcomes": ');
  });
});
