import { expect, it } from 'vitest';
import { readConfig } from '../../../functions/track-jobs/config.ts';

const ENVIRONMENT = { STAGE: 'prod', LEDGER_TABLE: 'ledger', SUITE_BUCKET: 'suite' };

it('reads the settings', () => {
  expect(readConfig(ENVIRONMENT)).toEqual({ stage: 'prod', ledgerTable: 'ledger', suiteBucket: 'suite' });
});

it('names what is not set', () => {
  expect(() => readConfig({ STAGE: 'prod' })).toThrow('Environment variables not set: LEDGER_TABLE, SUITE_BUCKET');
});
