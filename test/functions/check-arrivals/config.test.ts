import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../functions/check-arrivals/config.ts';

describe('readConfig', () => {
  it('takes stage, ledger, bucket and topic from the environment', () => {
    const environment = {
      STAGE: 'prod',
      LEDGER_TABLE: 'ledger',
      SUITE_BUCKET: 'suite',
      ALERT_TOPIC_ARN: 'arn:aws:sns:ap-northeast-1:123456789012:alerts',
    };

    expect(readConfig(environment)).toEqual({
      stage: 'prod',
      ledgerTable: 'ledger',
      suiteBucket: 'suite',
      alertTopicArn: 'arn:aws:sns:ap-northeast-1:123456789012:alerts',
    });
  });

  it('names every variable that is not set', () => {
    expect(() => readConfig({ STAGE: 'prod' })).toThrow(
      'Environment variables not set: LEDGER_TABLE, SUITE_BUCKET, ALERT_TOPIC_ARN',
    );
  });
});
