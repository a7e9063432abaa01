/** The EventBridge rules that lead events into the queues. */
import { createHash } from 'node:crypto';
import type { EventPattern } from '../shared/feeds/event-patterns.ts';
import { arnOf, logicalName, type Resource, type Resources } from './cloudformation.ts';
import { queueId, UNDELIVERED } from './event-queues.ts';

/**
 * What EventBridge does by itself, written down so that it stays so: tries for a day, then hands the event to the failure queue.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
 */
const RETRY_POLICY = { MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86_400 };

/** @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html */
const MAX_NAME_LENGTH = 64;

const INDEX_LENGTH = '-999'.length;

const rule = (name: string, queue: string, pattern: object): Resource => ({
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
      },
    ],
  },
});

/**
 * Derives the rules that lead into one queue, one for each pattern: `<prefix>-<queue>-1`, `-2`, ...
 *
 * @param patterns - each short enough for EventBridge by itself
 */
export const eventRules = (prefix: string, queue: string, patterns: readonly object[]): Resources =>
  Object.fromEntries(
    patterns.map((pattern, index) => [
      `${logicalName(queue)}Rule${index + 1}`,
      rule(`${prefix}-${queue}-${index + 1}`, queue, pattern),
    ]),
  );

/** Names a bucket as far as there is room, and by a hash for certain. */
const bucketName = (bucket: string, room: number): string => {
  const hash = createHash('sha256').update(bucket).digest('hex').slice(0, 8);
  const readable = bucket.slice(0, Math.max(0, room - hash.length - 1)).replace(/[.-]+$/, '');
  return readable === '' ? hash : `${readable}-${hash}`;
};

/**
 * Derives the rules that lead arrivals into a queue, named by their bucket and numbered within it: `<prefix>-<queue>-<bucket>-1`, ...
 *
 * @remarks Were they numbered over all buckets, a new bucket would move patterns from rule to rule, and CloudFormation changes rules one
 * after the other: what arrives meanwhile would be taken by none.
 */
export const arrivalRules = (prefix: string, queue: string, patterns: readonly EventPattern[]): Resources => {
  const room = MAX_NAME_LENGTH - `${prefix}-${queue}-`.length - INDEX_LENGTH;
  const byBucket = Map.groupBy(patterns, ({ detail }) => bucketName(detail.bucket.name[0], room));
  return Object.fromEntries(
    Array.from(byBucket).flatMap(([bucket, ofBucket]) =>
      ofBucket.map((pattern, index) => [
        `${logicalName(queue)}Rule${logicalName(bucket)}${index + 1}`,
        rule(`${prefix}-${queue}-${bucket}-${index + 1}`, queue, pattern),
      ]),
    ),
  );
};

/**
 * What an event bus takes in most Regions, less the rules of the stack that are not for arrivals and a few of others.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
 */
const [RULES_OF_A_BUS, OTHER_RULES] = [300, 20];

/** Warns of more rules for arrivals than the account's event bus takes, unless its quota was raised: the deployment would fail half way. */
export const ruleWarnings = (patterns: readonly EventPattern[]): string[] =>
  patterns.length <= RULES_OF_A_BUS - OTHER_RULES
    ? []
    : [
        `The feeds take ${patterns.length} rules of EventBridge for their buckets and prefixes. An event bus takes ${RULES_OF_A_BUS} in all (100 in ` +
          'some Regions), unless the quota "Number of rules" of the account was raised',
      ];
