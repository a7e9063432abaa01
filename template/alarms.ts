/** The alarms that follow from the functions and queues themselves. */
import { METRICS } from '../shared/telemetry/catalogue.ts';
import { logicalName, type Resource, type Resources } from './cloudformation.ts';
import { failureQueueNames, queueId } from './event-queues.ts';
import type { Service, ServiceFunction } from './service.ts';

const FIVE_MINUTES_SECONDS = 300;

/** Makes an alarm that tells the topic, also when all is well again. */
export const alarm = (properties: Readonly<Record<string, unknown>>): Resource => ({
  Type: 'AWS::CloudWatch::Alarm',
  Properties: {
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
    AlarmDescription: `Messages that were not handled wait in the queue ${prefix}-${queue}.`,
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

const errorsAlarm = ({ key, name }: ServiceFunction): Resources => ({
  [`${logicalName(key)}ErrorsAlarm`]: alarm({
    AlarmName: `${name}-errors`,
    AlarmDescription: `The function ${name} failed.`,
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
    AlarmDescription: `The function ${name} should run every few minutes, and did not run.`,
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
    AlarmDescription: `For a quarter of an hour, ${name} could not count the jobs of a queue; its log names the queue and says why.`,
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

/** Derives an alarm for every failure queue, for the errors of every function, for the silence of every scheduled one, and for queues without numbers. */
export const alarms = (service: Service): Resources =>
  Object.assign(
    {},
    ...failureQueueNames(service).map((queue) => failureQueueAlarm(service.prefix, queue)),
    ...service.functions.map(errorsAlarm),
    ...service.functions.filter(({ isScheduled }) => isScheduled).map(silenceAlarm),
    ...service.functions.filter(({ key }) => key === 'countStuckJobs').map(notCountedAlarm),
  );
