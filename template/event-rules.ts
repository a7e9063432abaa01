/** The EventBridge rules that lead events into the queues. */
import { arnOf, logicalName, type Resources } from './cloudformation.ts';
import { queueId, UNDELIVERED } from './event-queues.ts';

/**
 * What EventBridge does by itself, written down so that it stays so: tries for a day, then hands the event to the failure queue.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
 */
const RETRY_POLICY = { MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86_400 };

/**
 * Derives the rules that lead into one queue, one for each pattern: `<prefix>-<queue>-1`, `-2`, ...
 *
 * @param patterns - each short enough for EventBridge by itself
 */
export const eventRules = (prefix: string, queue: string, patterns: readonly object[]): Resources =>
  Object.fromEntries(
    patterns.map((pattern, index) => [
      `${logicalName(queue)}Rule${index + 1}`,
      {
        Type: 'AWS::Events::Rule',
        Properties: {
          Name: `${prefix}-${queue}-${index + 1}`,
          EventPattern: pattern,
          Targets: [
            {
              Id: queue,
              Arn: arnOf(queueId(queue)),
              DeadLetterConfig: { Arn: arnOf(queueId(UNDELIVERED)) },
              RetryPolicy: RETRY_POLICY,
            },
          ],
        },
      },
    ]),
  );
