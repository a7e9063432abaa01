import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../../shared/lambda/environment.ts';

describe('readEnvironment', () => {
  it('gives the value of each variable, without the blanks around it', () => {
    const value = readEnvironment({ STAGE: ' prod\n', LEDGER_TABLE: 'ledger', OTHER: 'x' }, ['STAGE', 'LEDGER_TABLE']);

    expect(value('STAGE')).toBe('prod');
    expect(value('LEDGER_TABLE')).toBe('ledger');
  });

  it.each([
    ['unset', {}],
    ['undefined', { STAGE: undefined }],
    ['empty', { STAGE: '' }],
    ['blank', { STAGE: ' \t\n' }],
  ])('throws for a variable that is %s', (_, environment) => {
    expect(() => readEnvironment(environment, ['STAGE'])).toThrow(new Error('Environment variables not set: STAGE'));
  });

  it('lists all that are missing at once, in the order they were asked for, and no value of another', () => {
    const environment = { STAGE: '', SECRET: 'hunter2', LEDGER_TABLE: ' ' };

    expect(() => readEnvironment(environment, ['LEDGER_TABLE', 'SECRET', 'STAGE', 'SUITE_BUCKET'])).toThrow(
      new Error('Environment variables not set: LEDGER_TABLE, STAGE, SUITE_BUCKET'),
    );
  });

  it('asks for nothing when no variable is named', () => {
    expect(() => readEnvironment({}, [])).not.toThrow();
  });
});
