import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach } from 'vitest';
import { expectCatalogued, putMetrics } from './emitted-metrics.ts';

/**
 * Mocks every client of a class, strictly: a command that the test has not scripted rejects, and fails the test even if that was caught.
 *
 * The mock is armed at once and again before each test, so that no test finds what another scripted. Metrics that a test puts have to be in the
 * catalogue.
 */
export const mockAws: typeof mockClient = (client, options) => {
  const mock = mockClient(client, options);
  let unscripted: Error[] = [];

  const arm = (): void => {
    unscripted = [];
    mock.reset();
    // By itself the library answers `undefined`, which reads like an empty success. What a test scripts goes before this.
    mock.send.callsFake(async (command) => {
      const error = new Error(`Unscripted ${command.constructor.name}: ${JSON.stringify(command.input)}`);
      unscripted.push(error);
      throw error;
    });
  };
  arm();
  beforeEach(arm);
  afterEach(() => {
    const puts = mock
      .calls()
      .flatMap(({ args: [command] }) => (command instanceof PutMetricDataCommand ? [command.input] : []));
    expectCatalogued(puts.flatMap(putMetrics));
    if (unscripted[0] !== undefined) {
      throw unscripted[0];
    }
  });

  return mock;
};
