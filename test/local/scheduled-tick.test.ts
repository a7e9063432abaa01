import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { loadConfiguration } from '../../configuration/load.ts';
import { createFeedStates } from '../../shared/aws/feed-states.ts';
import { createLedger } from '../../shared/aws/ledger.ts';
import { SETTLE_MS } from '../../shared/runs/state-machine.ts';
import { eventually, jobsIn } from './deployed.ts';

const TABLE = 'breakaway-local-ledger';

/** The rule fires once a minute; then the function starts. */
const NEXT_TICK_MS = 150_000;

beforeAll(() => {
  for (const [name, value] of Object.entries(inject('localAws').environment)) {
    vi.stubEnv(name, value);
  }
});
afterAll(() => {
  vi.unstubAllEnvs();
});

describe('the schedule of check-arrivals', () => {
  it('submits the job of a run whose event died half way, and remembers the feeds', async () => {
    const run = { feed: 'northwind-catalog', date: '2031-03-01', values: { shop: 'sendai' } };
    const arrival = {
      slot: 'products',
      bucket: 'northwind-landing',
      key: 'catalog/2031/03/01/products_sendai.tsv.gz',
      etag: 'etag-1',
      sizeBytes: 1_000,
      fills: true,
    };
    const recordedAt = new Date(Date.now() - SETTLE_MS);

    await createLedger({ tableName: TABLE }).recordArrival(run, arrival, recordedAt, AbortSignal.timeout(10_000));

    const [job, ...others] = await eventually(async () => {
      const jobs = await jobsIn('recommendation-etl', ({ parameters = {} }) => parameters['date'] === run.date);
      expect(jobs).not.toEqual([]);
      return jobs;
    }, NEXT_TICK_MS);
    expect(others).toEqual([]);
    expect(job?.parameters).toMatchObject({ shop: 'sendai', products: `s3://${arrival.bucket}/${arrival.key}` });

    const { configuration } = await loadConfiguration(process.env['BREAKAWAY_CONFIG']);
    const states = await createFeedStates({ tableName: TABLE }).readAll(AbortSignal.timeout(10_000));
    expect(configuration.feeds.map(({ name }) => name).filter((name) => !states.has(name))).toEqual([]);
  });
});
