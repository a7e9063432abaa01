/** A time limit for a program without a user who can stop it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MINUTE_MS } from '../../shared/durations.ts';
import { LocalAwsError } from '../local-aws-error.ts';

/**
 * Fails after a number of minutes. A pending deadline does not keep the process alive.
 *
 * @throws LocalAwsError after this time.
 */
export const deadline = async (minutes: number, what: string): Promise<never> => {
  await sleep(minutes * MINUTE_MS, undefined, { ref: false });
  throw new LocalAwsError(
    `${what} did not end within ${minutes} minutes, and was stopped. Its last output is above. A slow download or a busy machine may be the reason`,
  );
};
