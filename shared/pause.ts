/** Waiting, as a port for code whose tests set the clock. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits; rejects as soon as the signal aborts. */
export const pause = async (ms: number, signal?: AbortSignal): Promise<void> => {
  await sleep(ms, undefined, signal && { signal });
};
