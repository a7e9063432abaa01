import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import { readEnvironment } from '../../../shared/lambda/environment.ts';

const VARIABLES = { ledgerTable: 'LEDGER_TABLE', stage: 'STAGE' };

describe('readEnvironment', () => {
  it('gives each setting the value of its variable, without the blanks around it', () => {
    const settings = readEnvironment(VARIABLES, { STAGE: ' prod\n', LEDGER_TABLE: 'ledger', OTHER: 'x' });

    expect(settings).toEqual({ ledgerTable: 'ledger', stage: 'prod' });
    expectTypeOf(settings).toEqualTypeOf<Readonly<Record<'ledgerTable' | 'stage', string>>>();
  });

  it('reads the environment of the process when no other is given', () => {
    vi.stubEnv('STAGE', 'dev');

    expect(readEnvironment({ stage: 'STAGE' })).toEqual({ stage: 'dev' });

    vi.unstubAllEnvs();
  });

  it.each([
    ['unset', {}],
    ['undefined', { STAGE: undefined }],
    ['empty', { STAGE: '' }],
    ['blank', { STAGE: ' \t\n' }],
  ])('throws for a variable that is %s', (_, environment) => {
    expect(() => readEnvironment({ stage: 'STAGE' }, environment)).toThrow(
      new Error('Environment variables not set: STAGE'),
    );
  });

  it('lists all that are missing at once, in the order of the settings, and no value of another', () => {
    const variables = { ...VARIABLES, secret: 'SECRET', suiteBucket: 'SUITE_BUCKET' };

    expect(() => readEnvironment(variables, { STAGE: '', SECRET: 'hunter2', LEDGER_TABLE: ' ' })).toThrow(
      new Error('Environment variables not set: LEDGER_TABLE, STAGE, SUITE_BUCKET'),
    );
  });

  it('reads nothing when no variable is named', () => {
    expect(readEnvironment({}, {})).toEqual({});
  });
});
