import { expect, it } from 'vitest';
import { readConfig } from '../../../functions/notify-failure/config.ts';

const ENVIRONMENT = { STAGE: 'prod', LEDGER_TABLE: 'ledger', ALERT_TOPIC_ARN: 'arn' };

it('reads the settings', () => {
  expect(readConfig(ENVIRONMENT)).toEqual({ stage: 'prod', ledgerTable: 'ledger', alertTopicArn: 'arn' });
});

it('names what is not set', () => {
  expect(() => readConfig({ STAGE: 'prod' })).toThrow('Environment variables not set: LEDGER_TABLE, ALERT_TOPIC_ARN');
});
