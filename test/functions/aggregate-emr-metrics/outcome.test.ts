import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../functions/aggregate-emr-metrics/outcome.ts';
import { CallsExhausted } from '../../../shared/clusters/call-budget.ts';

describe('failureOf', () => {
  it('puts a name off when EMR can be asked no more', () => {
    expect(failureOf('etl', new CallsExhausted('later'))).toEqual({ kind: 'deferred', name: 'etl', reason: 'later' });
  });

  it.each([
    ['an error', new Error('no')],
    ['what is no error', 'no'],
  ])('fails a name because of %s', (_, thrown) => {
    expect(failureOf('etl', thrown)).toEqual({ kind: 'failed', name: 'etl', error: new Error('no') });
  });
});
