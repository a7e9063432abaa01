import { describe, expect, it } from 'vitest';
import { eventQueues, failureQueueNames } from '../../template/event-queues.ts';
import { aService } from './a-service.ts';

describe('eventQueues', () => {
  it('keeps a message invisible for six timeouts of its function', () => {
    const resources = eventQueues(aService());

    expect(resources['ArrivalsQueue']?.Properties).toMatchObject({
      QueueName: 'breakaway-dev-arrivals',
      VisibilityTimeout: 180,
      KmsMasterKeyId: { 'Fn::GetAtt': ['SuiteKey', 'Arn'] },
    });
  });

  it('delays messages where a delay is set', () => {
    const { queues, ...service } = aService();
    const resources = eventQueues({ ...service, queues: queues.map((queue) => ({ ...queue, delaySeconds: 60 })) });

    expect(resources['ArrivalsQueue']?.Properties['DelaySeconds']).toBe(60);
    expect(eventQueues(aService())['ArrivalsQueue']?.Properties).not.toHaveProperty('DelaySeconds');
  });

  it('moves a message to the failure queue after the set number of attempts', () => {
    const resources = eventQueues(aService());

    expect(resources['ArrivalsQueue']?.Properties['RedrivePolicy']).toEqual({
      deadLetterTargetArn: { 'Fn::GetAtt': ['ArrivalsFailedQueue', 'Arn'] },
      maxReceiveCount: 5,
    });
    expect(resources['ArrivalsFailedQueue']?.Properties).toMatchObject({
      QueueName: 'breakaway-dev-arrivals-failed',
      MessageRetentionPeriod: 14 * 24 * 3600,
    });
  });

  it('allows only the rules of the queue, in this account, to send to it', () => {
    const resources = eventQueues(aService());

    expect(resources['ArrivalsQueuePolicy']?.Properties['PolicyDocument']).toMatchObject({
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'events.amazonaws.com' },
          Action: 'sqs:SendMessage',
          Condition: {
            ArnLike: {
              'aws:SourceArn': {
                'Fn::Sub': `arn:\${AWS::Partition}:events:\${AWS::Region}:\${AWS::AccountId}:rule/breakaway-dev-arrivals-*`,
              },
            },
            StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
          },
        },
        { Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
      ],
    });
  });

  it('gives every queue a policy', () => {
    const resources = Object.entries(eventQueues(aService()));
    const idsOf = (type: string) => resources.filter(([, { Type }]) => Type === type).map(([id]) => id);

    expect(idsOf('AWS::SQS::QueuePolicy')).toEqual(idsOf('AWS::SQS::Queue').map((id) => `${id}Policy`));
  });
});

describe('failureQueueNames', () => {
  it('lists the failure queue of each queue and the undelivered events', () => {
    expect(failureQueueNames(aService())).toEqual(['arrivals-failed', 'undelivered']);
  });
});
