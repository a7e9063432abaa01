import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { describe, expect, it } from 'vitest';
import { createAlertTopic } from '../../../shared/aws/alert-topic.ts';
import { mockAws } from '../../support/mock-aws.ts';

const sns = mockAws(SNSClient);

const signal = new AbortController().signal;
const topicArn = 'arn:aws:sns:eu-west-1:123456789012:breakaway-test-alerts';

describe('publish', () => {
  it('sends subject and text, with the attributes that subscriptions filter by', async () => {
    sns.on(PublishCommand).resolves({ MessageId: '1' });

    await createAlertTopic({ topicArn }).publish(
      {
        subject: '[test] Late',
        body: 'Feed sales is late',
        attributes: { kind: 'feed-late', severity: 'warning', feed: 'sales' },
      },
      signal,
    );

    const sent = sns.commandCalls(PublishCommand).map((call: { args: unknown[] }) => call.args[1]);
    expect(sent).toEqual([{ abortSignal: signal }]);
    expect(sns.commandCalls(PublishCommand).map(({ args: [{ input }] }) => input)).toEqual([
      {
        TopicArn: topicArn,
        Subject: '[test] Late',
        Message: 'Feed sales is late',
        MessageAttributes: {
          kind: { DataType: 'String', StringValue: 'feed-late' },
          severity: { DataType: 'String', StringValue: 'warning' },
          feed: { DataType: 'String', StringValue: 'sales' },
        },
      },
    ]);
  });

  it('rejects when SNS does', async () => {
    sns.on(PublishCommand).rejects(new Error('NotFound'));

    await expect(
      createAlertTopic({ topicArn }).publish(
        { subject: 'a', body: 'b', attributes: { kind: 'job-failed', severity: 'error' } },
        signal,
      ),
    ).rejects.toThrow('NotFound');
  });
});
