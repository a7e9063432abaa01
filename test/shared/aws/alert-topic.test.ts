import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Message } from '../../../shared/alerts/message.ts';
import { createAlertTopic } from '../../../shared/aws/alert-topic.ts';
import { type Answer, type FaultProxy, startProxy } from '../../faults/proxy.ts';

const signal = new AbortController().signal;
const topicArn = 'arn:aws:sns:eu-west-1:123456789012:breakaway-test-alerts';

const aMessage = (differences: Partial<Message> = {}): Message => ({
  subject: '[test] Late',
  body: 'Feed sales is late:\n- orders & 100 % of + "them", é新規',
  attributes: { kind: 'feed-late', severity: 'warning', feed: 'sales' },
  ...differences,
});

const listen = async (...answers: Answer[]): Promise<FaultProxy> => {
  const last = answers.at(-1) ?? { status: 200 };
  const topic = await startProxy(() => answers.shift() ?? last);
  onTestFinished(topic.close);
  vi.stubEnv('AWS_ENDPOINT_URL_SNS', topic.url);
  return topic;
};

beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('publish', () => {
  it('sends subject and text, with the attributes that subscriptions filter by', async () => {
    const topic = await listen();

    await createAlertTopic({ topicArn }).publish(aMessage(), signal);

    expect(topic.requests).toHaveLength(1);
    expect(Object.fromEntries(new URLSearchParams(topic.requests[0]?.body))).toEqual({
      Action: 'Publish',
      Version: '2010-03-31',
      TopicArn: topicArn,
      Subject: '[test] Late',
      Message: aMessage().body,
      'MessageAttributes.entry.1.Name': 'kind',
      'MessageAttributes.entry.1.Value.DataType': 'String',
      'MessageAttributes.entry.1.Value.StringValue': 'feed-late',
      'MessageAttributes.entry.2.Name': 'severity',
      'MessageAttributes.entry.2.Value.DataType': 'String',
      'MessageAttributes.entry.2.Value.StringValue': 'warning',
      'MessageAttributes.entry.3.Name': 'feed',
      'MessageAttributes.entry.3.Value.DataType': 'String',
      'MessageAttributes.entry.3.Value.StringValue': 'sales',
    });
  });

  it('rejects when SNS refuses, after one attempt, with what SNS said', async () => {
    const body = '<ErrorResponse><Error><Code>NotFound</Code><Message>No topic</Message></Error></ErrorResponse>';
    const topic = await listen({ status: 404, body });

    const published = createAlertTopic({ topicArn }).publish(aMessage(), signal);

    await expect(published).rejects.toMatchObject({
      message: `Could not publish to ${topicArn}`,
      cause: { message: 'SNS answered 404 NotFound No topic' },
    });
    expect(topic.requests).toHaveLength(1);
  });

  it('tries again when SNS is throttled or down', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const throttled = '<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>';
    const topic = await listen({ status: 400, body: throttled }, { status: 500 }, { status: 200 });

    await createAlertTopic({ topicArn }).publish(aMessage(), signal);

    expect(topic.requests).toHaveLength(3);
  });

  it('sends what the client of the SDK sends', async () => {
    const sent: { path: string; hostname: string; headers: Record<string, string>; body: string }[] = [];
    vi.spyOn(NodeHttpHandler.prototype, 'handle').mockImplementation(async (request) => {
      sent.push(request as never);
      throw new Error('Captured');
    });
    const { subject, body, attributes } = aMessage();
    const entries = Object.entries(attributes).map(([name, value]) => [
      name,
      { DataType: 'String', StringValue: value },
    ]);

    await new SNSClient({ maxAttempts: 1 })
      .send(
        new PublishCommand({
          TopicArn: topicArn,
          Subject: subject,
          Message: body,
          MessageAttributes: Object.fromEntries(entries),
        }),
      )
      .catch(() => undefined);
    vi.spyOn(Math, 'random').mockReturnValue(0);
    await createAlertTopic({ topicArn })
      .publish(aMessage(), signal)
      .catch(() => undefined);

    const seen = sent.map(({ path, hostname, headers, body: form }) => ({
      path,
      hostname,
      contentType: headers['content-type'],
      form: [...new URLSearchParams(form)].toSorted(),
    }));
    expect(seen[1]).toEqual(seen[0]);
  });
});
