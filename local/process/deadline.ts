/** The end of what a program waits for without a person who could end it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MINUTE_MS } from '../../shared/durations.ts';
import { LocalAwsError } from '../local-aws-error.ts';

/**
 * Fails after so many minutes; keeps no process from ending before.
 *
 * @throws LocalAwsError when they are over
 */
export const deadline = async (minutes: number, what: string): Promise<never> => {
  await sleep(minutes * MINUTE_MS, undefined, { ref: false });
  throw new LocalAwsError(
    `${what} was not done within ${minutes} minutes, and was ended. What it said last is above; a slow download or a busy machine may be the reason`,
  );
};
