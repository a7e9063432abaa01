/** The queue `runs`: messages that have a run evaluated. */
import {
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { SECOND_MS } from '../durations.ts';
import type { EvaluationRequest, SendRequests } from '../runs/touch-runs.ts';
import { clientSettings } from './client-settings.ts';

/** @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html */
const MAX_ENTRIES = 10;
const MAX_DELAY_SECONDS = 900;

/** A group name has at most 128 letters, digits and punctuation; feed names have fewer. */
const entryOf = ({ run, delayMs }: EvaluationRequest, index: number): SendMessageBatchRequestEntry => ({
  Id: String(index),
  MessageBody: JSON.stringify(run),
  // Rounded up: a message that comes too early does nothing.
  DelaySeconds: Math.min(MAX_DELAY_SECONDS, Math.ceil(Math.max(0, delayMs) / SECOND_MS)),
  // Fair queues: a flood of one feed does not hold up the others.
  MessageGroupId: run.feed,
});

export type RunRequests = {
  readonly send: SendRequests;
  /** Reads how many messages wait, delayed ones included. */
  readonly depth: (signal: AbortSignal) => Promise<number>;
};

/** Opens the queue; both methods reject when SQS did not answer, `send` also when it did not accept every message. */
export const createRunRequests = ({ queueUrl }: { readonly queueUrl: string }): RunRequests => {
  // The endpoint comes from the settings, as for every client, and not from the URL of the queue.
  const client = new SQSClient({ ...clientSettings(), useQueueUrlAsEndpoint: false });

  return {
    send: async (requests, abortSignal) => {
      for (let start = 0; start < requests.length; start += MAX_ENTRIES) {
        const command = new SendMessageBatchCommand({
          QueueUrl: queueUrl,
          Entries: requests.slice(start, start + MAX_ENTRIES).map(entryOf),
        });
        const { Failed: failed = [] } = await client.send(command, { abortSignal });
        if (failed.length > 0) {
          throw new Error(
            `SQS did not accept ${failed.length} requests: ${failed[0]?.Code} ${failed[0]?.Message ?? ''}`,
          );
        }
      }
    },

    depth: async (abortSignal) => {
      const command = new GetQueueAttributesCommand({
        QueueUrl: queueUrl,
        AttributeNames: [
          'ApproximateNumberOfMessages',
          'ApproximateNumberOfMessagesDelayed',
          'ApproximateNumberOfMessagesNotVisible',
        ],
      });
      const { Attributes: attributes = {} } = await client.send(command, { abortSignal });
      return Object.values(attributes).reduce((sum, value) => sum + Number(value), 0);
    },
  };
};
