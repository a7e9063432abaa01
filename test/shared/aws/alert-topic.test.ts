import { NotFoundException, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { describe, expect, it } from 'vitest';
import { createAlertTopic } from '../../../shared/aws/alert-topic.ts';
import { mockAws } from '../../support/mock-aws.ts';

const sns = mockAws(SNSClient);

const signal = new AbortController().signal;
const topicArn = 'arn:aws:sns:eu-west-1:123456789012:breakaway-test-alerts';

const message = {
  subject: '[test] Late',
  body: 'Feed sales is late:\n- orders & 100 % of + "them", é新規',
  attributes: { kind: 'feed-late', severity: 'warning', feed: 'sales' },
} as const;

describe('publish', () => {
  it('sends subject and text, with the attributes that subscriptions filter by', async () => {
    sns.on(PublishCommand).resolves({});

    await createAlertTopic({ topicArn }).publish(message, signal);

    expect(sns.commandCalls(PublishCommand).map(({ args: [{ input }] }) => input)).toEqual([
      {
        TopicArn: topicArn,
        Subject: '[test] Late',
        Message: message.body,
        MessageAttributes: {
          kind: { DataType: 'String', StringValue: 'feed-late' },
          severity: { DataType: 'String', StringValue: 'warning' },
          feed: { DataType: 'String', StringValue: 'sales' },
        },
      },
    ]);
  });

  it('rejects when SNS refuses, and names the topic', async () => {
    const cause = new NotFoundException({ message: 'No topic', $metadata: { httpStatusCode: 404 } });
    sns.on(PublishCommand).rejects(cause);

    const published = createAlertTopic({ topicArn }).publish(message, signal);

    await expect(published).rejects.toMatchObject({ message: `Could not publish to ${topicArn}`, cause });
  });
});
