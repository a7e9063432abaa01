import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../functions/rebind-emr-ui/config.ts';

const ENVIRONMENT = { STAGE: 'dev', LEDGER_TABLE: 'ledger' };

describe('readConfig', () => {
  it('changes things unless it is told otherwise', () => {
    expect(readConfig(ENVIRONMENT)).toEqual({ stage: 'dev', ledgerTable: 'ledger', isDry: false });
    expect(readConfig({ ...ENVIRONMENT, DRY_RUN: 'false' }).isDry).toBe(false);
    expect(readConfig({ ...ENVIRONMENT, DRY_RUN: 'true' }).isDry).toBe(true);
  });

  it('names what is missing, and what has no meaning', () => {
    expect(() => readConfig({})).toThrow('Environment variables not set: STAGE, LEDGER_TABLE');
    expect(() => readConfig({ ...ENVIRONMENT, DRY_RUN: 'yes' })).toThrow(
      'Environment variable DRY_RUN is neither true nor false',
    );
  });
});
