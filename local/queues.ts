/** The number of messages in the queues of the service. */
import { GetQueueAttributesCommand, paginateListQueues, SQSClient } from '@aws-sdk/client-sqs';
import { failureQueueName, UNDELIVERED } from '../template/event-queues.ts';
import { clientSettings } from './local-aws.ts';
import { STACK } from './stack-names.ts';

export type QueueDepth = { readonly name: string; readonly messages: number };

/** Tells whether a queue is a failure queue, whose messages stay. */
export const isFailureQueue = ({ name }: Pick<QueueDepth, 'name'>): boolean =>
  name.endsWith(failureQueueName('')) || name === `${STACK}-${UNDELIVERED}`;

const DEPTHS = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
] as const;

/**
 * Counts the messages in each queue of the service, including messages that a function is
 * processing.
 */
export const queueDepths = async (endpoint: string): Promise<QueueDepth[]> => {
  const client = new SQSClient(clientSettings(endpoint));
  try {
    const depths: QueueDepth[] = [];
    for await (const { QueueUrls: urls = [] } of paginateListQueues({ client }, { QueueNamePrefix: `${STACK}-` })) {
      for (const url of urls) {
        const { Attributes: attributes } = await client.send(
          new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...DEPTHS] }),
        );
        const messages = DEPTHS.map((name) => Number(attributes?.[name])).reduce((sum, count) => sum + count, 0);
        depths.push({ name: url.replace(/^.*\//, ''), messages });
      }
    }
    return depths;
  } finally {
    client.destroy();
  }
};
