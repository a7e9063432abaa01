/** The topic by which people are told, in SNS. */
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { AlertTopic } from '../alerts/alerts.ts';
import { clientSettings } from './client-settings.ts';

/**
 * Makes the topic of alerts.
 *
 * @remarks SNS has no idempotency for a standard topic: a publish whose answer was lost is sent again.
 */
export const createAlertTopic = ({ topicArn }: { readonly topicArn: string }): AlertTopic => {
  const client = new SNSClient(clientSettings());

  return {
    publish: async ({ subject, body, attributes }, signal) => {
      await client.send(
        new PublishCommand({
          TopicArn: topicArn,
          Subject: subject,
          Message: body,
          MessageAttributes: Object.fromEntries(
            Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
          ),
        }),
        { abortSignal: signal },
      );
    },
  };
};
