/** The alarms that follow from the functions and queues themselves. */
import { logicalName, type Resource, type Resources } from './cloudformation.ts';
import { failureQueueNames, queueId } from './event-queues.ts';
import type { Service, ServiceFunction } from './service.ts';

const FIVE_MINUTES_SECONDS = 300;

const alarm = (properties: Readonly<Record<string, unknown>>): Resource => ({
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

/** Derives an alarm for every failure queue, for the errors of every function, and for the silence of every scheduled one. */
export const alarms = (service: Service): Resources =>
  Object.assign(
    {},
    ...failureQueueNames(service).map((queue) => failureQueueAlarm(service.prefix, queue)),
    ...service.functions.map(errorsAlarm),
    ...service.functions.filter(({ isScheduled }) => isScheduled).map(silenceAlarm),
  );
