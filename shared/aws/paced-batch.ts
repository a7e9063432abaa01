/** A client of AWS Batch that never calls more often than it may, its own retries included. */
import { BatchClient } from '@aws-sdk/client-batch';
import type { Pace } from '../pace.ts';
import { type ClientOverrides, clientSettings } from './client-settings.ts';

/**
 * Makes a client whose every attempt waits for its turn.
 *
 * @remarks The account's limit of calls may be shared with `SubmitJob`, so reading has to leave room. The SDK tries again inside of one `send`,
 * where no caller could wait; the turn comes before the signature, which carries the time.
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
