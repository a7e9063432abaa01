import { describe, expect, it } from 'vitest';
import { METRICS } from '../../shared/telemetry/catalogue.ts';
import { alarms } from '../../template/alarms.ts';
import { aService } from './a-service.ts';

const propertiesOf = (id: string) => alarms(aService())[id]?.Properties;

describe('alarms', () => {
  it('watches every failure queue, the errors of every function and the silence of every scheduled one', () => {
    const names = Object.values(alarms(aService())).map(({ Properties }) => Properties['AlarmName']);

    expect(names).toEqual([
      'breakaway-dev-arrivals-failed-not-empty',
      'breakaway-dev-undelivered-not-empty',
      'breakaway-dev-arrivals-not-taken',
      'breakaway-dev-submit-batch-job-errors',
      'breakaway-dev-check-arrivals-errors',
      'breakaway-dev-check-arrivals-silent',
    ]);
  });

  it('starts at the first message in a failure queue', () => {
    expect(propertiesOf('ArrivalsFailedQueueAlarm')).toMatchObject({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: 'breakaway-dev-arrivals-failed' }],
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 0,
      TreatMissingData: 'notBreaching',
    });
  });

  it('starts when a message is older than all its attempts can take', () => {
    expect(propertiesOf('ArrivalsQueueNotTakenAlarm')).toMatchObject({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateAgeOfOldestMessage',
      Dimensions: [{ Name: 'QueueName', Value: 'breakaway-dev-arrivals' }],
      Threshold: 5 * 180 + 600,
      TreatMissingData: 'notBreaching',
    });
  });

  it('starts when a scheduled function does not run any more', () => {
    expect(propertiesOf('CheckArrivalsSilenceAlarm')).toMatchObject({
      MetricName: 'Invocations',
      Dimensions: [{ Name: 'FunctionName', Value: 'breakaway-dev-check-arrivals' }],
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      TreatMissingData: 'breaching',
    });
  });

  it('starts when a queue is not counted for long', () => {
    const service = aService();
    const countStuckJobs = {
      key: 'countStuckJobs',
      name: 'breakaway-dev-count-stuck-jobs',
      timeoutSeconds: 290,
      isScheduled: true,
    };

    const { QueuesNotCountedAlarm } = alarms({ ...service, functions: [...service.functions, countStuckJobs] });

    expect(QueuesNotCountedAlarm?.Properties).toMatchObject({
      AlarmName: 'breakaway-dev-count-stuck-jobs-queues-not-counted',
      Namespace: METRICS.QueuesNotCounted.namespace,
      MetricName: 'QueuesNotCounted',
      Statistic: 'Average',
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    });
    expect(QueuesNotCountedAlarm?.Properties).not.toHaveProperty('Dimensions');
  });

  it('notifies the topic at its start and at its end', () => {
    for (const { Properties } of Object.values(alarms(aService()))) {
      expect(Properties).toMatchObject({ AlarmActions: [{ Ref: 'AlertTopic' }], OKActions: [{ Ref: 'AlertTopic' }] });
    }
  });
});
