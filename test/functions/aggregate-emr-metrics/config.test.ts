import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../functions/aggregate-emr-metrics/config.ts';

describe('readConfig', () => {
  it('reads the table', () => {
    expect(readConfig({ LEDGER_TABLE: 'ledger' })).toEqual({ ledgerTable: 'ledger' });
  });

  it('throws when it is not set', () => {
    expect(() => readConfig({})).toThrow('Environment variables not set: LEDGER_TABLE');
  });
});
