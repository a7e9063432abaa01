/** Waiting, for whoever is given the clock and not the timers. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits, unless there is no time left for it: rejects as soon as the signal aborts. */
export const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  await sleep(ms, undefined, { signal });
};
