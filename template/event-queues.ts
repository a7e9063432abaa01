/** The queues between EventBridge and the functions, and the failure queue behind each. */
import { arnOf, logicalName, type Reference, type Resources, regionalArn } from './cloudformation.ts';
import type { Service, ServiceFunction, ServiceQueue } from './service.ts';

/** The longest that SQS keeps a message. */
const FOURTEEN_DAYS_SECONDS = 1_209_600;

/**
 * How many function timeouts a message stays invisible: a throttled batch is tried again meanwhile.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
const VISIBILITY_TIMEOUTS = 6;

/** With the suite's key: the keys that AWS keeps for SQS let no other service in, and scanners take SQS's own encryption for none. */
const ENCRYPTED = {
  KmsMasterKeyId: arnOf('SuiteKey'),
  // The longest, since every new data key is a paid call.
  KmsDataKeyReusePeriodSeconds: 86_400,
};

/** Tells for how long a message stays invisible once it was taken. */
export const visibilityTimeoutSeconds = ({ timeoutSeconds }: ServiceFunction): number =>
  VISIBILITY_TIMEOUTS * timeoutSeconds;

/** The queue of events that EventBridge could not hand to their target. */
export const UNDELIVERED = 'undelivered';

/** Names the logical id of a queue: `arrivals` is `ArrivalsQueue`. */
export const queueId = (name: string): string => `${logicalName(name)}Queue`;

/** Names the queue to which messages go that a function could not handle. */
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
 * Derives the queues: one for each event-driven function, its failure queue, and the one of undelivered events.
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

/** Lists the queues in which a message means that something was not handled. */
export const failureQueueNames = ({ queues }: Service): string[] => [
  ...queues.map(({ name }) => failureQueueName(name)),
  UNDELIVERED,
];
