/** The EventBridge rules that send events to the queues. */
import { createHash } from 'node:crypto';
import type { EventPattern } from '../shared/feeds/event-patterns.ts';
import { arnOf, logicalName, type Resource, type Resources } from './cloudformation.ts';
import { queueId, UNDELIVERED } from './event-queues.ts';

/**
 * The default of EventBridge, written down so that it cannot change: retries for a day, then the
 * failure queue.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
 */
const RETRY_POLICY = { MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86_400 };

/** @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html */
const MAX_NAME_LENGTH = 64;

const INDEX_LENGTH = '-999'.length;

const rule = (name: string, queue: string, pattern: object, group?: string): Resource => ({
  Type: 'AWS::Events::Rule',
  Properties: {
    Name: name,
    EventPattern: pattern,
    Targets: [
      {
        Id: queue,
        Arn: arnOf(queueId(queue)),
        DeadLetterConfig: { Arn: arnOf(queueId(UNDELIVERED)) },
        RetryPolicy: RETRY_POLICY,
        // A fair queue: a flood of one group does not hold up the others.
        ...(group === undefined ? {} : { SqsParameters: { MessageGroupId: group } }),
      },
    ],
  },
});

/**
 * Derives the rules that send events to one queue, one for each pattern: `<prefix>-<queue>-1`,
 * `-2`, ...
 *
 * @param patterns - Each is short enough for EventBridge.
 */
export const eventRules = (prefix: string, queue: string, patterns: readonly object[]): Resources =>
  Object.fromEntries(
    patterns.map((pattern, index) => [
      `${logicalName(queue)}Rule${index + 1}`,
      rule(`${prefix}-${queue}-${index + 1}`, queue, pattern),
    ]),
  );

/** Shortens the name of a bucket, and adds a hash that identifies it. */
const bucketName = (bucket: string, room: number): string => {
  const hash = createHash('sha256').update(bucket).digest('hex').slice(0, 8);
  const readable = bucket.slice(0, Math.max(0, room - hash.length - 1)).replace(/[.-]+$/, '');
  return readable === '' ? hash : `${readable}-${hash}`;
};

/**
 * Derives the rules that send arrivals to a queue, with a number per bucket:
 * `<prefix>-<queue>-<bucket>-1`, ...
 *
 * @remarks With one sequence of numbers for all buckets, a new bucket would move patterns from rule
 * to rule. CloudFormation changes one rule after the other, so arrivals in between would match no
 * rule.
 */
export const arrivalRules = (prefix: string, queue: string, patterns: readonly EventPattern[]): Resources => {
  const room = MAX_NAME_LENGTH - `${prefix}-${queue}-`.length - INDEX_LENGTH;
  const byBucket = Map.groupBy(patterns, ({ detail }) => bucketName(detail.bucket.name[0], room));
  return Object.fromEntries(
    Array.from(byBucket).flatMap(([bucket, ofBucket]) =>
      ofBucket.map((pattern, index) => [
        `${logicalName(queue)}Rule${logicalName(bucket)}${index + 1}`,
        rule(`${prefix}-${queue}-${bucket}-${index + 1}`, queue, pattern, pattern.detail.bucket.name[0]),
      ]),
    ),
  );
};

/**
 * The rules of an event bus in most Regions, and a reserve for the other rules of the stack and the
 * account.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
 */
const [RULES_OF_A_BUS, OTHER_RULES] = [300, 20];

/**
 * Warns of more rules than the account's event bus allows by default, since the deployment would
 * fail half way.
 */
export const ruleWarnings = (patterns: readonly EventPattern[]): string[] =>
  patterns.length <= RULES_OF_A_BUS - OTHER_RULES
    ? []
    : [
        `The feeds need ${patterns.length} EventBridge rules for their buckets and prefixes. An event bus allows ${RULES_OF_A_BUS} rules (100 in ` +
          'some Regions), unless the quota "Number of rules" of the account was raised',
      ];
