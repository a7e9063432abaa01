/** The alarms that follow from the functions and queues themselves. */
import { METRICS } from '../shared/telemetry/catalogue.ts';
import { logicalName, type Resource, type Resources } from './cloudformation.ts';
import { failureQueueNames, queueId, UNDELIVERED, visibilityTimeoutSeconds } from './event-queues.ts';
import type { Service, ServiceFunction, ServiceQueue } from './service.ts';

const FIVE_MINUTES_SECONDS = 300;

/** What a person reads when an alarm rings, at night and on a phone. */
type Words = {
  /** What has happened: a sentence. */
  readonly means: string;
  /** What to look at or to do before anything else: the rest of a sentence that begins with "First". */
  readonly first: string;
};

/** Makes an alarm that tells the topic, also when all is well again. */
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
    means: `Messages that were not handled wait in the queue ${prefix}-${queue}.`,
    first:
      queue === UNDELIVERED
        ? 'the attributes of a message (ERROR_CODE, RULE_ARN) say why EventBridge could not hand it over; mend that. SQS cannot redrive this queue; what check-arrivals does not find by itself, docs/operations.md says how to send.'
        : 'the log of the function that takes them says why; mend that, then redrive the queue: a repeat is harmless.',
    Namespace: 'AWS/SQS',
    MetricName: 'ApproximateNumberOfMessagesVisible',
    Dimensions: [{ Name: 'QueueName', Value: `${prefix}-${queue}` }],
    Statistic: 'Maximum',
    ComparisonOperator: 'GreaterThanThreshold',
    Threshold: 0,
    // A queue that nobody has used for six hours has no metric.
    TreatMissingData: 'notBreaching',
  }),
});

/** Beyond the time that all tries of a message may take: nobody takes it. */
const PATIENCE_SECONDS = 600;

/** A function that is started by messages has nothing to say while none come; but then none may wait. */
const notTakenAlarm = (prefix: string, { name, takenBy, receives, delaySeconds = 0 }: ServiceQueue): Resources => ({
  [`${queueId(name)}NotTakenAlarm`]: alarm({
    AlarmName: `${prefix}-${name}-not-taken`,
    means: `A message waits in the queue ${prefix}-${name} for longer than all its tries take.`,
    first: `is ${takenBy.name} throttled, or its event source mapping disabled?`,
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
    first: 'the last error in its log names the reason; what failed comes again, or lies in the failure queue.',
    Namespace: 'AWS/Lambda',
    MetricName: 'Errors',
    Dimensions: [{ Name: 'FunctionName', Value: name }],
    Statistic: 'Sum',
    ComparisonOperator: 'GreaterThanThreshold',
    Threshold: 0,
    TreatMissingData: 'notBreaching',
  }),
});

/** A function that no longer runs cannot say so itself. */
const silenceAlarm = ({ key, name }: ServiceFunction): Resources => ({
  [`${logicalName(key)}SilenceAlarm`]: alarm({
    AlarmName: `${name}-silent`,
    means: `The function ${name} should run every few minutes, and did not run for ten.`,
    first: 'is its rule enabled, and has the account concurrency left?',
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

/** A queue that is not counted has no numbers, so its own alarms would be silent. */
const notCountedAlarm = ({ name }: ServiceFunction): Resources => ({
  QueuesNotCountedAlarm: alarm({
    AlarmName: `${name}-queues-not-counted`,
    means: `For a quarter of an hour, ${name} could not count the jobs of a queue, which has no numbers meanwhile.`,
    first: 'the log line "Queue not counted" names the queue and says why.',
    Namespace: METRICS.QueuesNotCounted.namespace,
    MetricName: 'QueuesNotCounted',
    Statistic: 'Average',
    EvaluationPeriods: 3,
    ComparisonOperator: 'GreaterThanThreshold',
    Threshold: 0,
    // While one tick counts for minutes, the others give way.
    TreatMissingData: 'notBreaching',
  }),
});

/** Derives an alarm for every failure queue, for every queue that nobody takes from, for the errors of every function, for the silence of every scheduled one, and for queues without numbers. */
export const alarms = (service: Service): Resources =>
  Object.assign(
    {},
    ...failureQueueNames(service).map((queue) => failureQueueAlarm(service.prefix, queue)),
    ...service.queues.map((queue) => notTakenAlarm(service.prefix, queue)),
    ...service.functions.map(errorsAlarm),
    ...service.functions.filter(({ isScheduled }) => isScheduled).map(silenceAlarm),
    ...service.functions.filter(({ key }) => key === 'countStuckJobs').map(notCountedAlarm),
  );
