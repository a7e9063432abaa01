/** The queues between EventBridge and the functions, each with its failure queue. */
import { arnOf, logicalName, type Reference, type Resources, regionalArn } from './cloudformation.ts';
import type { Service, ServiceFunction, ServiceQueue } from './service.ts';

/** The longest retention of SQS. */
const FOURTEEN_DAYS_SECONDS = 1_209_600;

/**
 * The number of function timeouts for which a message stays invisible, so that a throttled batch
 * can be retried.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
const VISIBILITY_TIMEOUTS = 6;

/**
 * The suite's key: EventBridge cannot use the AWS managed key of SQS, and scanners do not accept
 * SQS-owned encryption.
 */
const ENCRYPTED = {
  KmsMasterKeyId: arnOf('SuiteKey'),
  // The longest period: every new data key is a call that costs money.
  KmsDataKeyReusePeriodSeconds: 86_400,
};

/** Computes for how long a message is invisible after it was received. */
export const visibilityTimeoutSeconds = ({ timeoutSeconds }: ServiceFunction): number =>
  VISIBILITY_TIMEOUTS * timeoutSeconds;

/** The queue of events that EventBridge could not deliver to their target. */
export const UNDELIVERED = 'undelivered';

/** Names the logical id of a queue: `arrivals` is `ArrivalsQueue`. */
export const queueId = (name: string): string => `${logicalName(name)}Queue`;

/** Names the queue of messages that a function could not process. */
export const failureQueueName = (name: string): string => `${name}-failed`;

const denyPlainHttp = (queue: string) => ({
  Sid: 'DenyPlainHttp',
  Effect: 'Deny',
  Principal: '*',
  Action: 'sqs:*',
  Resource: arnOf(queueId(queue)),
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
});

const allowRules = (queue: string, rules: Reference) => ({
  Sid: 'AllowRules',
  Effect: 'Allow',
  Principal: { Service: 'events.amazonaws.com' },
  Action: 'sqs:SendMessage',
  Resource: arnOf(queueId(queue)),
  Condition: {
    ArnLike: { 'aws:SourceArn': rules },
    StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
  },
});

const policy = (queue: string, statements: readonly unknown[]): Resources => ({
  [`${queueId(queue)}Policy`]: {
    Type: 'AWS::SQS::QueuePolicy',
    Properties: {
      Queues: [{ Ref: queueId(queue) }],
      PolicyDocument: { Version: '2012-10-17', Statement: statements },
    },
  },
});

const failureQueue = (prefix: string, name: string): Resources => ({
  [queueId(name)]: {
    Type: 'AWS::SQS::Queue',
    Properties: {
      QueueName: `${prefix}-${name}`,
      MessageRetentionPeriod: FOURTEEN_DAYS_SECONDS,
      ...ENCRYPTED,
    },
  },
});

const eventQueue = (prefix: string, { name, takenBy, receives, delaySeconds }: ServiceQueue): Resources => ({
  [queueId(name)]: {
    Type: 'AWS::SQS::Queue',
    Properties: {
      QueueName: `${prefix}-${name}`,
      VisibilityTimeout: visibilityTimeoutSeconds(takenBy),
      ...(delaySeconds === undefined ? {} : { DelaySeconds: delaySeconds }),
      RedrivePolicy: { deadLetterTargetArn: arnOf(queueId(failureQueueName(name))), maxReceiveCount: receives },
      ...ENCRYPTED,
    },
  },
  ...policy(name, [allowRules(name, regionalArn('events', `rule/${prefix}-${name}-*`)), denyPlainHttp(name)]),
  ...failureQueue(prefix, failureQueueName(name)),
  ...policy(failureQueueName(name), [denyPlainHttp(failureQueueName(name))]),
});

/**
 * Derives the queues: for each event-driven function a queue and its failure queue, and one queue
 * of undelivered events.
 *
 * @remarks Only the rules named `<prefix>-<queue>-...` may send to a queue.
 */
export const eventQueues = ({ prefix, queues }: Service): Resources => ({
  ...Object.assign({}, ...queues.map((queue) => eventQueue(prefix, queue))),
  ...failureQueue(prefix, UNDELIVERED),
  ...policy(UNDELIVERED, [
    allowRules(UNDELIVERED, regionalArn('events', `rule/${prefix}-*`)),
    denyPlainHttp(UNDELIVERED),
  ]),
});

/** Lists the queues in which a message means that an event was not processed. */
export const failureQueueNames = ({ queues }: Service): string[] => [
  ...queues.map(({ name }) => failureQueueName(name)),
  UNDELIVERED,
];
