import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../functions/submit-batch-job/config.ts';

describe('readConfig', () => {
  it('takes stage, ledger and bucket from the environment', () => {
    const environment = { STAGE: 'prod', LEDGER_TABLE: 'ledger', SUITE_BUCKET: 'suite', OTHER: 'x' };

    expect(readConfig(environment)).toEqual({ stage: 'prod', ledgerTable: 'ledger', suiteBucket: 'suite' });
  });

  it('names every variable that is not set', () => {
    expect(() => readConfig({ STAGE: ' ' })).toThrow(
      'Environment variables not set: STAGE, LEDGER_TABLE, SUITE_BUCKET',
    );
  });
});
