import { describe, expect, it } from 'vitest';
import { COUNT_FOR_MS, LEASE_MS, readConfig } from '../../../functions/count-stuck-jobs/config.ts';

describe('readConfig', () => {
  it('reads the table', () => {
    expect(readConfig({ LEDGER_TABLE: 'ledger' })).toEqual({ ledgerTable: 'ledger' });
  });

  it('throws when it is not set', () => {
    expect(() => readConfig({})).toThrow('Environment variables not set: LEDGER_TABLE');
  });

  it('leaves time, within the lease, for what comes after the counting', () => {
    expect(LEASE_MS - COUNT_FOR_MS).toBeGreaterThanOrEqual(60_000);
  });
});
