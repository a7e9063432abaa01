/** The SNS topic that notifies people. */
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { AlertTopic } from '../alerts/alerts.ts';
import { clientSettings } from './client-settings.ts';

/**
 * Opens the topic of alerts.
 *
 * @remarks SNS has no idempotency for a standard topic: a publish is sent again when its answer was
 * lost.
 * @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 */
export const createAlertTopic = ({ topicArn }: { readonly topicArn: string }): AlertTopic => {
  const client = new SNSClient(clientSettings());

  return {
    publish: async ({ subject, body, attributes }, abortSignal) => {
      const entries = Object.entries(attributes).map(([name, value]) => [
        name,
        { DataType: 'String', StringValue: value },
      ]);
      try {
        await client.send(
          new PublishCommand({
            TopicArn: topicArn,
            Subject: subject,
            Message: body,
            MessageAttributes: Object.fromEntries(entries),
          }),
          { abortSignal },
        );
      } catch (error) {
        throw new Error(`Could not publish to ${topicArn}`, { cause: error });
      }
    },
  };
};
