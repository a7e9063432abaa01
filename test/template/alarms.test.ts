import { describe, expect, it } from 'vitest';
import { alarms } from '../../template/alarms.ts';
import { aService } from './a-service.ts';

const propertiesOf = (id: string) => alarms(aService())[id]?.Properties;

describe('alarms', () => {
  it('watches every failure queue, the errors of every function and the silence of every scheduled one', () => {
    const names = Object.values(alarms(aService())).map(({ Properties }) => Properties['AlarmName']);

    expect(names).toEqual([
      'breakaway-dev-arrivals-failed-not-empty',
      'breakaway-dev-undelivered-not-empty',
      'breakaway-dev-submit-batch-job-errors',
      'breakaway-dev-check-arrivals-errors',
      'breakaway-dev-check-arrivals-silent',
    ]);
  });

  it('rings for the first message in a failure queue', () => {
    expect(propertiesOf('ArrivalsFailedQueueAlarm')).toMatchObject({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: 'breakaway-dev-arrivals-failed' }],
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 0,
      TreatMissingData: 'notBreaching',
    });
  });

  it('rings when a scheduled function no longer reports at all', () => {
    expect(propertiesOf('CheckArrivalsSilenceAlarm')).toMatchObject({
      MetricName: 'Invocations',
      Dimensions: [{ Name: 'FunctionName', Value: 'breakaway-dev-check-arrivals' }],
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      TreatMissingData: 'breaching',
    });
  });

  it('tells the topic, also when all is well again', () => {
    for (const { Properties } of Object.values(alarms(aService()))) {
      expect(Properties).toMatchObject({ AlarmActions: [{ Ref: 'AlertTopic' }], OKActions: [{ Ref: 'AlertTopic' }] });
    }
  });
});
