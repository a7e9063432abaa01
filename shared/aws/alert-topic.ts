/** The topic by which people are told, in SNS. */
import type { AlertTopic } from '../alerts/alerts.ts';
import { createSignedRequests, hostOf, reasonOf } from './signed-requests.ts';

const OPERATION = 'Publish';

/** The date by which SNS names its API. */
const VERSION = '2010-03-31';

/**
 * Makes the topic of alerts.
 *
 * @remarks SNS has no idempotency for a standard topic: a publish whose answer was lost is sent again.
 * @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 */
export const createAlertTopic = ({ topicArn }: { readonly topicArn: string }): AlertTopic => {
  const requests = createSignedRequests({ endpointName: 'SNS', signingName: 'sns', uriEscapePath: true });

  return {
    publish: async ({ subject, body, attributes }, signal) => {
      const parameters = {
        Action: OPERATION,
        Version: VERSION,
        TopicArn: topicArn,
        Subject: subject,
        Message: body,
        ...Object.fromEntries(
          Object.entries(attributes).flatMap(([name, value], index) => {
            const entry = `MessageAttributes.entry.${index + 1}`;
            return [
              [`${entry}.Name`, name],
              [`${entry}.Value.DataType`, 'String'],
              [`${entry}.Value.StringValue`, value],
            ];
          }),
        ),
      };
      const form = new URLSearchParams(parameters).toString();
      const { endpoint, ...where } = await requests.surroundings();
      const origin = new URL(endpoint ?? `https://${hostOf('sns', where)}`);
      const answer = await requests.send(
        {
          method: 'POST',
          origin,
          path: origin.pathname,
          headers: {
            'content-type': 'application/x-www-form-urlencoded',
            'content-length': String(Buffer.byteLength(form)),
          },
          body: form,
        },
        signal,
      );
      if (answer.status !== 200) {
        throw new Error(`Could not publish to ${topicArn}`, { cause: new Error(reasonOf('SNS', answer)) });
      }
    },
  };
};
