/** A client of AWS Batch that keeps to a rate of calls, its own retries included. */
import { BatchClient } from '@aws-sdk/client-batch';
import type { Pace } from '../pace.ts';
import { type ClientOverrides, clientSettings } from './client-settings.ts';

/**
 * Makes a client that waits for its turn before every attempt.
 *
 * @remarks The account's limit of calls may be shared with `SubmitJob`, so reading has to leave
 * room. The SDK retries inside of one `send`, where no caller could wait. The turn comes before the
 * signature, which carries the time.
 * @see https://repost.aws/knowledge-center/aws-batch-requests-error
 */
export const createPacedBatch = (pace: Pace, overrides: ClientOverrides): BatchClient => {
  const client = new BatchClient(clientSettings(overrides));
  client.middlewareStack.addRelativeTo(
    <Args, Answer>(next: (args: Args) => Promise<Answer>) =>
      async (args: Args): Promise<Answer> => {
        await pace();
        return next(args);
      },
    { name: 'pace', relation: 'after', toMiddleware: 'retryMiddleware' },
  );
  return client;
};
