import { describe, expect, it } from 'vitest';
import { eventRules } from '../../template/event-rules.ts';

describe('eventRules', () => {
  it('makes a rule of each pattern, numbered from 1', () => {
    const resources = eventRules('breakaway-dev', 'arrivals', [{ source: ['one'] }, { source: ['two'] }]);

    expect(Object.keys(resources)).toEqual(['ArrivalsRule1', 'ArrivalsRule2']);
    expect(resources['ArrivalsRule2']?.Properties).toMatchObject({
      Name: 'breakaway-dev-arrivals-2',
      EventPattern: { source: ['two'] },
    });
  });

  it('hands what the queue does not take to the queue of undelivered events', () => {
    const [rule] = Object.values(eventRules('breakaway-dev', 'arrivals', [{}]));

    expect(rule?.Properties['Targets']).toEqual([
      {
        Id: 'arrivals',
        Arn: { 'Fn::GetAtt': ['ArrivalsQueue', 'Arn'] },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['UndeliveredQueue', 'Arn'] } },
        RetryPolicy: { MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86_400 },
      },
    ]);
  });
});
