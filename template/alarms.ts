/** The alarms on functions and their queues. */
import { METRICS } from '../shared/telemetry/catalogue.ts';
import { logicalName, type Resource, type Resources } from './cloudformation.ts';
import { failureQueueNames, queueId, UNDELIVERED, visibilityTimeoutSeconds } from './event-queues.ts';
import type { Service, ServiceFunction, ServiceQueue } from './service.ts';

const FIVE_MINUTES_SECONDS = 300;

/** The description of an alarm, for a person who is called at night and reads it on a phone. */
type Words = {
  /** A sentence that says what has happened. */
  readonly means: string;
  /** The first thing to check or to do. The text continues after "First:". */
  readonly first: string;
};

/** Makes an alarm that notifies the topic when it starts and when it ends. */
export const alarm = ({ means, first, ...properties }: Words & Readonly<Record<string, unknown>>): Resource => ({
  Type: 'AWS::CloudWatch::Alarm',
  Properties: {
    AlarmDescription: `${means} First: ${first}`,
    Period: FIVE_MINUTES_SECONDS,
    EvaluationPeriods: 1,
    ...properties,
    AlarmActions: [{ Ref: 'AlertTopic' }],
    OKActions: [{ Ref: 'AlertTopic' }],
  },
});

const failureQueueAlarm = (prefix: string, queue: string): Resources => ({
  [`${queueId(queue)}Alarm`]: alarm({
    AlarmName: `${prefix}-${queue}-not-empty`,
    means: `The queue ${prefix}-${queue} has messages that were not processed.`,
    first:
      queue === UNDELIVERED
        ? 'read the attributes of a message (ERROR_CODE, RULE_ARN), which say why EventBridge could not deliver it, and fix the cause. SQS cannot redrive this queue. check-arrivals finds lost arrivals; docs/operations.md says how to send the other events again.'
        : 'read the log of the function that reads the queue, fix the cause, and redrive the queue. To process a message twice is harmless.',
    Namespace: 'AWS/SQS',
    MetricName: 'ApproximateNumberOfMessagesVisible',
    Dimensions: [{ Name: 'QueueName', Value: `${prefix}-${queue}` }],
    Statistic: 'Maximum',
    ComparisonOperator: 'GreaterThanThreshold',
    Threshold: 0,
    // A queue without activity for six hours has no metric.
    TreatMissingData: 'notBreaching',
  }),
});

/** After this time beyond all attempts of a message, its queue has no reader. */
const PATIENCE_SECONDS = 600;

/**
 * Without messages, an event-driven function does not run, so its silence means nothing. A waiting
 * message does.
 */
const notTakenAlarm = (prefix: string, { name, takenBy, receives, delaySeconds = 0 }: ServiceQueue): Resources => ({
  [`${queueId(name)}NotTakenAlarm`]: alarm({
    AlarmName: `${prefix}-${name}-not-taken`,
    means: `A message in the queue ${prefix}-${name} is older than all its attempts can take.`,
    first: `check whether ${takenBy.name} is throttled, or its event source mapping is disabled.`,
    Namespace: 'AWS/SQS',
    MetricName: 'ApproximateAgeOfOldestMessage',
    Dimensions: [{ Name: 'QueueName', Value: `${prefix}-${name}` }],
    Statistic: 'Maximum',
    ComparisonOperator: 'GreaterThanThreshold',
    Threshold: delaySeconds + receives * visibilityTimeoutSeconds(takenBy) + PATIENCE_SECONDS,
    TreatMissingData: 'notBreaching',
  }),
});

const errorsAlarm = ({ key, name }: ServiceFunction): Resources => ({
  [`${logicalName(key)}ErrorsAlarm`]: alarm({
    AlarmName: `${name}-errors`,
    means: `The function ${name} failed.`,
    first: 'read the last error in its log. A failed message is tried again, and then goes to the failure queue.',
    Namespace: 'AWS/Lambda',
    MetricName: 'Errors',
    Dimensions: [{ Name: 'FunctionName', Value: name }],
    Statistic: 'Sum',
    ComparisonOperator: 'GreaterThanThreshold',
    Threshold: 0,
    TreatMissingData: 'notBreaching',
  }),
});

/** A function that does not run cannot report it. */
const silenceAlarm = ({ key, name }: ServiceFunction): Resources => ({
  [`${logicalName(key)}SilenceAlarm`]: alarm({
    AlarmName: `${name}-silent`,
    means: `The function ${name} is scheduled every few minutes, and has not run for ten minutes.`,
    first: 'check whether its rule is enabled, and whether the account has unused concurrency.',
    Namespace: 'AWS/Lambda',
    MetricName: 'Invocations',
    Dimensions: [{ Name: 'FunctionName', Value: name }],
    Statistic: 'Sum',
    EvaluationPeriods: 2,
    ComparisonOperator: 'LessThanThreshold',
    Threshold: 1,
    TreatMissingData: 'breaching',
  }),
});

/** A queue that is not counted has no metrics, so its own alarms are silent. */
const notCountedAlarm = ({ name }: ServiceFunction): Resources => ({
  QueuesNotCountedAlarm: alarm({
    AlarmName: `${name}-queues-not-counted`,
    means: `For 15 minutes, ${name} could not count the jobs of a queue. The queue has no metrics for this time.`,
    first: 'read the log line "Queue not counted", which names the queue and the reason.',
    Namespace: METRICS.QueuesNotCounted.namespace,
    MetricName: 'QueuesNotCounted',
    Statistic: 'Average',
    EvaluationPeriods: 3,
    ComparisonOperator: 'GreaterThanThreshold',
    Threshold: 0,
    // A tick that counts for minutes makes the next ticks skip.
    TreatMissingData: 'notBreaching',
  }),
});

/**
 * Derives alarms on failure queues, on queues that are not read, on errors of functions, on
 * scheduled functions that do not run, and on job queues that are not counted.
 */
export const alarms = (service: Service): Resources =>
  Object.assign(
    {},
    ...failureQueueNames(service).map((queue) => failureQueueAlarm(service.prefix, queue)),
    ...service.queues.map((queue) => notTakenAlarm(service.prefix, queue)),
    ...service.functions.map(errorsAlarm),
    ...service.functions.filter(({ isScheduled }) => isScheduled).map(silenceAlarm),
    ...service.functions.filter(({ key }) => key === 'countStuckJobs').map(notCountedAlarm),
  );
